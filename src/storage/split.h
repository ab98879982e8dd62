// Splits a pushed profile into what each of its series gets: one series for each sample type and
// set of sample labels.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "profile/profile.h"
#include "storage/store.h"

namespace phlox::storage {

inline constexpr std::size_t kMaxSeriesPerProfile = 10'000;

// `name` is the first part of the profile type; `labels` are those of the push, without __name__. A
// label of a sample overrides one of the push. A profile without samples gives its series all the
// same: it covers time. The answer looks at `source`, whose stacks the samples name. kInvalid for a
// part of the profile type that is empty or holds ':', kLimit for too many series or labels.
Result<std::vector<SeriesProfile>> split(const profile::Samples& profile,
                                         const profile::StackSource& source, std::string_view name,
                                         const profile::Labels& labels, std::string_view id);

}  // namespace phlox::storage
