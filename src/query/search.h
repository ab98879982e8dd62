// Search over a whole call tree, whatever part of it is shown.
#pragma once

#include <array>
#include <vector>

#include "profile/top_table.h"
#include "query/frame_selector.h"

namespace phlox::query {

struct SearchResult {
  std::vector<profile::FunctionValue> functions;  // that match, in the table's order
  std::size_t functions_left_out = 0;             // beyond as many as are asked for
  std::size_t nodes = 0;                          // of the tree whose function matches
  std::array<std::int64_t, 2> self{};             // by side
  // Of all stacks that hold a match, each counted once; at most the tree's.
  std::array<std::int64_t, 2> total{};
};

// `table` is the tree's.
SearchResult search(const profile::Symbols& symbols, const profile::CallTree& tree,
                    std::span<const profile::FunctionValue> table, const FrameSelector& wanted,
                    std::size_t max_functions);

}  // namespace phlox::query
