// Any bytes that are an ExportProfilesServiceRequest: either an error, or profiles whose samples
// have a stack, a label set and a value each.
#include <cstddef>
#include <cstdint>

#include "api/otlp_profiles.h"
#include "base/check.h"
#include "profile/sum.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace phlox;
  otlp::v1::ExportProfilesServiceRequest request;
  if (!request.ParseFromArray(data, static_cast<int>(size))) return 0;
  const auto read = api::read_otlp(request);
  if (!read) return 0;
  for (const api::OtlpProfile& one : *read) {
    const profile::Profile& profile = one.profile;
    PHLOX_CHECK(!one.name.empty() || profile.sample_types[0].type.empty());
    PHLOX_CHECK(profile.values.size() == profile.sample_count());
    for (std::size_t i = 0; i < profile.sample_count(); ++i) {
      PHLOX_CHECK(index_of(profile.stacks[i]) < profile.symbols.stack_count());
      PHLOX_CHECK(profile.label_set_of[i] < profile.label_sets.size());
      PHLOX_CHECK(profile.values[i] >= 0 && profile.values[i] <= profile::kMaxPushedValue);
    }
  }
  return 0;
}
