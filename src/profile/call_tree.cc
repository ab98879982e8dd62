#include "profile/call_tree.h"

#include <algorithm>
#include <tuple>

#include "base/check.h"

namespace phlox::profile {
namespace {

using SideTotals = std::vector<std::vector<Sum>>;  // [side][node of the shape]

SideTotals add_up(const TreeShape& shape, std::span<const std::vector<Sum>> self) {
  SideTotals totals(self.begin(), self.end());
  for (auto& total : totals) {
    for (auto node = static_cast<std::uint32_t>(shape.size()); node-- > 1;)
      total[shape.parent(node)] += total[node];
  }
  return totals;
}

// For each function its place in the order of names, files and ids; only those of the shape count.
std::vector<std::uint32_t> name_order(const Symbols& symbols, const TreeShape& shape) {
  std::vector<bool> used(symbols.function_count());
  for (std::uint32_t node = 1; node < shape.size(); ++node)
    used[index_of(shape.function(node))] = true;
  std::vector<FunctionId> functions;
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (used[i]) functions.push_back(id_at<FunctionId>(i));
  }
  std::ranges::sort(functions, {}, [&](FunctionId id) {
    const Function& f = symbols.function(id);
    return std::tuple(symbols.string(f.name), symbols.string(f.file), index_of(id));
  });
  std::vector<std::uint32_t> place(symbols.function_count());
  for (std::uint32_t i = 0; i < functions.size(); ++i) place[index_of(functions[i])] = i;
  return place;
}

// Nodes in the order of the finished tree's rows: preorder, siblings by name, then file, then id.
std::vector<std::uint32_t> preorder(const Symbols& symbols, const TreeShape& shape,
                                    const SideTotals& totals) {
  const std::vector<std::uint32_t> place = name_order(symbols, shape);
  const auto is_empty = [&](std::uint32_t node) {
    return std::ranges::all_of(totals, [&](const auto& total) { return total[node] == Sum(); });
  };
  // Children of a node lie together in `children`, from first[node] on.
  std::vector<std::uint32_t> first(shape.size() + 1);
  for (std::uint32_t node = 1; node < shape.size(); ++node) {
    if (!is_empty(node)) ++first[shape.parent(node) + 1];
  }
  for (std::size_t i = 1; i < first.size(); ++i) first[i] += first[i - 1];
  std::vector<std::uint32_t> children(first.back());
  std::vector<std::uint32_t> end(first.begin(), first.end() - 1);
  for (std::uint32_t node = 1; node < shape.size(); ++node) {
    if (!is_empty(node)) children[end[shape.parent(node)]++] = node;
  }

  std::vector<std::uint32_t> order;
  order.reserve(children.size() + 1);
  std::vector<std::uint32_t> pending = {TreeShape::kRoot};
  while (!pending.empty()) {
    const std::uint32_t node = pending.back();
    pending.pop_back();
    order.push_back(node);
    const auto siblings = std::span(children).subspan(first[node], end[node] - first[node]);
    // Reversed: the last pushed is visited first.
    std::ranges::sort(siblings, std::ranges::greater{},
                      [&](std::uint32_t child) { return place[index_of(shape.function(child))]; });
    pending.insert(pending.end(), siblings.begin(), siblings.end());
  }
  return order;
}

}  // namespace

Result<CallTree> CallTree::build(const Symbols& symbols, const TreeShape& shape,
                                 std::span<const std::vector<Sum>> self) {
  const SideTotals totals = add_up(shape, self);
  const std::vector<std::uint32_t> order = preorder(symbols, shape, totals);
  const std::size_t size = order.size();
  CallTree tree;
  tree.function.resize(size);
  tree.parent.resize(size);
  tree.depth.resize(size);
  tree.subtree_end.resize(size);
  std::vector<std::uint32_t> row_of(shape.size());
  for (std::uint32_t row = 0; row < size; ++row) {
    const std::uint32_t node = order[row];
    row_of[node] = row;
    tree.function[row] = shape.function(node);
    tree.parent[row] = row_of[shape.parent(node)];
    tree.depth[row] = row == 0 ? 0 : tree.depth[tree.parent[row]] + 1;
    tree.subtree_end[row] = row + 1;
  }
  for (std::size_t row = size; row-- > 1;) {
    auto& end = tree.subtree_end[tree.parent[row]];
    end = std::max(end, tree.subtree_end[row]);
  }
  for (std::size_t side = 0; side < self.size(); ++side) {
    auto& self_column = tree.self.emplace_back(size);
    auto& total_column = tree.total.emplace_back(size);
    for (std::size_t row = 0; row < size; ++row) {
      PHLOX_TRY(self_column[row], self[side][order[row]].to_int64());
      PHLOX_TRY(total_column[row], totals[side][order[row]].to_int64());
    }
  }
  return tree;
}

Result<CallTree> CallTree::build(const Symbols& symbols,
                                 std::span<const std::span<const StackValue>> sides,
                                 FunctionIdentity identity) {
  PHLOX_CHECK(sides.size() == 1 || sides.size() == 2);
  const StackSelf self(symbols, sides, identity);
  return build(symbols, self.shape, self.by_side);
}

Result<CallTree> CallTree::build(const Symbols& symbols, std::span<const StackValue> values) {
  return build(symbols, std::span(&values, 1));
}

StackSelf::StackSelf(const Symbols& symbols, std::span<const std::span<const StackValue>> sides,
                     FunctionIdentity identity)
    : by_side(sides.size()) {
  StackNodes nodes(symbols, identity, shape);
  for (std::size_t side = 0; side < sides.size(); ++side) {
    auto& self = by_side[side];
    for (const StackValue& sample : sides[side]) {
      const std::uint32_t node = nodes.node_of(sample.stack);
      if (self.size() <= node) self.resize(shape.size());
      self[node] += sample.value;
    }
  }
  for (auto& self : by_side) self.resize(shape.size());
}

}  // namespace phlox::profile
