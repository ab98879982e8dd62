#include "profile/overview.h"

#include <algorithm>
#include <numeric>
#include <queue>

#include "base/beside.h"
#include "base/zeroed_array.h"
#include "profile/call_nodes.h"
#include "profile/run_set.h"

namespace phlox::profile {
namespace {

// Some milliseconds of work, beside which starting a thread is nothing.
constexpr std::size_t kNodesWorthAThread = 500'000;
// A run turns off anywhere; its caller is asked for while so many other runs are passed over.
constexpr std::uint32_t kRunsAhead = 16;

// The runs to pass over, for as long as their sums are looked at: those of the listed stacks, to
// which their callers' are added on the way, or all. Where stacks are listed, all is 0 in the end.
class OpenRuns {
 public:
  OpenRuns(const StackRuns& runs, const NodeSums& sums)
      : runs_(runs), sums_(sums), known_(known_runs()), open_(known_) {
    if (!sums.listed) {
      open_.insert_all();
      return;
    }
    std::uint32_t run = 0;
    for (const std::uint32_t stack : *sums.listed) {
      if (stack == TreeShape::kRoot) continue;
      run = runs.run_of(stack, run);
      open_.insert(run);
    }
  }
  ~OpenRuns() {
    if (!sums_.listed) return;
    visit_down([&](std::uint32_t run) {
      std::ranges::fill(sums_.by_stack.subspan(runs_[run].begin, end(run) - runs_[run].begin), 0);
    });
    sums_.by_stack[TreeShape::kRoot] = 0;
  }
  OpenRuns(const OpenRuns&) = delete;
  OpenRuns& operator=(const OpenRuns&) = delete;

  // Those that were there when the sums were taken.
  std::uint32_t known() const { return known_; }
  std::uint32_t end(std::uint32_t run) const { return std::min(runs_.end(run), node_count()); }
  void insert(std::uint32_t run) { open_.insert(run); }
  template <class Visit>
  void visit_down(Visit visit) const {
    open_.visit_down(visit);
  }

 private:
  std::uint32_t node_count() const { return static_cast<std::uint32_t>(sums_.by_stack.size()); }
  std::uint32_t known_runs() const {
    std::uint32_t known = runs_.size();
    while (known > 0 && runs_[known - 1].begin >= node_count()) --known;
    return known;
  }

  const StackRuns& runs_;
  const NodeSums sums_;
  const std::uint32_t known_;
  RunSet open_;
};

// What the passes over the runs leave behind.
class Totals {
 public:
  // Of the first node of a run, which is all that most of those who look at a run ask for.
  struct OfRun {
    std::int64_t total;
    FunctionId function;  // if there is a total
    std::uint32_t count;  // nodes that are not 0, of the run and of all that turn off below
  };

  // Sums by node become totals. Only functions of nodes that have a value are looked up.
  static Result<Totals> of(const Symbols& symbols, const StackRuns& runs, OpenRuns& open,
                           std::span<std::int64_t> sums) {
    Totals totals(symbols, runs, open, sums);
    bool fits = true;
    open.visit_down([&](std::uint32_t run) { fits &= totals.sum_up(run, open); });
    // No total is above that of the root.
    if (!fits || sums[TreeShape::kRoot] < 0)
      return Error::limit("a sum does not fit 64 bits; ask for a shorter range or fewer series");
    return totals;
  }

  std::uint32_t run_count() const { return open_.known(); }
  std::uint32_t end(std::uint32_t run) const { return open_.end(run); }
  std::int64_t operator[](std::uint32_t node) const { return sums_[node]; }
  const OfRun& of_run(std::uint32_t run) const { return of_runs_[run]; }

  // Sums by function. A node whose function stands among its callers adds to its self alone.
  std::vector<FunctionValue> by_function() const {
    std::vector<std::int64_t> totals(self_.size());
    open_.visit_down([&](std::uint32_t run) {
      const std::uint32_t run_end = end(run);
      for (std::uint32_t node = runs_[run].begin; node < run_end && sums_[node] != 0; ++node) {
        if (!runs_.recurs(node)) totals[index_of(runs_.function(node))] += sums_[node];
      }
    });
    std::vector<FunctionValue> rows;
    for (std::size_t i = 0; i < totals.size(); ++i) {
      if (totals[i] == 0) continue;
      rows.push_back({.function = id_at<FunctionId>(i),
                      .self = {static_cast<std::int64_t>(self_[i])},
                      .total = {totals[i]}});
    }
    return rows;
  }

 private:
  Totals(const Symbols& symbols, const StackRuns& runs, const OpenRuns& open,
         std::span<std::int64_t> sums)
      : runs_(runs),
        open_(open),
        sums_(sums),
        of_runs_(open.known()),
        self_(symbols.function_count()) {}

