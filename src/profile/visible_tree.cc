#include "profile/visible_tree.h"

#include <algorithm>
#include <numeric>

namespace phlox::profile {
namespace {

std::vector<std::uint32_t> largest_rows(const CallTree& tree, std::span<const double> divisors,
                                        std::size_t max_nodes) {
  std::vector<std::uint32_t> rows(tree.size());
  std::iota(rows.begin(), rows.end(), 0u);
  if (rows.size() <= max_nodes) return rows;
  std::vector<double> size(tree.size(), 0.0);
  for (std::size_t side = 0; side < tree.side_count(); ++side) {
    for (std::size_t row = 0; row < tree.size(); ++row)
      size[row] = std::max(size[row], static_cast<double>(tree.total[side][row]) / divisors[side]);
  }
  // Of equal ones the first: in preorder a parent stands before its children.
  const std::size_t kept = std::max<std::size_t>(1, max_nodes);
  std::ranges::nth_element(rows, rows.begin() + static_cast<std::ptrdiff_t>(kept) - 1,
                           [&](std::uint32_t a, std::uint32_t b) {
                             return size[a] != size[b] ? size[a] > size[b] : a < b;
                           });
  rows.resize(kept);
  std::ranges::sort(rows);
  return rows;
}

}  // namespace

VisibleTree visible_part(const CallTree& tree, std::span<const double> divisors,
                         std::size_t max_nodes) {
  VisibleTree out;
  out.rows = largest_rows(tree, divisors, max_nodes);
  out.hidden_count.resize(out.rows.size());
  out.hidden_total.assign(tree.side_count(), std::vector<std::int64_t>(out.rows.size()));
  constexpr std::uint32_t kHidden = UINT32_MAX;
  std::vector<std::uint32_t> index_of_row(tree.size(), kHidden);
  for (std::uint32_t i = 0; i < out.rows.size(); ++i) index_of_row[out.rows[i]] = i;
  for (std::uint32_t row = 1; row < tree.size();) {
    if (index_of_row[row] != kHidden) {
      ++row;
      continue;
    }
    // The top of a hidden part: its parent is kept, and nothing below it is.
    const std::uint32_t parent = index_of_row[tree.parent[row]];
    out.hidden_count[parent] += tree.subtree_end[row] - row;
    for (std::size_t side = 0; side < tree.side_count(); ++side)
      out.hidden_total[side][parent] += tree.total[side][row];
    row = tree.subtree_end[row];
  }
  return out;
}

}  // namespace phlox::profile
