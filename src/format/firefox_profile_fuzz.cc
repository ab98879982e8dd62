// Any text: either an error, or stacks whose values add up to what the samples say.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "format/firefox_profile.h"
#include "format/folded.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace phlox;
  const std::string_view text(reinterpret_cast<const char*>(data),
                              size);  // NOLINT(*-reinterpret-cast)
  const auto profile = format::decode_firefox_profile(text, {"cpu", "nanoseconds"});
  if (!profile) {
    PHLOX_CHECK(profile.error().message().starts_with("Firefox profile: "));
    return 0;
  }
  for (const std::int64_t value : profile->values) PHLOX_CHECK(value > 0);
  PHLOX_CHECK(profile->duration >= Nanoseconds::zero());
  const auto written = format::encode_folded(*profile);
  PHLOX_CHECK(written || profile->sample_count() > 1);
  return 0;
}
