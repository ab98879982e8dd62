// Any text: either an error that names its line, or stacks whose sum is that of the lines, and
// which come back equal.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "format/folded.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace phlox;
  const profile::ValueType type{"cpu", "nanoseconds"};
  const std::string_view text(reinterpret_cast<const char*>(data),
                              size);  // NOLINT(*-reinterpret-cast)
  const auto profile = format::decode_folded(text, type);
  if (!profile) {
    PHLOX_CHECK(profile.error().message().starts_with("folded stacks, line "));
    return 0;
  }
  const auto written = format::encode_folded(*profile);
  if (!written) return 0;  // a sum that does not fit
  const auto again = format::decode_folded(*written, type);
  // A stack that is cut to its leaf side, or whose sum is over 2^53, is written but not taken
  // again.
  if (again) PHLOX_CHECK(format::encode_folded(*again).value() == *written);
  return 0;
}
