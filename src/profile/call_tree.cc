#include "profile/call_tree.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <tuple>
#include <unordered_map>

#include "base/check.h"
#include "profile/sum.h"

namespace phlox::profile {
namespace {

constexpr std::uint32_t kUnseen = std::numeric_limits<std::uint32_t>::max();

// The tree while it grows: nodes in order of first sight, so that a parent stands before its
// children.
class Builder {
 public:
  Builder(const Symbols& symbols, FunctionIdentity identity, std::size_t side_count)
      : symbols_(symbols),
        representative_(representatives(symbols, identity)),
        node_of_stack_(symbols.stack_count(), kUnseen),
        self_(side_count) {
    node_of_stack_[index_of(StackId::kEmpty)] = add_node(kNoFunction, 0);
  }

  void add(std::size_t side, const StackValue& sample) {
    self_[side][node_of(sample.stack)] += sample.value;
  }

  Result<CallTree> finish() const;

 private:
  std::uint32_t add_node(FunctionId function, std::uint32_t parent) {
    function_.push_back(function);
    parent_.push_back(parent);
    for (auto& side : self_) side.emplace_back();
    return static_cast<std::uint32_t>(function_.size() - 1);
  }

  std::uint32_t node_of(StackId stack) {
    std::uint32_t& known = node_of_stack_[index_of(stack)];
    if (known != kUnseen) return known;
    const StackNode& node = symbols_.stack(stack);
    const std::uint32_t parent = node_of(node.parent);  // at most kMaxStackFrames deep
    const FunctionId function = representative_[index_of(symbols_.frame(node.frame).function)];
    const std::uint64_t key = std::uint64_t{parent} << 32 | static_cast<std::uint32_t>(function);
    const auto [entry, added] = child_.try_emplace(key, 0);
    if (added) entry->second = add_node(function, parent);
    return known = entry->second;
  }

  // Rows of the finished tree: preorder, siblings by name, then file, then id.
  std::vector<std::uint32_t> preorder() const;

  const Symbols& symbols_;
  std::vector<FunctionId> representative_;
  std::vector<std::uint32_t> node_of_stack_;
  std::unordered_map<std::uint64_t, std::uint32_t> child_;
  std::vector<FunctionId> function_;
  std::vector<std::uint32_t> parent_;
  std::vector<std::vector<Sum>> self_;
};

std::vector<std::uint32_t> Builder::preorder() const {
  const auto sort_key = [&](std::uint32_t node) {
    const Function& f = symbols_.function(function_[node]);
    return std::tuple(symbols_.string(f.name), symbols_.string(f.file), index_of(function_[node]));
  };
  std::vector<std::vector<std::uint32_t>> children(function_.size());
  for (std::uint32_t node = 1; node < function_.size(); ++node)
    children[parent_[node]].push_back(node);

  std::vector<std::uint32_t> order;
  order.reserve(function_.size());
  std::vector<std::uint32_t> pending = {0};
  while (!pending.empty()) {
    const std::uint32_t node = pending.back();
    pending.pop_back();
    order.push_back(node);
    auto& siblings = children[node];
    std::ranges::sort(siblings, std::ranges::greater{},
                      sort_key);  // reversed: the last pushed is visited first
    pending.insert(pending.end(), siblings.begin(), siblings.end());
  }
  return order;
}

Result<CallTree> Builder::finish() const {
  const std::vector<std::uint32_t> order = preorder();
  const std::size_t size = order.size();
  CallTree tree;
  tree.function.resize(size);
  tree.parent.resize(size);
  tree.depth.resize(size);
  tree.subtree_end.resize(size);
  std::vector<std::uint32_t> row_of(size);
  for (std::uint32_t row = 0; row < size; ++row) {
    const std::uint32_t node = order[row];
    row_of[node] = row;
    tree.function[row] = function_[node];
    tree.parent[row] = row_of[parent_[node]];
    tree.depth[row] = row == 0 ? 0 : tree.depth[tree.parent[row]] + 1;
    tree.subtree_end[row] = row + 1;
  }
  for (std::size_t row = size; row-- > 1;) {
    auto& end = tree.subtree_end[tree.parent[row]];
    end = std::max(end, tree.subtree_end[row]);
  }
  for (const auto& side : self_) {
    std::vector<Sum> totals(size);
    auto& self = tree.self.emplace_back(size);
    auto& total = tree.total.emplace_back(size);
    for (std::size_t row = size; row-- > 0;) {
      totals[row] += side[order[row]];
      PHLOX_TRY(self[row], side[order[row]].to_int64());
      PHLOX_TRY(total[row], totals[row].to_int64());
      if (row > 0) totals[tree.parent[row]] += totals[row];
    }
  }
  return tree;
}

}  // namespace

std::vector<FunctionId> representatives(const Symbols& symbols, FunctionIdentity identity) {
  std::vector<FunctionId> of(symbols.function_count());
  if (identity == FunctionIdentity::kExact) {
    for (std::size_t i = 0; i < of.size(); ++i) of[i] = id_at<FunctionId>(i);
    return of;
  }
  std::map<std::tuple<StringId, StringId, StringId, FunctionKind>, FunctionId> first;
  for (std::size_t i = 0; i < of.size(); ++i) {
    const Function& f = symbols.function(id_at<FunctionId>(i));
    of[i] =
        first.try_emplace({f.name, f.file, f.module, f.kind}, id_at<FunctionId>(i)).first->second;
  }
  return of;
}

Result<CallTree> CallTree::build(const Symbols& symbols,
                                 std::span<const std::span<const StackValue>> sides,
                                 FunctionIdentity identity) {
  PHLOX_CHECK(sides.size() == 1 || sides.size() == 2);
  Builder builder(symbols, identity, sides.size());
  for (std::size_t side = 0; side < sides.size(); ++side) {
    for (const StackValue& sample : sides[side]) builder.add(side, sample);
  }
  return builder.finish();
}

Result<CallTree> CallTree::build(const Symbols& symbols, std::span<const StackValue> values) {
  return build(symbols, std::span(&values, 1));
}

}  // namespace phlox::profile
