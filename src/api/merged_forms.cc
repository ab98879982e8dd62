#include "api/merged_forms.h"

namespace phlox::api {

profile::Profile to_profile(query::MergedProfile merged) {
  const query::Side& side = merged.sides[0];
  profile::Profile profile;
  profile.symbols = std::move(merged.symbols);
  profile.sample_types = {merged.type.sample};
  profile.period_type = merged.type.period;
  profile.start = from_unix_ms(side.plan.from_s * 1000);
  profile.duration = std::chrono::seconds(side.plan.until_s - side.plan.from_s);
  for (const auto& value : side.values) profile.add_sample(value.stack, {&value.value, 1});
  return profile;
}

}  // namespace phlox::api
