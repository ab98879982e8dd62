#include "format/node_tree.h"

#include <gtest/gtest.h>

#include "base/varint.h"
#include "format/folded.h"
#include "format/testing.h"

namespace phlox::format {
namespace {

std::string node(std::string_view name, std::uint64_t value, std::uint64_t children) {
  std::string out;
  append_varint(out, name.size());
  out += name;
  append_varint(out, value);
  append_varint(out, children);
  return out;
}

std::string folded(const Result<profile::Profile>& profile) {
  return profile ? encode_folded(*profile).value() : profile.error().message();
}

TEST(NodeTree, NamesOfATreeAreFrames) {
  const std::string bytes = node("", 0, 2) + node("main", 5, 2) + node("foo", 75, 0) +
                            node("bar", 25, 0) + node("idle", 1, 0);
  EXPECT_EQ(folded(decode_tree(bytes, kCpu)), "idle 1\nmain 5\nmain;bar 25\nmain;foo 75\n");
}

TEST(NodeTree, NamesOfATrieAreJoined) {
  const std::string bytes = node("", 0, 1) + node("main;fo", 0, 2) + node("o", 75, 1) +
                            node(";x", 3, 0) + node("r", 25, 0);
  EXPECT_EQ(folded(decode_trie(bytes, kCpu)), "main;foo 75\nmain;foo;x 3\nmain;for 25\n");
}

TEST(NodeTree, NamesThePlaceOfEveryFault) {
  const std::string good = node("", 0, 1) + node("main", 5, 0);
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(decode_tree(good.substr(0, size), kCpu)) << size;
  EXPECT_EQ(folded(decode_tree("", kCpu)), "tree: node 0: cut off");
  EXPECT_EQ(folded(decode_tree(good.substr(0, 5), kCpu)), "tree: node 1: cut off");
  EXPECT_EQ(folded(decode_tree(good + "x", kCpu)), "tree: 1 bytes follow the last node");
  EXPECT_EQ(folded(decode_tree(node("a", 0, 0), kCpu)),
            "tree: node 0: the root has a name or a value");
  EXPECT_EQ(folded(decode_tree(node("", 0, 1) + node("", 1, 0), kCpu)),
            "tree: node 1: an empty frame");
  EXPECT_EQ(folded(decode_trie(node("", 0, 1) + node("a;;b", 1, 0), kCpu)),
            "trie: node 1: an empty frame");
  EXPECT_EQ(folded(decode_trie(node("", 0, 1) + node("\xff", 1, 0), kCpu)),
            "trie: node 1: not UTF-8");
  EXPECT_EQ(folded(decode_tree(node("", 0, 1) + node("a", (1ull << 53) + 1, 0), kCpu)),
            "tree: node 1: value 9007199254740993 is over 2^53");
}

TEST(NodeTree, WhatUnpacksToTooMuchIsRefused) {
  std::string deep = node("", 0, 1);
  for (int i = 0; i < 600; ++i) deep += node("f", 0, 1);
  EXPECT_EQ(folded(decode_tree(deep, kCpu)), "tree: node 513: deeper than 512 frames");
  EXPECT_EQ(folded(decode_trie(node("", 0, 1) + node(std::string(70'000, 'a'), 1, 0), kCpu)),
            "trie: node 1: a stack of over 65536 bytes");
  std::string wide = node("", 0, 1) + node(std::string(60'000, 'a'), 0, 10'000);
  for (int i = 0; i < 10'000; ++i) wide += node("", 1, 0);
  EXPECT_EQ(folded(decode_trie(wide, kCpu)),
            "trie: node 4475: the stacks unpack to more than 268435456 bytes");
}

}  // namespace
}  // namespace phlox::format
