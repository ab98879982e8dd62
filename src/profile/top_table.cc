#include "profile/top_table.h"

namespace phlox::profile {

std::vector<FunctionValue> top_table(const CallTree& tree) {
  std::vector<FunctionValue> rows;
  constexpr std::size_t kUnseen = SIZE_MAX;
  struct Seen {
    std::size_t row = kUnseen;
    std::uint32_t open_until = 0;  // end of the subtree of the outermost call now on the path
  };
  std::vector<Seen> seen;  // by function
  for (std::uint32_t node = 1; node < tree.size(); ++node) {
    const std::size_t index = index_of(tree.function[node]);
    if (index >= seen.size()) seen.resize(index + 1);
    Seen& function = seen[index];
    if (function.row == kUnseen) {
      function.row = rows.size();
      rows.push_back({.function = tree.function[node]});
    }
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
