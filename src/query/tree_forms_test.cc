#include <gtest/gtest.h>

#include "format/folded.h"
#include "format/node_tree.h"
#include "query/dot.h"
#include "query/tree_bytes.h"

namespace phlox::query {
namespace {

const profile::ValueType kCpu{"cpu", "nanoseconds"};

MergedProfile merged_of(std::string_view folded) {
  auto profile = format::decode_folded(folded, kCpu).value();
  MergedProfile merged{.type = profile::ProfileType::parse(profile::kProcessCpu).value(),
                       .symbols = std::move(profile.symbols),
                       .sides = {}};
  Side& side = merged.sides.emplace_back();
  for (std::size_t i = 0; i < profile.stacks.size(); ++i)
    side.values.push_back({profile.stacks[i], profile.values[i]});
  return merged;
}

std::string bytes_of(const MergedProfile& merged, std::size_t max_nodes) {
  const auto tree = merged.tree(profile::FunctionIdentity::kExact).value();
  const auto rates = Rate::of(merged.type, merged.sides);
  return tree_bytes(merged.symbols, tree, visible_part(tree, rates, max_nodes));
}

std::string stacks_of(std::string_view bytes) {
  return format::encode_folded(format::decode_tree(bytes, kCpu).value()).value();
}

TEST(TreeBytes, AreReadAsClassicTrees) {
  const MergedProfile merged = merged_of("main;foo 75\nmain;bar 25\nidle 1");
  EXPECT_EQ(stacks_of(bytes_of(merged, 100)), "idle 1\nmain;bar 25\nmain;foo 75\n");
  EXPECT_EQ(stacks_of(bytes_of(merged, 3)), "main;foo 75\nmain;other 25\nother 1\n");
  EXPECT_EQ(bytes_of(merged_of(""), 100), "");
}

TEST(Dot, CountsARecursionOnce) {
  const MergedProfile merged = merged_of("main;f;f;f 5\nmain;f 2\nmain;\"quoted\" 1");
  const auto tree = merged.tree(profile::FunctionIdentity::kExact).value();
  EXPECT_EQ(dot(merged.symbols, tree, "nanoseconds", 10),
            "digraph profile {\nlabel=\"total 8 nanoseconds\"\nnode [shape=box]\n"
            "N1 [label=\"main\\nself 0\\ntotal 8\"]\n"
            "N2 [label=\"f\\nself 7\\ntotal 7\"]\n"
            "N3 [label=\"\\\"quoted\\\"\\nself 1\\ntotal 1\"]\n"
            "N1 -> N2 [label=\"7\"]\nN1 -> N3 [label=\"1\"]\nN2 -> N2 [label=\"5\"]\n}\n");
  EXPECT_EQ(dot(merged.symbols, tree, "count", 1),
            "digraph profile {\nlabel=\"total 8 count\"\nnode [shape=box]\n"
            "N1 [label=\"main\\nself 0\\ntotal 8\"]\n}\n");
}

}  // namespace
}  // namespace phlox::query
