#include "profile/overview.h"

#include <algorithm>
#include <future>
#include <numeric>
#include <queue>

#include "profile/call_nodes.h"

namespace phlox::profile {
namespace {

constexpr std::uint32_t kNone = UINT32_MAX;
// Some milliseconds of work, beside which starting a thread is nothing.
constexpr std::size_t kNodesWorthAThread = 500'000;

// By node. No total is above that of the root, so if the whole fits, all do.
Result<std::vector<std::int64_t>> totals_of(const CallNodes& nodes,
                                            std::span<const StackValue> values) {
  Sum whole;
  for (const StackValue& sample : values) whole += sample.value;
  PHLOX_TRY(whole.to_int64());
  std::vector<std::int64_t> total(nodes.size());
  for (const StackValue& sample : values) total[index_of(sample.stack)] += sample.value;
  for (std::size_t node = nodes.size(); node-- > 1;) total[nodes.parent[node]] += total[node];
  return total;
}

// Sums by function. A node whose function stands among its callers adds to its self alone. The
// functions of the present node's path are marked; a new stack's nodes stand one behind the other
// (Symbols), so that mostly only one mark is added.
class Table {
 public:
  explicit Table(const CallNodes& nodes)
      : nodes_(nodes), rows_(nodes.functions.size()), marked_(nodes.functions.size()) {}

  std::vector<FunctionValue> add_up(std::span<const StackValue> values,
                                    std::span<const std::int64_t> total) {
    for (const StackValue& sample : values) {
      if (sample.stack == StackId::kEmpty) continue;  // the root is no function
      rows_[nodes_.place[index_of(sample.stack)]].self[0] += sample.value;
    }
    for (std::uint32_t node = 1; node < nodes_.size(); ++node) {
      if (nodes_.parent[node] != node - 1 || node == 1) mark_path(nodes_.parent[node]);
      const std::uint32_t place = nodes_.place[node];
      if (marked_[place] == path_) continue;
      marked_[place] = path_;
      rows_[place].total[0] += total[node];
    }
    for (std::size_t place = 0; place < rows_.size(); ++place)
      rows_[place].function = nodes_.functions[place];
    std::erase_if(rows_, [](const FunctionValue& row) { return row.total[0] == 0; });
    return std::move(rows_);
  }

 private:
  void mark_path(std::uint32_t node) {
    ++path_;
    for (; node != TreeShape::kRoot; node = nodes_.parent[node])
      marked_[nodes_.place[node]] = path_;
  }

  const CallNodes& nodes_;
  std::vector<FunctionValue> rows_;    // by place
  std::vector<std::uint32_t> marked_;  // by place: the last path that it was on
  std::uint32_t path_ = 0;
};

// The largest rows of the call tree. One row is made of all children of its parent's nodes that
// have one function.
class LargestRows {
 public:
  LargestRows(const CallNodes& nodes, std::span<const std::int64_t> total, const Symbols& symbols)
      : nodes_(nodes),
        total_(total),
        by_name_{symbols},
        waiting_(Later{nodes, by_name_}),
        first_child_(nodes.size(), kNone),
        next_sibling_(nodes.size(), kNone),
        count_(nodes.size()) {
    for (auto node = static_cast<std::uint32_t>(nodes.size()); node-- > 1;) {
      const std::uint32_t parent = nodes.parent[node];
      next_sibling_[node] = first_child_[parent];
      first_child_[parent] = node;
      if (total[node] != 0) count_[parent] += ++count_[node];
    }
  }

  void take(std::size_t max_rows) {
    max_rows_ = std::max<std::size_t>(1, max_rows);
    members_.push_back(TreeShape::kRoot);
    waiting_.push({total_[TreeShape::kRoot], 0, 1, kNone, 0});
    while (!waiting_.empty() && rows_.size() < max_rows_) {
      const Group group = waiting_.top();
      waiting_.pop();
      rows_.push_back({.group = group, .self = self_of(group)});
      add_children(static_cast<std::uint32_t>(rows_.size() - 1));
    }
    for (; !waiting_.empty(); waiting_.pop()) hide(waiting_.top());
  }

