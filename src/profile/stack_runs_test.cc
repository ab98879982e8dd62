#include "profile/stack_runs.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "profile/run_set.h"

namespace phlox::profile {
namespace {

bool has_caller_of_same_function(const Symbols& symbols, StackId stack) {
  const FunctionId function = symbols.frame(symbols.stack(stack).frame).function;
  for (StackId at = symbols.stack(stack).parent; at != StackId::kEmpty;
       at = symbols.stack(at).parent) {
    if (symbols.frame(symbols.stack(at).frame).function == function) return true;
  }
  return false;
}

TEST(StackRuns, OfTwoStacksAreTheSecondOnesOwnFrames) {
  Symbols symbols;
  std::vector<FrameId> frames;
  for (const char* name : {"main", "run", "foo", "bar"})
    frames.push_back(symbols.intern_synthetic(name));
  symbols.intern_stack(std::vector{frames[2], frames[1], frames[0]});
  symbols.intern_stack(std::vector{frames[2], frames[3], frames[1], frames[0]});
  StackRuns runs;
  EXPECT_FALSE(runs.extend(symbols));
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0].begin, 1u);
  EXPECT_EQ(runs.end(0), 4u);
  EXPECT_EQ(runs[0].parent_run, StackRuns::kNone);
  EXPECT_EQ(runs[1].begin, 4u);
  EXPECT_EQ(runs.end(1), 6u);
  EXPECT_EQ(runs[1].parent, 2u);
  EXPECT_EQ(runs[1].parent_run, 0u);
}

// Whatever the pieces in which the symbols are followed.
TEST(StackRuns, HoldEachNodeOnceBelowItsParent) {
  EXPECT_TRUE(rc::check("the same tree", [] {
    Symbols symbols;
    StackRuns runs;
    const int count = *rc::gen::inRange(0, 60);
    for (int i = 0; i < count; ++i) {
      const auto parent = id_at<StackId>(*rc::gen::inRange<std::size_t>(0, symbols.stack_count()));
      StackId at = parent;
      for (int depth = *rc::gen::inRange(1, 5); depth > 0; --depth)
        at = symbols.intern_child(
            at, symbols.intern_synthetic(fmt::format("f{}", *rc::gen::inRange(0, 6))));
      if (*rc::gen::inRange(0, 3) == 0) runs.extend(symbols, *rc::gen::inRange<std::size_t>(1, 9));
    }
    while (runs.extend(symbols, 7)) {
    }
    RC_ASSERT(runs.node_count() == symbols.stack_count());
    std::map<std::uint32_t, std::vector<std::uint32_t>> runs_at;
    std::uint32_t next = 1;
    for (std::uint32_t run = 0; run < runs.size(); ++run) {
      RC_ASSERT(runs[run].begin == next);
      next = runs.end(run);
      RC_ASSERT(runs[run].begin < next);
      const std::uint32_t parent = runs[run].parent;
      const std::uint32_t parent_run = runs[run].parent_run;
      runs_at[parent].push_back(run);
      RC_ASSERT((parent == 0) == (parent_run == StackRuns::kNone));
      if (parent != 0) RC_ASSERT(runs[parent_run].begin <= parent && parent < runs.end(parent_run));
      for (std::uint32_t node = runs[run].begin; node < next; ++node) {
        const auto stack = id_at<StackId>(node);
        const auto expected = node == runs[run].begin ? parent : node - 1;
        RC_ASSERT(static_cast<std::uint32_t>(symbols.stack(stack).parent) == expected);
        RC_ASSERT(runs.recurs(node) == has_caller_of_same_function(symbols, stack));
      }
    }
    RC_ASSERT(next == runs.node_count());
    for (std::uint32_t node = 0; node < next; ++node)
      RC_ASSERT(std::ranges::equal(runs.runs_at(node), runs_at[node]));
  }));
}

// Of the nodes at any moment, and whoever says when where a stack ends.
TEST(StackSegments, EndWhereATotalMayChange) {
  EXPECT_TRUE(rc::check("as the tree says", [] {
    Symbols symbols;
    StackRuns runs;
    std::set<std::uint32_t> ends = {0};
    const int count = *rc::gen::inRange(0, 60);
    for (int i = 0; i < count; ++i) {
      auto at = id_at<StackId>(*rc::gen::inRange<std::size_t>(0, symbols.stack_count()));
      for (int depth = *rc::gen::inRange(1, 9); depth > 0; --depth)
        at = symbols.intern_child(
            at, symbols.intern_synthetic(fmt::format("f{}", *rc::gen::inRange(0, 6))));
      if (*rc::gen::inRange(0, 3) == 0) {
        const auto end =
            static_cast<std::uint32_t>(*rc::gen::inRange<std::size_t>(0, symbols.stack_count()));
        runs.mark_end(end);
        ends.insert(end);
      }
      if (*rc::gen::inRange(0, 3) == 0) runs.extend(symbols, *rc::gen::inRange<std::size_t>(1, 9));
    }
    runs.extend(symbols);
    const auto known = *rc::gen::inRange<std::uint32_t>(1, runs.node_count() + 1);
    for (std::uint32_t node = 1; node < runs.node_count(); ++node) {
      const auto parent = static_cast<std::uint32_t>(symbols.stack(id_at<StackId>(node)).parent);
      if (parent == node - 1 && parent != 0) continue;
      ends.insert(parent);
      ends.insert(node - 1);
    }
    ends.erase(ends.lower_bound(known), ends.end());
    ends.insert(known - 1);

    const StackSegments segments = runs.segments(known);
    RC_ASSERT(segments.node_count() == known);
    RC_ASSERT(segments.size() == ends.size());
    std::uint32_t segment = 0;
    for (std::uint32_t node = 0; node < known; ++node) {
      RC_ASSERT(segments.of(node) == segment);
      RC_ASSERT(segments.find(node).is_end == ends.contains(node));
      if (!ends.contains(node)) continue;
      RC_ASSERT(segments.end(segment) == node);
      ++segment;
    }
    for (std::uint32_t run = 0; run < runs.size() && runs[run].begin < known; ++run) {
      std::uint32_t end = std::min(runs.end(run), known);
      segments.visit_down(runs[run].begin, end, [&](std::uint32_t s, auto first, auto last) {
        RC_ASSERT(last + 1 == end);
        RC_ASSERT(first == (s == 0 ? 0 : segments.end(s - 1) + 1));
        RC_ASSERT(segments.of(last) == s && segments.of(first) == s);
        end = first;
      });
      RC_ASSERT(end == runs[run].begin);
    }
  }));
}

TEST(RunSet, VisitsFromTheLastOnWhatItHasAndWhatItGains) {
  for (const std::uint32_t count : {0u, 1u, 63u, 64u, 65u, 300u}) {
    RunSet all(count);
    all.insert_all();
    std::vector<std::uint32_t> seen;
    all.visit_down([&](std::uint32_t run) { seen.push_back(run); });
    ASSERT_EQ(seen.size(), count);
    for (std::uint32_t i = 0; i < count; ++i) EXPECT_EQ(seen[i], count - 1 - i);
  }
  RunSet some(300);
  for (const std::uint32_t run : {299u, 70u, 255u}) some.insert(run);
  std::vector<std::uint32_t> seen;
  some.visit_down([&](std::uint32_t run) {
    seen.push_back(run);
    if (run == 70) some.insert(69);  // of the same word
    if (run == 69) some.insert(0);   // of another
  });
  EXPECT_EQ(seen, (std::vector<std::uint32_t>{299, 255, 70, 69, 0}));
}

}  // namespace
}  // namespace phlox::profile
