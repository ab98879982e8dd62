// The part of a call tree that fits a view: its largest nodes. A parent is never smaller than its
// children, so what is kept hangs together; the rest is a count and a sum at the node it hangs
// from.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "profile/call_tree.h"
#include "query/merged_profile.h"

namespace phlox::query {

inline constexpr std::size_t kDefaultMaxNodes = 8192;
inline constexpr std::size_t kMaxMaxNodes = 1048576;

struct VisibleTree {
  std::vector<std::uint32_t> rows;                      // of the call tree, in its order
  std::vector<std::uint64_t> hidden_count;              // by index in `rows`
  std::vector<std::vector<std::int64_t>> hidden_total;  // [side][index in rows]
};

// Nodes are measured by the larger of their sides, in `rates`. The root is always kept.
VisibleTree visible_part(const profile::CallTree& tree, std::span<const Rate> rates,
                         std::size_t max_nodes);

}  // namespace phlox::query
