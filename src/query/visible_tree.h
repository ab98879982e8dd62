// The part of a call tree that an answer holds: profile/visible_tree.h in the unit people compare.
#pragma once

#include "profile/visible_tree.h"
#include "query/merged_profile.h"

namespace phlox::query {

using profile::VisibleTree;

inline constexpr std::size_t kDefaultMaxNodes = 8192;
inline constexpr std::size_t kMaxMaxNodes = 1048576;

// Nodes are measured by the larger of their sides, in `rates`.
VisibleTree visible_part(const profile::CallTree& tree, std::span<const Rate> rates,
                         std::size_t max_nodes);

}  // namespace phlox::query
