#include "storage/rocksdb/cell.h"

#include <gtest/gtest.h>

#include <rapidcheck.h>

#include <deque>
#include <map>
#include <span>
#include <vector>

#include "storage/rocksdb/keys.h"
#include "storage/rocksdb/merge_operator.h"
#include "storage/rocksdb/testing.h"
#include "storage/spread.h"

namespace phlox::storage {
namespace {

std::string cell(CellHead head, const std::vector<StackPair>& pairs) {
  std::string out;
  append_cell(out, 0, head, pairs);
  return out;
}

struct ReadCell {
  std::vector<StackPair> pairs;
  bool failed = false;
};
ReadCell read(CellReader reader) {
  ReadCell out;
  reader.each([&](std::uint32_t stack, Wide value) { out.pairs.push_back({stack, value}); });
  out.failed = reader.failed();
  return out;
}

TEST(Cell, ReadsWhatWasWritten) {
  const std::vector<StackPair> pairs = {{0, 1}, {7, Wide{INT64_MAX} * 1000}, {UINT32_MAX, 300}};
  for (const std::string& bytes : {cell({10, 2}, pairs), testing::varint_cell({10, 2}, pairs)}) {
    EXPECT_EQ(CellReader(bytes).head(), (CellHead{10, 2}));
    const ReadCell found = read(CellReader(bytes));
    EXPECT_EQ(found.pairs, pairs);
    EXPECT_FALSE(found.failed);
  }
}

TEST(Cell, HoldsNothingButItsHead) {
  const std::string bytes = cell({10, 2}, {});
  EXPECT_EQ(CellReader(bytes).head(), (CellHead{10, 2}));
  EXPECT_TRUE(read(CellReader(bytes)).pairs.empty());
  EXPECT_FALSE(read(CellReader(bytes)).failed);
}

TEST(Cell, ACutOneFails) {
  const std::vector<StackPair> pairs = {{5, 1000}, {900, 70}};
  const std::string whole = cell({1u << 20, 2}, pairs);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string cut = whole.substr(0, size);
    EXPECT_TRUE(read(CellReader(cut)).failed) << size;
  }
  const std::string old = testing::varint_cell({1u << 20, 2}, pairs);
  for (std::size_t size = 0; size < old.size(); ++size) {
    const ReadCell found = read(CellReader(std::string_view(old).substr(0, size)));
    EXPECT_TRUE(found.failed || found.pairs.size() < 2) << size;
  }
}

TEST(Cell, AnOldOneIsAddedToANewOne) {
  const std::vector<StackPair> pairs = {{1, 10}, {3, 5}};
  CellSum sum;
  ASSERT_TRUE(sum.add(testing::varint_cell({1, 1}, pairs), Level::k10s));
  ASSERT_TRUE(sum.add(cell({1, 1}, pairs), Level::k10s));
  std::string out;
  sum.encode(out, 0);
  EXPECT_EQ(out, cell({2, 2}, {{1, 20}, {3, 10}}));
}

// By RocksDB's two ways: values onto the one that is there, and values among themselves.
std::string merged(const std::string& first, std::span<const std::string> others) {
  const CellMergeOperator merge;
  const std::string key = encode(CellKey{.level = Level::k10s});
  std::deque<rocksdb::Slice> all = {first};
  all.insert(all.end(), others.begin(), others.end());
  std::string partial;
  EXPECT_TRUE(merge.PartialMergeMulti(key, all, &partial, nullptr));
  const rocksdb::Slice existing(first);
  const std::vector<rocksdb::Slice> operands(others.begin(), others.end());
  std::string full;
  rocksdb::Slice existing_operand;
  rocksdb::MergeOperator::MergeOperationOutput out(full, existing_operand);
  const rocksdb::Slice key_bytes(key);  // the input looks at it
  const rocksdb::MergeOperator::MergeOperationInput in(key_bytes, &existing, operands, nullptr);
  EXPECT_TRUE(merge.FullMergeV2(in, &out));
  EXPECT_EQ(full, partial);
  return full;
}

// Of eight stacks every other one is kept.
Numbering halved(std::uint32_t generation) {
  StackSet kept(8);
  for (std::size_t i = 0; i < 8; i += 2) kept.add(profile::id_at<profile::StackId>(i));
  kept.number();
  return {generation, std::move(kept)};
}

std::string cell_of(std::uint32_t generation, CellHead head, const std::vector<StackPair>& pairs) {
  std::string out;
  append_cell(out, mark_of(generation), head, pairs);
  return out;
}

TEST(Cell, OfTwoGenerationsStayApartAndAreReadAsOne) {
  const Numbering numbering = halved(kGenerationMarks);  // whose mark is that of the first again
  const std::string before = cell_of(kGenerationMarks - 1, {4, 1}, {{2, 10}, {6, 20}});
  const std::string now = cell_of(kGenerationMarks, {5, 2}, {{1, 5}, {7, 6}});
  const std::string both = merged(before, std::array{now});
  EXPECT_FALSE(is_of(both, numbering.mark()));
  EXPECT_TRUE(is_of(now, numbering.mark()));
  EXPECT_EQ(CellReader(both).head(), (CellHead{9, 3}));
  EXPECT_EQ(read(CellReader(both, &numbering)).pairs,
            (std::vector<StackPair>{{1, 10}, {3, 20}, {1, 5}, {7, 6}}));
  const std::string all = merged(both, std::array{now, before});
  CellSum sum;
  ASSERT_TRUE(sum.add(all, Level::k10s, &numbering));
  std::string out;
  sum.encode(out, numbering.mark());
  EXPECT_EQ(out, cell_of(kGenerationMarks, {18, 6}, {{1, 30}, {3, 40}, {7, 12}}));
  for (std::size_t size = 0; size < both.size(); ++size)
    EXPECT_TRUE(read(CellReader(std::string_view(both).substr(0, size), &numbering)).failed ||
                size == both.size() - now.size() - 1)  // one cell of two
        << size;
}

TEST(Cell, OfAnotherGenerationOrOfADroppedStackIsDamaged) {
  const Numbering numbering = halved(2);
  EXPECT_FALSE(read(CellReader(cell_of(1, {}, {{4, 1}}), &numbering)).failed);
  EXPECT_TRUE(read(CellReader(cell_of(1, {}, {{5, 1}}), &numbering)).failed);
  EXPECT_TRUE(read(CellReader(cell_of(1, {}, {{800, 1}}), &numbering)).failed);
  EXPECT_TRUE(read(CellReader(cell_of(0, {}, {{4, 1}}), &numbering)).failed);
  const Numbering settled(2);
  EXPECT_TRUE(read(CellReader(cell_of(1, {}, {{4, 1}}), &settled)).failed);
  EXPECT_FALSE(read(CellReader(cell_of(2, {}, {{5, 1}}), &settled)).failed);
}

TEST(Cell, MergingIsCommutativeAndSaturates) {
  const std::string a = cell({6'000'000'000, 1}, {{1, 10}, {3, 5}});
  const std::string b = cell({6'000'000'000, 1}, {{2, 7}, {3, 1}});
  EXPECT_EQ(merged(a, std::span(&b, 1)), cell({10'000'000'000, 2}, {{1, 10}, {2, 7}, {3, 6}}));
  EXPECT_EQ(merged(a, std::span(&b, 1)), merged(b, std::span(&a, 1)));
}

TEST(Cell, MergingManyAddsThemUp) {
  EXPECT_TRUE(rc::check("as a map does", [] {
    const auto cells = *rc::gen::nonEmpty<std::vector<std::map<std::uint8_t, std::uint32_t>>>();
    std::map<std::uint8_t, Wide> sums;
    std::vector<std::string> encoded;
    for (const auto& values : cells) {
      std::vector<StackPair> pairs;
      for (const auto& [stack, value] : values) {
        if (value == 0) continue;
        pairs.push_back({stack, value});
        sums[stack] += value;
      }
      encoded.push_back(cell({.covered_ns = 0, .profiles = 1}, pairs));
    }
    std::vector<StackPair> expected;
    for (const auto& [stack, sum] : sums) expected.push_back({stack, sum});
    RC_ASSERT(merged(encoded[0], std::span(encoded).subspan(1)) ==
              cell({.covered_ns = 0, .profiles = cells.size()}, expected));
  }));
}

TEST(Cell, ADamagedOneIsNotMerged) {
  const CellMergeOperator merge;
  const std::string damaged(1, static_cast<char>(0x80));
  std::string out;
  EXPECT_FALSE(
      merge.PartialMergeMulti(encode(CellKey{.level = Level::k10s}), {damaged}, &out, nullptr));
}

TEST(Totals, ReadWhatWasWritten) {
  const TotalsRow row{{10'000'000'000, 3}, Wide{INT64_MAX} * 77};
  EXPECT_EQ(decode_totals(encode(row)), row);
  EXPECT_FALSE(decode_totals(""));
  EXPECT_FALSE(decode_totals(encode(row).substr(0, 9)));
}

TEST(Keys, OrderAsTheirParts) {
  const CellKey key{Level::k1h,
                    {profile::id_at<profile::StringId>(1), profile::id_at<profile::StringId>(2),
                     profile::id_at<profile::StringId>(3)},
                    7200,
                    9};
  const auto back = decode_cell_key(encode(key));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->group, key.group);
  EXPECT_EQ(back->bucket_s, 7200);
  EXPECT_EQ(back->series, 9u);
  CellKey later = key;
  later.bucket_s = 10800;
  later.series = 0;
  EXPECT_LT(encode(key), encode(later));
}

TEST(Spread, SharesAddUpToTheValue) {
  EXPECT_TRUE(rc::check("shares are whole, in order and complete", [] {
    const auto start = *rc::gen::inRange<std::int64_t>(0, 100'000'000'000);
    const auto duration = *rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000);
    const auto value = *rc::gen::inRange<std::int64_t>(0, profile::kMaxPushedValue);
    std::int64_t sum = 0;
    std::int64_t covered = 0;
    std::int64_t bucket = -1;
    for (const Share& share : shares_of(from_unix_ns(start), Nanoseconds(duration))) {
      RC_ASSERT(share.bucket_s > bucket);
      bucket = share.bucket_s;
      const auto part = value_of_share(value, share, Nanoseconds(duration));
      RC_ASSERT(part >= 0);
      sum += part;
      covered += static_cast<std::int64_t>(share.covered_ns());
    }
    RC_ASSERT(sum == value);
    RC_ASSERT(covered == duration);
  }));
}

}  // namespace
}  // namespace phlox::storage
