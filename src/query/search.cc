#include "query/search.h"

namespace phlox::query {

SearchResult search(const profile::Symbols& symbols, const profile::CallTree& tree,
                    std::span<const profile::FunctionValue> table, const FrameSelector& wanted,
                    std::size_t max_functions) {
  const std::vector<bool> matching = wanted.matching(symbols);
  SearchResult out;
  for (const auto& row : table) {
    if (!matching[profile::index_of(row.function)]) continue;
    if (out.functions.size() < max_functions) {
      out.functions.push_back(row);
    } else {
      ++out.functions_left_out;
    }
    for (std::size_t side = 0; side < tree.side_count(); ++side) out.self[side] += row.self[side];
  }
  std::uint32_t open_until = 0;  // end of the outermost match's subtree
  for (std::uint32_t row = 1; row < tree.size(); ++row) {
    if (!matching[profile::index_of(tree.function[row])]) continue;
    ++out.nodes;
    if (row < open_until) continue;
    open_until = tree.subtree_end[row];
    for (std::size_t side = 0; side < tree.side_count(); ++side)
      out.total[side] += tree.total[side][row];
  }
  return out;
}

}  // namespace phlox::query
