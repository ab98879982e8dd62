#include "profile/overview.h"

#include <algorithm>
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
  OpenRuns(const StackRuns& runs, const SegmentSums& sums)
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
      const std::uint32_t first = sums_.segments.of(runs_[run].begin);
      const std::uint32_t last = sums_.segments.of(end(run) - 1);
      std::ranges::fill(sums_.values.subspan(first, last + 1 - first), 0);
    });
    sums_.values[TreeShape::kRoot] = 0;
  }
  OpenRuns(const OpenRuns&) = delete;
  OpenRuns& operator=(const OpenRuns&) = delete;

  // Those that were there when the sums were taken.
  std::uint32_t known() const { return known_; }
  std::uint32_t end(std::uint32_t run) const {
    return std::min(runs_.end(run), sums_.segments.node_count());
  }
  void insert(std::uint32_t run) { open_.insert(run); }
  // visit(run), callees first.
  template <class Visit>
  void visit_down(Visit visit) const {
    open_.visit_down(visit);
  }
  // The same, callers first.
  template <class Visit>
  void visit_up(Visit visit) const {
    open_.visit_up(visit);
  }

 private:
  std::uint32_t known_runs() const {
    std::uint32_t known = runs_.size();
    while (known > 0 && runs_[known - 1].begin >= sums_.segments.node_count()) --known;
    return known;
  }

  const StackRuns& runs_;
  const SegmentSums sums_;
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

  // Sums by segment become totals. Only functions of nodes that have a value are looked up.
  static Result<Totals> of(const Symbols& symbols, const StackRuns& runs, OpenRuns& open,
                           const SegmentSums& sums) {
    Totals totals(symbols, runs, open, sums);
    bool fits = true;
    open.visit_down([&](std::uint32_t run) { fits &= totals.sum_up(run, open); });
    std::int64_t& of_root = totals.sums_[TreeShape::kRoot];
    fits &= !__builtin_add_overflow(of_root, totals.turned_off_[TreeShape::kRoot], &of_root);
    // No total is above that of the root.
    if (!fits || of_root < 0)
      return Error::limit("a sum does not fit 64 bits; ask for a shorter range or fewer series");
    return totals;
  }

  std::uint32_t run_count() const { return open_.known(); }
  std::uint32_t end(std::uint32_t run) const { return open_.end(run); }
  const StackSegments& segments() const { return segments_; }
  std::int64_t of_root() const { return sums_[TreeShape::kRoot]; }
  std::int64_t of_segment(std::uint32_t segment) const { return sums_[segment]; }
  const OfRun& of_run(std::uint32_t run) const { return of_runs_[run]; }
  void prefetch_run(std::uint32_t run) const {
    if (run < run_count()) __builtin_prefetch(&of_runs_[run]);
  }

  // Sums by function. A node whose function stands among its callers adds to its self alone.
  std::vector<FunctionValue> by_function() const {
    std::vector<std::int64_t> totals(self_.size());
    std::int64_t* const of_function = totals.data();
    const std::int64_t* const of_segment = sums_.data();
    open_.visit_down([&](std::uint32_t run) {
      if (of_runs_[run].total == 0) return;
      visit_segments(run, [&](std::uint32_t segment, std::uint32_t first, std::uint32_t last) {
        const std::int64_t total = of_segment[segment];
        if (total == 0) return;
        for (std::uint32_t node = first; node <= last; ++node)
          of_function[index_of(runs_.function(node))] += runs_.recurs(node) ? 0 : total;
      });
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

  // `table`: by_function().
  Found find(const IsWanted& is_wanted, std::span<const FunctionValue> table) const {
    Found found;
    std::vector<bool> wanted(self_.size());
    for (const FunctionValue& row : table) {
      if (!is_wanted(row.function)) continue;
      wanted[index_of(row.function)] = true;
      found.functions.push_back(row);
    }
    if (found.functions.empty()) return found;
    // By run: its first node that is wanted or has a caller that is; the root is none.
    ZeroedArray<std::uint32_t> first(run_count());
    open_.visit_up([&](std::uint32_t run) {
      if (of_runs_[run].total == 0) return;
      const StackRuns::Run& at = runs_[run];
      const bool has_wanted_caller = at.parent_run != StackRuns::kNone &&
                                     first[at.parent_run] != TreeShape::kRoot &&
                                     first[at.parent_run] <= at.parent;
      if (has_wanted_caller) first[run] = at.begin;
      for (std::uint32_t node = at.begin; node < end(run); ++node) {
        if (!wanted[index_of(runs_.function(node))]) continue;
        const std::int64_t total = of_segment(segments_.of(node));
        if (total == 0) return;  // nor has any that follows
        ++found.nodes;
        if (first[run] != TreeShape::kRoot) continue;
        first[run] = node;
        found.total += total;
      }
    });
    return found;
  }

 private:
  Totals(const Symbols& symbols, const StackRuns& runs, const OpenRuns& open,
         const SegmentSums& sums)
      : runs_(runs),
        open_(open),
        segments_(sums.segments),
        sums_(sums.values),
        turned_off_(segments_.size()),
        of_runs_(open.known()),
        self_(symbols.function_count()) {}

  template <class Visit>
  void visit_segments(std::uint32_t run, Visit visit) const {
    segments_.visit_down(runs_[run].begin, end(run), visit);
  }

  // Of the runs one after the other, callees first. False if a sum does not fit.
  bool sum_up(std::uint32_t run, OpenRuns& open) {
    prefetch_for(run);
    bool fits = true;
    std::int64_t sum = 0;
    std::int64_t* const sums = sums_.data();
    std::uint32_t filled_until = 0;  // from there on all nodes of the run are 0
    visit_segments(run, [&](std::uint32_t segment, std::uint32_t, std::uint32_t last) {
      std::int64_t& total = sums[segment];
      const std::int64_t own = total;
      const std::int64_t turned_off = turned_off_[segment];
      if (own != 0 || turned_off != 0) {
        if (sum == 0) filled_until = last + 1;
        fits &= own >= 0 && !__builtin_add_overflow(sum, own, &sum) &&
                !__builtin_add_overflow(sum, turned_off, &sum);
      }
      if (own != 0) self_[index_of(runs_.function(last))] += static_cast<std::uint64_t>(own);
      total = sum;
    });
    if (sum == 0) return fits;
    const StackRuns::Run& at = runs_[run];
    std::int64_t& at_parent = turned_off_[segments_.of(at.parent)];
    fits &= !__builtin_add_overflow(at_parent, sum, &at_parent);
    OfRun& of_run = of_runs_[run];
    of_run.total = sum;
    of_run.function = runs_.function(at.begin);
    of_run.count += filled_until - at.begin;
    if (at.parent_run == StackRuns::kNone) return fits;
    open.insert(at.parent_run);  // which is still to come
    of_runs_[at.parent_run].count += of_run.count;
    return fits;
  }

  // A run turns off anywhere. First the place of what is kept there is fetched, then that.
  void prefetch_for(std::uint32_t run) const {
    if (run < 2 * kRunsAhead) return;
    segments_.prefetch(runs_[run - 2 * kRunsAhead].parent);
    const StackRuns::Run& later = runs_[run - kRunsAhead];
    __builtin_prefetch(&turned_off_[segments_.of(later.parent)], 1);
    if (later.parent_run != StackRuns::kNone) __builtin_prefetch(&of_runs_[later.parent_run], 1);
  }

  const StackRuns& runs_;
  const OpenRuns& open_;
  const StackSegments& segments_;
  std::span<std::int64_t> sums_;          // by segment
  ZeroedArray<std::int64_t> turned_off_;  // by segment: sums of the runs that turn off at its end
  ZeroedArray<OfRun> of_runs_;
  std::vector<std::uint64_t> self_;  // by function
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
    waiting_.push_back({total_.of_root(), 0, 1, kNoRow, kNoFunction});
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
    for (std::uint32_t i = 0; i < by_parent.size(); ++i) by_parent[i] = i;
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

  // The first node of a run is looked up only if need be.
  static constexpr std::uint32_t kFirst = UINT32_MAX;
  struct Node {
    std::uint32_t node;   // may be kFirst
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
  // A node that may become a member of a group.
  struct Callee {
    FunctionId function;
    std::uint32_t count;
    std::int64_t total;
    std::uint32_t run;
    std::uint32_t node;  // may be kFirst
  };

  void hide(std::uint32_t parent, std::int64_t total, std::uint64_t count) {
    rows_[parent].hidden_total += total;
    rows_[parent].hidden_count += count;
  }
  void hide(const Group& group) {
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < group.member_count; ++i)
      count += members_[group.first_member + i].count;
    hide(group.parent, group.total, count);
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
    const std::uint32_t node = caller.node != kFirst ? caller.node : runs_[caller.run].begin;
    const auto [segment, is_end] = total_.segments().find(node);
    std::uint32_t below = 0;  // counted at runs that turn off
    if (is_end) below = add_turn_offs(node);
    const std::uint32_t next = node + 1;
    if (caller.run == StackRuns::kNone || next >= total_.end(caller.run)) return;
    const std::int64_t total = total_.of_segment(is_end ? segment + 1 : segment);
    if (total == 0) return;
    callees_.push_back({runs_.function(next), caller.count - 1 - below, total, caller.run, next});
  }
  // How many nodes that are not 0 they and those below them have.
  std::uint32_t add_turn_offs(std::uint32_t node) {
    std::uint32_t count = 0;
    const auto at_node = runs_.runs_at(node);
    for (std::size_t i = 0; i < at_node.size() && at_node[i] < total_.run_count(); ++i) {
      if (i + kRunsAhead < at_node.size()) total_.prefetch_run(at_node[i + kRunsAhead]);
      const Totals::OfRun& of_run = total_.of_run(at_node[i]);
      if (of_run.total == 0) continue;
      count += of_run.count;
      callees_.push_back({of_run.function, of_run.count, of_run.total, at_node[i], kFirst});
    }
    return count;
  }

  void add_children(std::uint32_t row) {
    callees_.clear();
    const Group& caller = rows_[row].group;
    for (std::size_t i = 0; i < caller.member_count; ++i)
      add_callees_of(members_[caller.first_member + i]);
    std::ranges::sort(callees_, {}, &Callee::function);
    std::int64_t self = caller.total;
    for (auto first = callees_.begin(); first != callees_.end();) {
      std::int64_t total = 0;
      std::uint64_t count = 0;
      auto end = first;
      for (; end != callees_.end() && end->function == first->function; ++end) {
        total += end->total;
        count += end->count;
      }
      self -= total;
      if (is_too_small(total)) {
        hide(row, total, count);
      } else {
        wait_for(row, total, {first, end});
      }
      first = end;
    }
    rows_[row].self = self;
  }

  // A row of the callees of one function may be taken later.
  void wait_for(std::uint32_t parent, std::int64_t total, std::span<const Callee> callees) {
    const std::size_t first = members_.size();
    for (const Callee& callee : callees)
      members_.push_back({callee.node, callee.run, callee.count});
    waiting_.push_back({total, first, callees.size(), parent, callees[0].function});
    std::ranges::push_heap(waiting_, Later{by_name_});
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
  Sum whole;
  for (const StackValue& sample : values) whole += sample.value;
  PHLOX_TRY(whole.to_int64());
  StackRuns runs;
  runs.extend(symbols);
  for (const StackValue& sample : values) runs.mark_end(static_cast<std::uint32_t>(sample.stack));
  StackSegments segments = runs.segments(runs.node_count());
  std::vector<std::int64_t> sums(segments.size());
  for (const StackValue& sample : values)
    sums[segments.of(static_cast<std::uint32_t>(sample.stack))] += sample.value;
  return LaidOut{
      .runs = std::move(runs), .segments = std::move(segments), .values = std::move(sums)};
}

Result<Overview> overview(const Symbols& symbols, const StackRuns& runs, const SegmentSums& sums,
                          std::size_t max_nodes, const IsWanted& is_wanted) {
  OpenRuns open(runs, sums);
  PHLOX_TRY(const Totals total, Totals::of(symbols, runs, open, sums));
  Overview out;
  const auto count_functions = [&] {
    out.table = total.by_function();
    if (is_wanted) out.found = total.find(is_wanted, out.table);
  };
  if (sums.listed || sums.segments.node_count() < kNodesWorthAThread) {
    out.calls = largest_of(symbols, runs, total, max_nodes);
    count_functions();
    return out;
  }
  auto functions = run_beside(count_functions);
  out.calls = largest_of(symbols, runs, total, max_nodes);
  functions.get();
  return out;
}

Result<LargestCalls> largest_calls(const Symbols& symbols, std::span<const StackValue> values,
                                   std::size_t max_nodes) {
  PHLOX_TRY(LaidOut laid, lay_out(symbols, values));
  OpenRuns open(laid.runs, laid.sums());
  PHLOX_TRY(const Totals total, Totals::of(symbols, laid.runs, open, laid.sums()));
  return largest_of(symbols, laid.runs, total, max_nodes);
}

}  // namespace phlox::profile
