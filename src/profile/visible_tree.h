// The part of a call tree that fits a view: its largest nodes. A parent is never smaller than its
// children, so what is kept hangs together; the rest is a count and a sum at the node it hangs
// from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "profile/call_tree.h"

namespace phlox::profile {

struct VisibleTree {
  std::vector<std::uint32_t> rows;                      // of the call tree, in its order
  std::vector<std::uint64_t> hidden_count;              // by index in `rows`
  std::vector<std::vector<std::int64_t>> hidden_total;  // [side][index in rows]
};

// Nodes are measured by the larger of their sides, each divided by its divisor (> 0). The root is
// always kept. Costs a pass over the tree and a partial sort.
VisibleTree visible_part(const CallTree& tree, std::span<const double> divisors,
                         std::size_t max_nodes);

}  // namespace phlox::profile