  // In preorder, siblings by name.
  void write(CallTree& tree, VisibleTree& visible) const {
    std::vector<std::uint32_t> by_parent(rows_.size());
    std::iota(by_parent.begin(), by_parent.end(), 0u);
    std::ranges::sort(by_parent.begin() + 1, by_parent.end(),
                      [&](std::uint32_t a, std::uint32_t b) {
                        const Group& left = rows_[a].group;
                        const Group& right = rows_[b].group;
                        return left.parent != right.parent ? left.parent < right.parent
                                                           : is_before(left.place, right.place);
                      });
    std::vector<std::uint32_t> first(rows_.size() + 1, static_cast<std::uint32_t>(rows_.size()));
    for (std::size_t i = by_parent.size(); i-- > 1;)
      first[rows_[by_parent[i]].group.parent] = static_cast<std::uint32_t>(i);
    tree.self.resize(1);
    tree.total.resize(1);
    visible.hidden_total.resize(1);
    struct Pending {
      std::uint32_t row;
      std::uint32_t parent;
      std::uint32_t depth;
    };
    std::vector<Pending> pending = {{0, 0, 0}};
    while (!pending.empty()) {
      const auto [row, parent, depth] = pending.back();
      pending.pop_back();
      const auto at = static_cast<std::uint32_t>(tree.size());
      append(rows_[row], parent, depth, tree, visible);
      const std::size_t before = pending.size();
      for (std::size_t i = first[row];
           i < by_parent.size() && rows_[by_parent[i]].group.parent == row; ++i)
        pending.push_back({by_parent[i], at, depth + 1});
      std::ranges::reverse(pending.begin() + static_cast<std::ptrdiff_t>(before), pending.end());
    }
    find_subtree_ends(tree);
  }

 private:
  struct Group {
    std::int64_t total;
    std::size_t first_member;
    std::size_t member_count;
    std::uint32_t parent;  // row
    std::uint32_t place;
  };
  // Of equal ones first those whose callers were taken first, then by name.
  struct Later {
    const CallNodes& nodes;
    const ByName& by_name;
    bool operator()(const Group& a, const Group& b) const {
      if (a.total != b.total) return a.total < b.total;
      if (a.parent != b.parent) return a.parent > b.parent;
      return by_name(nodes.functions[b.place], nodes.functions[a.place]);
    }
  };
  struct Row {
    Group group;
    std::int64_t self = 0;
    std::int64_t hidden_total = 0;
    std::uint64_t hidden_count = 0;
  };

  std::span<const std::uint32_t> members_of(const Group& group) const {
    return std::span(members_).subspan(group.first_member, group.member_count);
  }

  void hide(const Group& group) {
    Row& parent = rows_[group.parent];
    parent.hidden_total += group.total;
    for (const std::uint32_t node : members_of(group)) parent.hidden_count += count_[node];
  }

  // Whether as many larger ones are known as may be shown.
  bool is_too_small(std::int64_t total) {
    if (largest_.size() < max_rows_) {
      largest_.push(total);
      return false;
    }
    if (total <= largest_.top()) return total < largest_.top();
    largest_.pop();
    largest_.push(total);
    return false;
  }

  bool is_before(std::uint32_t place, std::uint32_t other) const {
    return by_name_(nodes_.functions[place], nodes_.functions[other]);
  }

  std::int64_t self_of(const Group& group) const {
    std::int64_t self = group.total;
    for (const std::uint32_t node : members_of(group)) {
      for (std::uint32_t child = first_child_[node]; child != kNone; child = next_sibling_[child])
        self -= total_[child];
    }
    return self;
  }

