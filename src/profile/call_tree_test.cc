#include "profile/call_tree.h"

#include <gtest/gtest.h>

#include <rapidcheck.h>

#include "base/cancellation.h"
#include "profile/testing.h"
#include "profile/top_table.h"

namespace phlox::profile {
namespace {

using testing::folded;
using testing::Stacks;

std::string name_of(const Symbols& symbols, FunctionId id) {
  return id == kNoFunction ? "(root)" : std::string(symbols.string(symbols.function(id).name));
}

// "name self/total" a line, indented by depth.
std::string dump(const CallTree& tree, const Symbols& symbols) {
  std::string out;
  for (std::size_t row = 0; row < tree.size(); ++row) {
    out += fmt::format("{:>{}}{} {}/{}\n", "", tree.depth[row],
                       name_of(symbols, tree.function[row]), tree.self[0][row], tree.total[0][row]);
  }
  return out;
}

TEST(CallTree, AddsUpAndSortsSiblingsByName) {
  const Stacks s = folded("main;foo 75\nmain;bar 20\nmain;bar 5\nmain 1");
  const CallTree tree = CallTree::build(s.profile.symbols, s.values).value();
  EXPECT_EQ(dump(tree, s.profile.symbols),
            "(root) 0/101\n"
            " main 1/101\n"
            "  bar 25/25\n"
            "  foo 75/75\n");
  EXPECT_EQ(tree.subtree_end, (std::vector<std::uint32_t>{4, 4, 3, 4}));
}

TEST(CallTree, LinesOfOneFunctionAreOneNode) {
  const Stacks s = folded("main (a.py:1);foo (a.py:5) 1\nmain (a.py:2);foo (a.py:6) 2");
  const CallTree tree = CallTree::build(s.profile.symbols, s.values).value();
  EXPECT_EQ(tree.size(), 3u);
  EXPECT_EQ(tree.self[0][2], 3);
}

TEST(CallTree, WhatLinesOfOneFunctionCallIsOneNodeToo) {
  const Stacks s = folded(
      "main (a.py:1);foo (a.py:5) 1\nmain (a.py:2);foo (a.py:6);bar (a.py:9) 2\n"
      "main (a.py:1);bar (a.py:9) 4\nmain (a.py:3) 8");
  const CallTree tree = CallTree::build(s.profile.symbols, s.values).value();
  EXPECT_EQ(dump(tree, s.profile.symbols),
            "(root) 0/15\n"
            " main 8/15\n"
            "  bar 4/4\n"
            "  foo 1/3\n"
            "   bar 2/2\n");
  const std::vector<StackValue> some = {s.values[2]};
  EXPECT_EQ(dump(CallTree::build(s.profile.symbols, some).value(), s.profile.symbols),
            "(root) 0/4\n main 0/4\n  bar 4/4\n")
      << "stacks without a value are left out";
}

TEST(CallTree, TwoSidesShareTheirNodes) {
  Stacks s = folded("main;foo 75\nmain;bar 25\nmain;new 8");
  const std::vector<StackValue> before = {s.values[0], s.values[1]};
  const std::vector<StackValue> after = {s.values[1], s.values[2]};
  const std::array<std::span<const StackValue>, 2> sides = {before, after};
  const CallTree tree = CallTree::build(s.profile.symbols, sides).value();
  const auto rows = top_table(tree);
  ASSERT_EQ(rows.size(), 4u);  // main, bar, foo, new
  EXPECT_EQ(rows[0].total, (std::array<std::int64_t, 2>{100, 33}));
  EXPECT_EQ(rows[1].total, (std::array<std::int64_t, 2>{25, 25}));
  EXPECT_EQ(rows[2].total, (std::array<std::int64_t, 2>{75, 0}));
  EXPECT_EQ(rows[3].total, (std::array<std::int64_t, 2>{0, 8}));
}

TEST(CallTree, AComparisonLooksPastFirstLines) {
  Symbols symbols;
  const auto stack_of = [&](std::uint32_t first_line) {
    const FunctionId f =
        symbols.intern_function({.name = symbols.intern_string("foo"), .first_line = first_line});
    return symbols.intern_child(StackId::kEmpty,
                                symbols.intern_frame({.function = f, .line = first_line + 1}));
  };
  const std::vector<StackValue> before = {{stack_of(10), 75}};
  const std::vector<StackValue> after = {{stack_of(14), 8}};
  const std::array<std::span<const StackValue>, 2> sides = {before, after};
  EXPECT_EQ(CallTree::build(symbols, sides, FunctionIdentity::kExact)->size(), 3u);
  EXPECT_EQ(CallTree::build(symbols, sides, FunctionIdentity::kIgnoreFirstLine)->size(), 2u);
}

TEST(CallTree, RecursionCountsTotalOnce) {
  const Stacks s = folded("f;g;f;f 10\nf 1\ng;f 2");
  const CallTree tree = CallTree::build(s.profile.symbols, s.values).value();
  for (const FunctionValue& row : top_table(tree)) {
    if (name_of(s.profile.symbols, row.function) == "f") {
      EXPECT_EQ(row.self[0], 13);
      EXPECT_EQ(row.total[0], 13);
    } else {
      EXPECT_EQ(row.self[0], 0);
      EXPECT_EQ(row.total[0], 12);
    }
  }
}

TEST(CallTree, ASumBeyond64BitsIsAnErrorNotAWrap) {
  Stacks s = folded("a 1\nb 1");
  s.values[0].value = INT64_MAX;
  EXPECT_EQ(CallTree::build(s.profile.symbols, s.values).error().kind(), Error::Kind::kLimit);
}

TEST(CallTree, IsNotBuiltForNobody) {
  const Stacks s = folded("main;foo 75");
  std::stop_source gone;
  const CancellationScope scope(gone.get_token());
  EXPECT_TRUE(CallTree::build(s.profile.symbols, s.values));
  gone.request_stop();
  const auto built = CallTree::build(s.profile.symbols, s.values);
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().kind(), Error::Kind::kGone);
}

TEST(CallTree, TotalIsSelfPlusChildrenForEveryNode) {
  EXPECT_TRUE(rc::check("tree and table agree with the samples",
                        [](const std::vector<std::vector<std::uint8_t>>& in) {
                          std::string text;
                          std::int64_t sum = 0;
                          for (const auto& stack : in) {
                            std::string line = "root";
                            for (const auto frame : stack) line += fmt::format(";f{}", frame % 5);
                            sum += static_cast<std::int64_t>(stack.size()) + 1;
                            text += fmt::format("{} {}\n", line, stack.size() + 1);
                          }
                          const Stacks s = folded(text);
                          const CallTree tree =
                              CallTree::build(s.profile.symbols, s.values).value();
                          std::vector<std::int64_t> below(tree.size());
                          for (std::size_t row = tree.size(); row-- > 1;)
                            below[tree.parent[row]] += tree.total[0][row];
                          for (std::size_t row = 0; row < tree.size(); ++row)
                            RC_ASSERT(tree.total[0][row] == tree.self[0][row] + below[row]);
                          RC_ASSERT(tree.total[0][0] == sum);
                          std::int64_t selves = 0;
                          for (const auto& row : top_table(tree)) {
                            selves += row.self[0];
                            RC_ASSERT(row.total[0] >= row.self[0]);
                            RC_ASSERT(row.total[0] <= sum);
                          }
                          RC_ASSERT(selves == sum);
                        }));
}

}  // namespace
}  // namespace phlox::profile