  // Of the runs one after the other, callees first. False if a sum does not fit.
  bool sum_up(std::uint32_t run, OpenRuns& open) {
    if (run >= kRunsAhead) {
      const std::uint32_t later = runs_[run - kRunsAhead].parent;
      __builtin_prefetch(&sums_[later], 1);
      runs_.prefetch_function(later);
    }
    bool fits = true;
    const StackRuns::Run& at = runs_[run];
    std::int64_t sum = 0;
    std::uint32_t filled_until = at.begin;  // from there on all are 0
    for (std::uint32_t node = end(run); node-- > at.begin;) {
      const std::int64_t own = sums_[node];
      if (own == 0) {
        sums_[node] = sum;
        continue;
      }
      if (sum == 0) filled_until = node + 1;
      fits &= own > 0 && !__builtin_add_overflow(sum, own, &sum);
      sums_[node] = sum;
      self_[index_of(runs_.function(node))] += static_cast<std::uint64_t>(own);
    }
    if (sum == 0) return fits;
    fits &= !__builtin_add_overflow(sums_[at.parent], sum, &sums_[at.parent]);
    OfRun& of_run = of_runs_[run];
    of_run.total = sum;
    of_run.function = runs_.function(at.begin);
    of_run.count += filled_until - at.begin;
    if (at.parent_run == StackRuns::kNone) return fits;
    // The run of the parent is still to come, and will take this for the parent's own.
    open.insert(at.parent_run);
    self_[index_of(runs_.function(at.parent))] -= static_cast<std::uint64_t>(sum);
    of_runs_[at.parent_run].count += of_run.count;
    return fits;
  }

  const StackRuns& runs_;
  const OpenRuns& open_;
  std::span<std::int64_t> sums_;  // by node
  ZeroedArray<OfRun> of_runs_;
  std::vector<std::uint64_t>
      self_;  // by function; wraps on the way, as what is too much is taken off later
};

// The largest rows of the call tree. One row is made of all children of its parent's nodes that
// have one function.
class LargestRows {
 public:
  LargestRows(const Symbols& symbols, const StackRuns& runs, const Totals& total)
      : runs_(runs), total_(total), by_name_{symbols} {}

  void take(std::size_t max_rows) {
    max_rows_ = std::max<std::size_t>(1, max_rows);
    members_.push_back({TreeShape::kRoot, StackRuns::kNone, 0});
    waiting_.push_back({total_[TreeShape::kRoot], 0, 1, kNoRow, kNoFunction});
    while (!waiting_.empty() && rows_.size() < max_rows_) {
      std::ranges::pop_heap(waiting_, Later{by_name_});
      rows_.push_back({.group = waiting_.back()});
      waiting_.pop_back();
      add_children(static_cast<std::uint32_t>(rows_.size() - 1));
    }
    for (const Group& group : waiting_) hide(group);
    waiting_.clear();
  }

