// The largest calls and functions of a selection, which is what most answers show: adds them up
// where the stacks lie in the store (Store::merge_in_place), and copies only what is shown.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "profile/overview.h"
#include "query/merged_profile.h"
#include "query/search.h"

namespace phlox::query {

struct SelectionOverview {
  profile::ProfileType type;
  profile::Symbols symbols;  // of what is shown, without stacks
  Side side;                 // without values
  profile::LargestCalls calls;
  std::vector<profile::FunctionValue> table;  // by total, largest first
  std::size_t table_left_out = 0;             // rows
  std::optional<SearchResult> found;          // nodes of each line of a function by themselves
};

// `max_rows`: of the table, and of the functions found.
Result<SelectionOverview> overview(storage::Store& store, const Selection& selection,
                                   std::size_t max_nodes, std::size_t max_rows,
                                   const std::optional<FrameSelector>& wanted);

}  // namespace phlox::query
