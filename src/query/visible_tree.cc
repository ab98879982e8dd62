#include "query/visible_tree.h"

namespace phlox::query {

VisibleTree visible_part(const profile::CallTree& tree, std::span<const Rate> rates,
                         std::size_t max_nodes) {
  std::vector<double> divisors;
  for (const Rate& rate : rates) divisors.push_back(rate.divisor());
  return profile::visible_part(tree, divisors, max_nodes);
}

}  // namespace phlox::query