  void add_children(std::uint32_t row) {
    callees_.clear();
    for (const std::uint32_t node : members_of(rows_[row].group)) {
      for (std::uint32_t child = first_child_[node]; child != kNone; child = next_sibling_[child])
        callees_.push_back(std::uint64_t{nodes_.place[child]} << 32 | child);
    }
    std::ranges::sort(callees_);
    for (std::size_t i = 0; i < callees_.size();) {
      const auto place = static_cast<std::uint32_t>(callees_[i] >> 32);
      Group group{0, members_.size(), 0, row, place};
      for (; i < callees_.size() && callees_[i] >> 32 == place; ++i) {
        const auto node = static_cast<std::uint32_t>(callees_[i]);
        members_.push_back(node);
        group.total += total_[node];
      }
      group.member_count = members_.size() - group.first_member;
      if (group.total != 0 && !is_too_small(group.total)) {
        waiting_.push(group);
        continue;
      }
      hide(group);
      members_.resize(group.first_member);
    }
  }

  void append(const Row& row, std::uint32_t parent, std::uint32_t depth, CallTree& tree,
              VisibleTree& visible) const {
    visible.rows.push_back(static_cast<std::uint32_t>(tree.size()));
    visible.hidden_count.push_back(row.hidden_count);
    visible.hidden_total[0].push_back(row.hidden_total);
    tree.function.push_back(depth == 0 ? kNoFunction : nodes_.functions[row.group.place]);
    tree.parent.push_back(parent);
    tree.depth.push_back(depth);
    tree.self[0].push_back(row.self);
    tree.total[0].push_back(row.group.total);
  }

  const CallNodes& nodes_;
  const std::span<const std::int64_t> total_;  // by node
  const ByName by_name_;
  std::priority_queue<Group, std::vector<Group>, Later> waiting_;
  std::vector<std::uint32_t> first_child_;
  std::vector<std::uint32_t> next_sibling_;
  std::vector<std::uint32_t> count_;    // by node: itself and all below that are not 0
  std::vector<std::uint32_t> members_;  // nodes of groups, one group after the other
  std::vector<std::uint64_t> callees_;  // place, node
  std::size_t max_rows_ = 1;
  // Totals of the largest groups met so far, the smallest of them on top.
  std::priority_queue<std::int64_t, std::vector<std::int64_t>, std::greater<>> largest_;
  std::vector<Row> rows_;
};

LargestCalls largest_of(const CallNodes& nodes, std::span<const std::int64_t> total,
                        const Symbols& symbols, std::size_t max_nodes) {
  LargestRows rows(nodes, total, symbols);
  rows.take(max_nodes);
  LargestCalls out;
  rows.write(out.tree, out.visible);
  return out;
}

}  // namespace

Result<Overview> overview(const Symbols& symbols, std::span<const StackValue> values,
                          std::size_t max_nodes) {
  const CallNodes nodes = nodes_of(symbols, FunctionIdentity::kExact, FunctionOrder::kById);
  PHLOX_TRY(const auto total, totals_of(nodes, values));
  const auto table = [&] { return Table(nodes).add_up(values, total); };
  if (nodes.size() < kNodesWorthAThread)
    return Overview{.calls = largest_of(nodes, total, symbols, max_nodes), .table = table()};
  auto table_beside = std::async(std::launch::async, table);
  LargestCalls calls = largest_of(nodes, total, symbols, max_nodes);
  return Overview{.calls = std::move(calls), .table = table_beside.get()};
}

Result<LargestCalls> largest_calls(const Symbols& symbols, std::span<const StackValue> values,
                                   std::size_t max_nodes) {
  const CallNodes nodes = nodes_of(symbols, FunctionIdentity::kExact, FunctionOrder::kById);
  PHLOX_TRY(const auto total, totals_of(nodes, values));
  return largest_of(nodes, total, symbols, max_nodes);
}

}  // namespace phlox::profile
