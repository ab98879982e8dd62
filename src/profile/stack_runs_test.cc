#include "profile/stack_runs.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <rapidcheck.h>

#include <set>
#include <vector>

#include "profile/run_set.h"

namespace phlox::profile {
namespace {

std::set<std::uint32_t> runs_at(const StackRuns& runs, std::uint32_t node) {
  std::set<std::uint32_t> out;
  for (std::uint32_t run = runs.first_at(node); run != StackRuns::kNone;
       run = runs[run].next_at_parent)
    EXPECT_TRUE(out.insert(run).second);
  return out;
}

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
    std::uint32_t next = 1;
    for (std::uint32_t run = 0; run < runs.size(); ++run) {
      RC_ASSERT(runs[run].begin == next);
      next = runs.end(run);
      RC_ASSERT(runs[run].begin < next);
      const std::uint32_t parent = runs[run].parent;
      const std::uint32_t parent_run = runs[run].parent_run;
      RC_ASSERT(runs_at(runs, parent).contains(run));
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
