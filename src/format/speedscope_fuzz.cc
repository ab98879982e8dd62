// Any text: either an error, or stacks that come back equal from what we write of them.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "format/folded.h"
#include "format/speedscope.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace phlox;
  const profile::ValueType type{"cpu", "nanoseconds"};
  const std::string_view text(reinterpret_cast<const char*>(data),
                              size);  // NOLINT(*-reinterpret-cast)
  const auto profile = format::decode_speedscope(text, type, 1e7);
  if (!profile) {
    PHLOX_CHECK(profile.error().message().starts_with("speedscope: "));
    return 0;
  }
  const auto written = format::encode_speedscope(*profile, "fuzz");
  if (!written) return 0;  // a sum that does not fit
  const auto again = format::decode_speedscope(*written, type, 1);
  if (!again) return 0;  // a sum over 2^53
  // A stack that is cut to its leaf side gets a second [truncated].
  const auto first = format::encode_folded(*profile);
  if (first && first->find("[truncated]") == std::string::npos)
    PHLOX_CHECK(format::encode_folded(*again).value() == *first);
  return 0;
}
