#include "profile/top_table.h"

#include <unordered_map>

namespace phlox::profile {

std::vector<FunctionValue> top_table(const CallTree& tree) {
  std::vector<FunctionValue> rows;
  struct Seen {
    std::size_t row;
    std::uint32_t open_until;  // end of the subtree of the outermost call now on the path
  };
  std::unordered_map<FunctionId, Seen> seen;
  for (std::uint32_t node = 1; node < tree.size(); ++node) {
    const auto [entry, first] = seen.try_emplace(tree.function[node], Seen{rows.size(), 0});
    Seen& function = entry->second;
    if (first) rows.push_back({.function = tree.function[node]});
    FunctionValue& row = rows[function.row];
    const bool outermost = node >= function.open_until;
    if (outermost) function.open_until = tree.subtree_end[node];
    for (std::size_t side = 0; side < tree.side_count(); ++side) {
      row.self[side] += tree.self[side][node];
      if (outermost) row.total[side] += tree.total[side][node];
    }
  }
  return rows;
}

}  // namespace phlox::profile
