#include "storage/rocksdb/cell.h"

#include <gtest/gtest.h>

#include <rapidcheck.h>

#include <array>
#include <deque>
#include <map>
#include <span>
#include <vector>

#include "storage/rocksdb/keys.h"
#include "storage/rocksdb/merge_operator.h"
#include "storage/spread.h"

namespace phlox::storage {
namespace {

std::string cell(CellHead head, std::vector<std::pair<std::uint32_t, Wide>> pairs) {
  std::string out;
  CellWriter writer(out, head);
  for (const auto& [stack, value] : pairs) writer.add(stack, value);
  return out;
}

TEST(Cell, ReadsWhatWasWritten) {
  const Wide giant = Wide{INT64_MAX} * 1000;
  const std::string bytes = cell({10, 2}, {{0, 1}, {7, giant}, {UINT32_MAX, 300}});
  CellReader reader(bytes);
  EXPECT_EQ(reader.head(), (CellHead{10, 2}));
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.stack(), 0u);
  ASSERT_TRUE(reader.next());
  EXPECT_TRUE(reader.value() == giant);
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.stack(), UINT32_MAX);
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.failed());
}

// By one and by many at once, numbers of every length.
TEST(Cell, ReadsManyAsOneByOne) {
  EXPECT_TRUE(rc::check("the same pairs", [] {
    std::map<std::uint32_t, Wide> pairs;
    for (int i = *rc::gen::inRange(0, 40); i > 0; --i) {
      const auto stack = static_cast<std::uint32_t>(
          *rc::gen::inRange<std::uint64_t>(0, std::uint64_t{1} << *rc::gen::inRange(1, 32)));
      pairs[stack] = Wide{*rc::gen::arbitrary<std::uint64_t>() >> *rc::gen::inRange(0, 64)};
      if (*rc::gen::inRange(0, 9) == 0) pairs[stack] *= Wide{UINT64_MAX} / 4;
    }
    const std::string bytes = cell({10, 2}, {pairs.begin(), pairs.end()});
    std::map<std::uint32_t, Wide> one_by_one;
    for (CellReader reader(bytes); reader.next();) one_by_one[reader.stack()] = reader.value();
    RC_ASSERT(one_by_one == pairs);
    std::map<std::uint32_t, Wide> found;
    std::array<std::uint32_t, 5> stacks{};
    std::array<std::uint64_t, 5> values{};
    CellReader reader(bytes);
    while (true) {
      const std::size_t count = reader.next_usual(stacks, values);
      for (std::size_t i = 0; i < count; ++i) found[stacks[i]] = values[i];
      if (count != 0) continue;
      if (!reader.next()) break;
      found[reader.stack()] = reader.value();
    }
    RC_ASSERT(!reader.failed());
    RC_ASSERT(found == pairs);
  }));
}

TEST(Cell, ACutOneFailsOrEndsEarlyButNeverReadsOn) {
  const std::string whole = cell({1u << 20, 2}, {{5, 1000}, {900, 70}});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string cut = whole.substr(0, size);
    CellReader reader(cut);
    int pairs = 0;
    while (reader.next()) ++pairs;
    EXPECT_TRUE(reader.failed() || pairs < 2) << size;
  }
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
      CellWriter writer(encoded.emplace_back(), {.covered_ns = 0, .profiles = 1});
      for (const auto& [stack, value] : values) {
        writer.add(stack, value);
        sums[stack] += value;
      }
    }
    std::string expected;
    CellWriter writer(expected, {.covered_ns = 0, .profiles = cells.size()});
    for (const auto& [stack, sum] : sums) writer.add(stack, sum);
    RC_ASSERT(merged(encoded[0], std::span(encoded).subspan(1)) == expected);
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
