// Any text: either an error, or stacks whose sum is that of the lines, and which a pprof keeps.
#include <charconv>
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "format/austin.h"
#include "format/folded.h"
#include "format/pprof.h"
#include "format/text_lines.h"
#include "profile/sum.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace phlox;
  std::string_view text(reinterpret_cast<const char*>(data), size);  // NOLINT(*-reinterpret-cast)
  const auto profile = format::decode_austin(text);
  if (!profile) {
    PHLOX_CHECK(profile.error().message().starts_with("austin"));
    return 0;
  }
  profile::Sum microseconds;
  while (!text.empty()) {
    const std::string_view line = format::take_line(text);
    if (format::is_blank(line) || line.starts_with('#')) continue;
    std::int64_t value = -1;
    std::from_chars(line.data() + line.rfind(' ') + 1, line.data() + line.size(), value);
    microseconds += value;
  }
  profile::Sum nanoseconds;
  for (const std::int64_t value : profile->values) {
    PHLOX_CHECK(value % 1000 == 0);
    nanoseconds += value / 1000;
  }
  PHLOX_CHECK(nanoseconds.to_int64().value() == microseconds.to_int64().value());

  const auto again = format::decode_pprof(format::encode_pprof(*profile));
  if (!again) return 0;  // a name that is too long
  const auto written = format::encode_folded(*profile);
  if (written) PHLOX_CHECK(format::encode_folded(*again).value() == *written);
  return 0;
}
