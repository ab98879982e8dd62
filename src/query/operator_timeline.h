// Values over time of what operators leave of the stacks: when did this function burn, and what
// would it have been if it cost less?
#pragma once

#include <span>
#include <vector>

#include "query/merged_profile.h"

namespace phlox::query {

// What the operators leave in each point of the plan, with the coverage and counts of the whole
// selection. Reads the stacks of all points, where a plain timeline reads totals. kGone when the
// store's horizons have moved: plan again.
Result<std::vector<storage::Totals>> operator_timeline(storage::Store& store,
                                                       const Selection& selection,
                                                       const PointPlan& plan,
                                                       std::span<const Operator> operators);

}  // namespace phlox::query
