#include "profile/overview.h"

#include <gtest/gtest.h>

#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "profile/testing.h"

namespace phlox::profile {
namespace {

using testing::folded;
using testing::Stacks;

// Few functions and lines, so that they meet and recurse.
Stacks arbitrary_stacks() {
  std::string text;
  const int count = *rc::gen::inRange(0, 30);
  for (int i = 0; i < count; ++i) {
    std::string line = "main";
    const int depth = *rc::gen::inRange(0, 7);
    for (int frame = 0; frame < depth; ++frame)
      line += fmt::format(";f{} (a.py:{})", *rc::gen::inRange(0, 4), *rc::gen::inRange(1, 3));
    text += fmt::format("{} {}\n", line, *rc::gen::inRange(0, 50));
  }
  return folded(text);
}

Result<Overview> overview_of(const Symbols& symbols, std::span<const StackValue> values,
                             std::size_t max_nodes) {
  PHLOX_TRY(LaidOut laid, lay_out(symbols, values));
  return overview(symbols, laid.runs, laid.sums(), max_nodes);
}

using ByFunction = std::map<FunctionId, FunctionValue>;
ByFunction by_function(std::span<const FunctionValue> rows) {
  ByFunction out;
  for (const FunctionValue& row : rows) out.emplace(row.function, row);
  return out;
}

// Functions from the root to each row: what a row is, whatever its place in a tree.
std::map<std::vector<FunctionId>, std::uint32_t> by_path(const CallTree& tree) {
  std::vector<std::vector<FunctionId>> paths(tree.size());
  std::map<std::vector<FunctionId>, std::uint32_t> out;
  for (std::uint32_t row = 0; row < tree.size(); ++row) {
    if (row != 0) {
      paths[row] = paths[tree.parent[row]];
      paths[row].push_back(tree.function[row]);
    }
    out.emplace(paths[row], row);
  }
  return out;
}

TEST(Overview, OfAllNodesIsTheCallTreeAndItsTable) {
  EXPECT_TRUE(rc::check("equal to the whole tree", [] {
    const Stacks s = arbitrary_stacks();
    const CallTree tree = CallTree::build(s.profile.symbols, s.values).value();
    const Overview found = overview_of(s.profile.symbols, s.values, 1'000'000).value();
    const CallTree& calls = found.calls.tree;
    RC_ASSERT(calls.function == tree.function);
    RC_ASSERT(calls.parent == tree.parent);
    RC_ASSERT(calls.depth == tree.depth);
    RC_ASSERT(calls.subtree_end == tree.subtree_end);
    RC_ASSERT(calls.self == tree.self);
    RC_ASSERT(calls.total == tree.total);
    RC_ASSERT(found.calls.visible.rows.size() == tree.size());
    RC_ASSERT(by_function(found.table) == by_function(top_table(tree)));
  }));
}

TEST(Overview, TakesTheLargestRowsAndHidesTheRestExactly) {
  EXPECT_TRUE(rc::check("the largest, and what is hidden", [] {
    const Stacks s = arbitrary_stacks();
    const CallTree whole = CallTree::build(s.profile.symbols, s.values).value();
    const auto max_nodes = *rc::gen::inRange<std::size_t>(1, 12);
    const auto [tree, visible] = largest_calls(s.profile.symbols, s.values, max_nodes).value();
    RC_ASSERT(tree.size() == std::min(max_nodes, whole.size()));

    const auto known = by_path(whole);
    const auto shown = by_path(tree);
    std::vector<std::int64_t> below(tree.size());
    std::int64_t smallest = INT64_MAX;
    for (const auto& [path, row] : shown) {
      RC_ASSERT(known.contains(path));
      RC_ASSERT(tree.self[0][row] == whole.self[0][known.at(path)]);
      RC_ASSERT(tree.total[0][row] == whole.total[0][known.at(path)]);
      if (row != 0) below[tree.parent[row]] += tree.total[0][row];
      smallest = std::min(smallest, tree.total[0][row]);
    }
    std::uint64_t hidden = 0;
    for (std::uint32_t row = 0; row < tree.size(); ++row) {
      RC_ASSERT(tree.total[0][row] ==
                tree.self[0][row] + below[row] + visible.hidden_total[0][row]);
      RC_ASSERT((visible.hidden_total[0][row] == 0) == (visible.hidden_count[row] == 0));
      hidden += visible.hidden_count[row];
    }
    RC_ASSERT(hidden >= whole.size() - tree.size());
    for (const auto& [path, row] : known)
      RC_ASSERT(shown.contains(path) || whole.total[0][row] <= smallest);
  }));
}

std::vector<std::uint32_t> stacks_with_values(const LaidOut& laid) {
  std::vector<std::uint32_t> stacks;
  for (std::uint32_t segment = 0; segment < laid.values.size(); ++segment)
    if (laid.values[segment] != 0) stacks.push_back(laid.segments.end(segment));
  return stacks;
}

TEST(Overview, FindsTheStacksOfSomeFunctions) {
  EXPECT_TRUE(rc::check("what a look at each stack finds", [] {
    const Stacks s = arbitrary_stacks();
    const Symbols& symbols = s.profile.symbols;
    const auto wanted = *rc::gen::container<std::vector<bool>>(symbols.function_count(),
                                                               rc::gen::arbitrary<bool>());
    const auto is_wanted = [&](FunctionId function) { return bool{wanted[index_of(function)]}; };
    std::int64_t total = 0;
    std::set<StackId> nodes;
    for (const StackValue& value : s.values) {
      bool is_found = false;
      for (StackId at = value.stack; value.value != 0 && at != StackId::kEmpty;
           at = symbols.stack(at).parent) {
        if (!is_wanted(symbols.frame(symbols.stack(at).frame).function)) continue;
        is_found = true;
        nodes.insert(at);
      }
      if (is_found) total += value.value;
    }
    ByFunction functions = by_function(top_table(CallTree::build(symbols, s.values).value()));
    std::erase_if(functions, [&](const auto& row) { return !is_wanted(row.first); });

    LaidOut laid = lay_out(symbols, s.values).value();
    const std::vector<std::uint32_t> listed = stacks_with_values(laid);
    SegmentSums sums = laid.sums();
    if (*rc::gen::arbitrary<bool>()) sums.listed = listed;
    const Overview overview = profile::overview(symbols, laid.runs, sums, 1, is_wanted).value();
    RC_ASSERT(overview.found.total == total);
    RC_ASSERT(overview.found.nodes == nodes.size());
    RC_ASSERT(by_function(overview.found.functions) == functions);
  }));
}

TEST(Overview, OfListedStacksIsTheSameAndLeavesNothing) {
  EXPECT_TRUE(rc::check("the same with a list", [] {
    const Stacks s = arbitrary_stacks();
    const auto max_nodes = *rc::gen::inRange<std::size_t>(1, 12);
    const Overview whole = overview_of(s.profile.symbols, s.values, max_nodes).value();
    LaidOut laid = lay_out(s.profile.symbols, s.values).value();
    const std::vector<std::uint32_t> listed = stacks_with_values(laid);
    SegmentSums sums = laid.sums();
    sums.listed = listed;
    const Overview found = overview(s.profile.symbols, laid.runs, sums, max_nodes).value();
    RC_ASSERT(found.calls.tree.function == whole.calls.tree.function);
    RC_ASSERT(found.calls.tree.total == whole.calls.tree.total);
    RC_ASSERT(found.calls.tree.self == whole.calls.tree.self);
    RC_ASSERT(found.calls.visible.hidden_count == whole.calls.visible.hidden_count);
    RC_ASSERT(found.calls.visible.hidden_total == whole.calls.visible.hidden_total);
    RC_ASSERT(by_function(found.table) == by_function(whole.table));
    RC_ASSERT(std::ranges::all_of(laid.values, [](std::int64_t sum) { return sum == 0; }));
  }));
}

// As in a store, which goes on growing while a query adds up what was there before.
TEST(Overview, PassesOverStacksThatCameLater) {
  EXPECT_TRUE(rc::check("the same before and after", [] {
    Stacks s = arbitrary_stacks();
    Symbols& symbols = s.profile.symbols;
    const Overview before = overview_of(symbols, s.values, 8).value();
    StackRuns runs;
    runs.extend(symbols, *rc::gen::inRange<std::size_t>(1, 20));
    const auto known = static_cast<std::uint32_t>(symbols.stack_count());
    for (int i = *rc::gen::inRange(0, 5); i > 0; --i) {
      const auto parent = id_at<StackId>(*rc::gen::inRange<std::size_t>(0, symbols.stack_count()));
      symbols.intern_child(parent, symbols.intern_synthetic(fmt::format("later{}", i)));
    }
    while (runs.extend(symbols, *rc::gen::inRange<std::size_t>(1, 20))) {
    }
    for (const StackValue& value : s.values) runs.mark_end(static_cast<std::uint32_t>(value.stack));
    const StackSegments segments = runs.segments(known);
    std::vector<std::int64_t> values(segments.size());
    for (const StackValue& value : s.values)
      values[segments.of(static_cast<std::uint32_t>(value.stack))] += value.value;
    const Overview after =
        overview(symbols, runs, {.segments = segments, .values = values}, 8).value();
    RC_ASSERT(after.table == before.table);
    RC_ASSERT(after.calls.tree.function == before.calls.tree.function);
    RC_ASSERT(after.calls.tree.self == before.calls.tree.self);
    RC_ASSERT(after.calls.tree.total == before.calls.tree.total);
    RC_ASSERT(after.calls.visible.hidden_count == before.calls.visible.hidden_count);
    RC_ASSERT(after.calls.visible.hidden_total == before.calls.visible.hidden_total);
  }));
}

TEST(Overview, OfNothingIsTheRoot) {
  const Overview found = overview_of(Symbols(), {}, 10).value();
  EXPECT_EQ(found.calls.tree.size(), 1u);
  EXPECT_EQ(found.calls.tree.total[0][0], 0);
  EXPECT_TRUE(found.table.empty());
}

TEST(Overview, ASumBeyond64BitsIsAnErrorNotAWrap) {
  Stacks s = folded("a 1\nb 1");
  s.values[0].value = INT64_MAX;
  EXPECT_EQ(overview_of(s.profile.symbols, s.values, 10).error().kind(), Error::Kind::kLimit);
}

// More nodes than one thread is given: chains of some hundred calls that turn off from each other.
TEST(Overview, OfHundredsOfThousandsOfNodesIsTheSame) {
  Symbols symbols;
  std::vector<FrameId> frames;
  for (int i = 0; i < 1'000; ++i)
    frames.push_back(symbols.intern_synthetic(fmt::format("f{}", i % 700)));
  std::mt19937 random(1);
  std::vector<StackValue> values;
  while (symbols.stack_count() < 600'000) {
    StackId stack = values.empty() ? StackId::kEmpty : values[random() % values.size()].stack;
    for (int steps = 0; steps < 200; ++steps)
      if (random() % 4 == 0) stack = symbols.stack(stack).parent;
    for (int depth = 0; depth < 300; ++depth)
      stack = symbols.intern_child(stack, frames[random() % frames.size()]);
    values.push_back({stack, static_cast<std::int64_t>(1 + random() % 1'000)});
  }
  const CallTree tree = CallTree::build(symbols, values).value();
  const Overview found = overview_of(symbols, values, 2'000).value();
  EXPECT_EQ(by_function(found.table), by_function(top_table(tree)));
  EXPECT_EQ(found.calls.tree.total[0][0], tree.total[0][0]);
  std::uint64_t hidden = 0;
  for (const std::uint64_t count : found.calls.visible.hidden_count) hidden += count;
  EXPECT_EQ(found.calls.tree.size() + hidden, tree.size());
}

}  // namespace
}  // namespace phlox::profile
