// Any text: either an error, or samples that have a stack, a value of the file's and the label of
// its command, and which a pprof keeps.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "format/folded.h"
#include "format/perf_script.h"
#include "format/pprof.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace phlox;
  const std::string_view text(reinterpret_cast<const char*>(data),
                              size);  // NOLINT(*-reinterpret-cast)
  const auto profile = format::decode_perf_script(text);
  if (!profile) {
    PHLOX_CHECK(profile.error().message().starts_with("perf script"));
    return 0;
  }
  PHLOX_CHECK(profile->sample_types.size() == 1 && profile->duration >= Nanoseconds::zero());
  for (std::size_t i = 0; i < profile->sample_count(); ++i) {
    PHLOX_CHECK(profile->stacks[i] != profile::StackId::kEmpty);
    PHLOX_CHECK(text.find(std::to_string(profile->values[i])) != std::string_view::npos);
    const auto comm = profile->label_sets.at(profile->label_set_of[i]).get("comm");
    PHLOX_CHECK(text.find(comm) != std::string_view::npos);
  }

  const auto again = format::decode_pprof(format::encode_pprof(*profile));
  if (!again) return 0;  // a name that is too long
  const auto written = format::encode_folded(*profile);
  if (written) PHLOX_CHECK(format::encode_folded(*again).value() == *written);
  return 0;
}
