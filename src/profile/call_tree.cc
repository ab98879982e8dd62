#include "profile/call_tree.h"

#include <algorithm>

#include "base/cancellation.h"
#include "base/check.h"
#include "profile/call_nodes.h"

namespace phlox::profile {
namespace {

// After so many rows it is asked whether somebody still waits for them.
constexpr std::uint32_t kRowsAtOnce = 1u << 16;

CallNodes nodes_of(const Symbols& symbols, const TreeShape& shape) {
  CallNodes nodes;
  nodes.parent.resize(shape.size());
  nodes.place.resize(shape.size());
  std::vector<bool> used(symbols.function_count());
  for (std::uint32_t node = 1; node < shape.size(); ++node)
    used[index_of(shape.function(node))] = true;
  const auto place = number_functions(symbols, used, nodes.functions);
  for (std::uint32_t node = 1; node < shape.size(); ++node) {
    nodes.parent[node] = shape.parent(node);
    nodes.place[node] = place[index_of(shape.function(node))];
  }
  return nodes;
}

// The children of each node, those of one together.
class Children {
 public:
  explicit Children(const CallNodes& nodes) : end_(nodes.size() + 1), children_(nodes.size()) {
    for (std::size_t node = 1; node < nodes.size(); ++node) ++end_[nodes.parent[node] + 1];
    for (std::size_t i = 1; i < end_.size(); ++i) end_[i] += end_[i - 1];
    for (std::uint32_t node = 1; node < nodes.size(); ++node)
      children_[end_[nodes.parent[node]]++] = node;
  }
  std::span<const std::uint32_t> of(std::uint32_t node) const {
    const std::uint32_t first = node == 0 ? 0 : end_[node - 1];
    return std::span(children_).subspan(first, end_[node] - first);
  }

 private:
  std::vector<std::uint32_t> end_;  // by node, once filled
  std::vector<std::uint32_t> children_;
};

using SideValues = std::vector<std::vector<Sum>>;  // [side][node]

SideValues add_up(const CallNodes& nodes, std::span<const std::vector<Sum>> self) {
  SideValues totals(self.begin(), self.end());
  for (auto& total : totals) {
    for (std::size_t node = nodes.size(); node-- > 1;) total[nodes.parent[node]] += total[node];
  }
  return totals;
}

Sum sum_of(const std::vector<Sum>& values, std::span<const std::uint32_t> nodes) {
  Sum sum;
  for (const std::uint32_t node : nodes) sum += values[node];
  return sum;
}

// Rows in preorder. One row is made of all children of its parent's nodes that have one function.
Result<CallTree> build_rows(const CallNodes& nodes, std::span<const std::vector<Sum>> self) {
  const SideValues totals = add_up(nodes, self);
  const Children children(nodes);
  struct Pending {
    std::size_t first_member;
    std::uint32_t parent;
    FunctionId function;
  };
  std::vector<Pending> pending = {{0, 0, kNoFunction}};
  std::vector<std::uint32_t> members = {TreeShape::kRoot};  // of pending rows, one after the other
  std::vector<std::uint64_t> callees;                       // place of the function, node
  CallTree tree;
  tree.self.resize(self.size());
  tree.total.resize(self.size());
  while (!pending.empty()) {
    const auto [first_member, parent, function] = pending.back();
    pending.pop_back();
    const auto own = std::span(members).subspan(first_member);
    const auto row = static_cast<std::uint32_t>(tree.size());
    if (row % kRowsAtOnce == 0) PHLOX_TRY(check_not_cancelled());
    const bool is_empty = std::ranges::all_of(
        totals, [&](const std::vector<Sum>& total) { return sum_of(total, own) == Sum(); });
    callees.clear();
    if (row == 0 || !is_empty) {
      tree.function.push_back(function);
      tree.parent.push_back(parent);
      tree.depth.push_back(row == 0 ? 0 : tree.depth[parent] + 1);
      for (std::size_t side = 0; side < self.size(); ++side) {
        PHLOX_TRY(tree.self[side].emplace_back(), sum_of(self[side], own).to_int64());
        PHLOX_TRY(tree.total[side].emplace_back(), sum_of(totals[side], own).to_int64());
      }
      for (const std::uint32_t node : own) {
        for (const std::uint32_t child : children.of(node))
          callees.push_back(std::uint64_t{nodes.place[child]} << 32 | child);
      }
    }
    members.resize(first_member);
    // Reversed: the last pushed is visited first.
    std::ranges::sort(callees, std::ranges::greater{});
    for (std::size_t i = 0; i < callees.size(); ++i) {
      const std::uint64_t place = callees[i] >> 32;
      if (i == 0 || place != callees[i - 1] >> 32)
        pending.push_back({members.size(), row, nodes.functions[place]});
      members.push_back(static_cast<std::uint32_t>(callees[i]));
    }
  }
  find_subtree_ends(tree);
  return tree;
}

}  // namespace

Result<CallTree> CallTree::build(const Symbols& symbols, const TreeShape& shape,
                                 std::span<const std::vector<Sum>> self) {
  return build_rows(nodes_of(symbols, shape), self);
}

Result<CallTree> CallTree::build(const Symbols& symbols,
                                 std::span<const std::span<const StackValue>> sides,
                                 FunctionIdentity identity) {
  PHLOX_CHECK(sides.size() == 1 || sides.size() == 2);
  SideValues self(sides.size(), std::vector<Sum>(symbols.stack_count()));
  for (std::size_t side = 0; side < sides.size(); ++side) {
    for (const StackValue& sample : sides[side]) self[side][index_of(sample.stack)] += sample.value;
  }
  return build_rows(nodes_of(symbols, identity), self);
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
