// When some functions burned: for each point of a timeline the value of all stacks on which at
// least one of them stands, each stack once. One merge a point, into one table of symbols.
#pragma once

#include <string>
#include <vector>

#include "profile/sum.h"
#include "query/merged_profile.h"

namespace phlox::query {

// Which functions: those of this very name, or those whose name, file or module contains a text,
// whatever its case (ASCII).
struct FunctionMatch {
  std::string text;
  bool is_whole_name = false;
};

// kGone as storage::Store::merge.
Result<std::vector<profile::Sum>> function_band(storage::Store& store, const Selection& selection,
                                                const PointPlan& plan, const FunctionMatch& match);

}  // namespace phlox::query