  // In preorder, siblings by name.
  void write(CallTree& tree, VisibleTree& visible) const {
    std::vector<std::uint32_t> by_parent(rows_.size());
    std::iota(by_parent.begin(), by_parent.end(), 0u);
    std::ranges::sort(
        by_parent.begin() + 1, by_parent.end(), [&](std::uint32_t a, std::uint32_t b) {
          const Group& left = rows_[a].group;
          const Group& right = rows_[b].group;
          return left.parent != right.parent ? left.parent < right.parent
                                             : by_name_(left.function, right.function);
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
  static constexpr std::uint32_t kNoRow = UINT32_MAX;

  struct Node {
    std::uint32_t node;
    std::uint32_t run;    // kNone for the root
    std::uint32_t count;  // of nodes that are not 0: itself and all below it
  };
  struct Group {
    std::int64_t total;
    std::size_t first_member;
    std::size_t member_count;
    std::uint32_t parent;  // row
    FunctionId function;
  };
  // Of equal ones first those whose callers were taken first, then by name.
  struct Later {
    const ByName& by_name;
    bool operator()(const Group& a, const Group& b) const {
      if (a.total != b.total) return a.total < b.total;
      if (a.parent != b.parent) return a.parent > b.parent;
      return by_name(b.function, a.function);
    }
  };
  struct Row {
    Group group;
    std::int64_t self = 0;
    std::int64_t hidden_total = 0;
    std::uint64_t hidden_count = 0;
  };
  struct Callee {
    FunctionId function;
    std::int64_t total;
    Node node;
  };

  void hide(const Group& group) {
    Row& parent = rows_[group.parent];
    parent.hidden_total += group.total;
    for (std::size_t i = 0; i < group.member_count; ++i)
      parent.hidden_count += members_[group.first_member + i].count;
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

  // Those that are not 0.
  void add_callees_of(const Node& caller) {
    std::uint32_t below = 0;  // counted at runs that turn off
    for (std::uint32_t run = runs_.first_at(caller.node); run != StackRuns::kNone;
         run = runs_[run].next_at_parent) {
      if (run >= total_.run_count()) continue;
      const Totals::OfRun& of_run = total_.of_run(run);
      if (of_run.total == 0) continue;
      below += of_run.count;
      callees_.push_back({of_run.function, of_run.total, {runs_[run].begin, run, of_run.count}});
    }
    const std::uint32_t next = caller.node + 1;
    if (caller.run == StackRuns::kNone || next >= total_.end(caller.run) || total_[next] == 0)
      return;
    callees_.push_back(
        {runs_.function(next), total_[next], {next, caller.run, caller.count - 1 - below}});
  }

  void add_children(std::uint32_t row) {
    callees_.clear();
    const Group& caller = rows_[row].group;
    for (std::size_t i = 0; i < caller.member_count; ++i)
      add_callees_of(members_[caller.first_member + i]);
    std::ranges::sort(callees_, {}, &Callee::function);
    std::int64_t self = caller.total;
    for (std::size_t i = 0; i < callees_.size();) {
      Group group{0, members_.size(), 0, row, callees_[i].function};
      for (; i < callees_.size() && callees_[i].function == group.function; ++i) {
        members_.push_back(callees_[i].node);
        group.total += callees_[i].total;
      }
      group.member_count = members_.size() - group.first_member;
      self -= group.total;
      if (!is_too_small(group.total)) {
        waiting_.push_back(group);
        std::ranges::push_heap(waiting_, Later{by_name_});
        continue;
      }
      hide(group);
      members_.resize(group.first_member);
    }
    rows_[row].self = self;
  }

  void append(const Row& row, std::uint32_t parent, std::uint32_t depth, CallTree& tree,
              VisibleTree& visible) const {
    visible.rows.push_back(static_cast<std::uint32_t>(tree.size()));
    visible.hidden_count.push_back(row.hidden_count);
    visible.hidden_total[0].push_back(row.hidden_total);
    tree.function.push_back(row.group.function);
    tree.parent.push_back(parent);
    tree.depth.push_back(depth);
    tree.self[0].push_back(row.self);
    tree.total[0].push_back(row.group.total);
  }

  const StackRuns& runs_;
  const Totals& total_;
  const ByName by_name_;
  std::vector<Group> waiting_;   // a heap, the largest first
  std::vector<Node> members_;    // of groups, one group after the other
  std::vector<Callee> callees_;  // of the row that is being taken
  std::size_t max_rows_ = 1;
  // Totals of the largest groups met so far, the smallest of them on top.
  std::priority_queue<std::int64_t, std::vector<std::int64_t>, std::greater<>> largest_;
  std::vector<Row> rows_;
};

LargestCalls largest_of(const Symbols& symbols, const StackRuns& runs, const Totals& total,
                        std::size_t max_nodes) {
  LargestRows rows(symbols, runs, total);
  rows.take(max_nodes);
  LargestCalls out;
  rows.write(out.tree, out.visible);
  return out;
}

}  // namespace

Result<LaidOut> lay_out(const Symbols& symbols, std::span<const StackValue> values) {
  LaidOut out;
  out.runs.extend(symbols);
  out.sums.resize(symbols.stack_count());
  Sum whole;
  for (const StackValue& sample : values) whole += sample.value;
  PHLOX_TRY(whole.to_int64());
  for (const StackValue& sample : values) out.sums[index_of(sample.stack)] += sample.value;
  return out;
}

Result<Overview> overview(const Symbols& symbols, const StackRuns& runs, const NodeSums& sums,
                          std::size_t max_nodes) {
  OpenRuns open(runs, sums);
  PHLOX_TRY(const Totals total, Totals::of(symbols, runs, open, sums.by_stack));
  const auto table = [&] { return total.by_function(); };
  if (sums.listed || sums.by_stack.size() < kNodesWorthAThread)
    return Overview{.calls = largest_of(symbols, runs, total, max_nodes), .table = table()};
  auto table_beside = run_beside(table);
  LargestCalls calls = largest_of(symbols, runs, total, max_nodes);
  return Overview{.calls = std::move(calls), .table = table_beside.get()};
}

Result<LargestCalls> largest_calls(const Symbols& symbols, std::span<const StackValue> values,
                                   std::size_t max_nodes) {
  PHLOX_TRY(LaidOut laid, lay_out(symbols, values));
  OpenRuns open(laid.runs, {.by_stack = laid.sums});
  PHLOX_TRY(const Totals total, Totals::of(symbols, laid.runs, open, laid.sums));
  return largest_of(symbols, laid.runs, total, max_nodes);
}

}  // namespace phlox::profile
