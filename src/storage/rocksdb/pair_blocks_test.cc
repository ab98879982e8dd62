#include "storage/rocksdb/pair_blocks.h"

#include <gtest/gtest.h>

#include <rapidcheck.h>

#include <map>
#include <optional>
#include <vector>

namespace phlox::storage {
namespace {

std::string packed(const std::vector<StackPair>& pairs) {
  std::string out;
  append_pair_blocks(out, pairs);
  return out;
}

// Nothing where they are damaged. The bytes lie in a buffer of just their size, so that the address
// sanitizer sees what is read beyond.
std::optional<std::vector<StackPair>> unpacked(const std::string& bytes) {
  const std::vector<unsigned char> exact(bytes.begin(), bytes.end());
  PairBlockReader reader(exact.data(), exact.data() + exact.size());
  std::vector<StackPair> pairs;
  PairBatch batch;
  while (reader.next(batch)) {
    for (std::size_t i = 0; i < batch.size; ++i) pairs.push_back({batch.stacks[i], batch.value(i)});
  }
  if (reader.failed()) return std::nullopt;
  return pairs;
}

// `count` pairs, each some stacks behind the one before; value(i) is called for each.
template <class Value>
std::vector<StackPair> pairs_of(std::size_t count, std::uint32_t gap, Value value) {
  std::vector<StackPair> pairs;
  for (std::size_t i = 0; i < count; ++i)
    pairs.push_back({static_cast<std::uint32_t>(i) * gap + 1'000'000, value(i)});
  return pairs;
}

// Numbers of every length, with a divisor in common or without one.
std::vector<StackPair> any_pairs() {
  std::map<std::uint32_t, Wide> pairs;
  const int stack_bits = *rc::gen::inRange(1, 33);
  const int value_bits = *rc::gen::inRange(1, 64);
  const Wide unit = *rc::gen::element<Wide>(1, 1, 3, 10'000'000, Wide{1} << 62, Wide{1} << 63);
  const int strange = *rc::gen::inRange(1, 100);
  for (int i = *rc::gen::inRange(0, 300); i > 0; --i) {
    const auto stack = static_cast<std::uint32_t>(
        *rc::gen::inRange<std::uint64_t>(0, std::uint64_t{1} << stack_bits));
    Wide value = Wide{*rc::gen::inRange<std::uint64_t>(1, std::uint64_t{1} << value_bits)};
    if (value_bits < 62 || unit < 4) value *= unit;
    if (*rc::gen::inRange(0, strange) == 0) value += *rc::gen::inRange(0, 1000);
    if (*rc::gen::inRange(0, 200) == 0)
      value = Wide{*rc::gen::arbitrary<std::uint64_t>()} << 50 | 1;
    pairs[stack] = value;
  }
  std::vector<StackPair> out;
  for (const auto& [stack, value] : pairs) out.push_back({stack, value});
  return out;
}

TEST(PairBlocks, ReadWhatWasWritten) {
  EXPECT_TRUE(rc::check("the same pairs", [] {
    const std::vector<StackPair> pairs = any_pairs();
    RC_ASSERT(unpacked(packed(pairs)) == pairs);
  }));
}

TEST(PairBlocks, TheExtremesAreKept) {
  const Wide greatest = (Wide{1} << 126) - 1;
  for (const std::vector<StackPair>& pairs :
       {std::vector<StackPair>{},
        {{0, 1}},
        {{UINT32_MAX, greatest}},
        {{0, greatest}, {1, 1}, {UINT32_MAX - 1, greatest - 1}, {UINT32_MAX, UINT64_MAX}}})
    EXPECT_EQ(unpacked(packed(pairs)), pairs);
}

// What profilers send: samples of ten milliseconds, a few of them on each stack.
TEST(PairBlocks, MultiplesOfOneNumberTakeAFewBits) {
  const auto pairs = pairs_of(640, 100, [](std::size_t i) { return 10'000'000 * (1 + i % 4); });
  EXPECT_LT(packed(pairs).size(), 640 * (7 + 2) / 8 + 10 * 4 + 16);
}

// What phlox sends: equal parts of a sum, and the rest of the division on one of them.
TEST(PairBlocks, OneRestDoesNotSpoilTheOthers) {
  const auto whole = pairs_of(640, 100, [](std::size_t i) { return 9'876'543 * (1 + i % 4); });
  auto pairs = whole;
  pairs[300].value += 123;
  EXPECT_EQ(unpacked(packed(pairs)), pairs);
  EXPECT_LE(packed(pairs).size(), packed(whole).size() + 4);
}

TEST(PairBlocks, OneGiantDoesNotWidenTheOthers) {
  auto pairs = pairs_of(64, 1, [](std::size_t i) { return 1 + i % 2; });
  const std::size_t before = packed(pairs).size();
  pairs[20].value = 1'000'000;
  EXPECT_EQ(unpacked(packed(pairs)), pairs);
  EXPECT_LE(packed(pairs).size(), before + 6);
}

TEST(PairBlocks, CutOffOnesFail) {
  const std::string whole = packed(pairs_of(100, 3, [](std::size_t i) { return 7 + i; }));
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(unpacked(whole.substr(0, size))) << size;
  EXPECT_FALSE(unpacked(whole + '\0'));
}

// Whatever a damaged byte makes of them, stacks ascend and values are not negative, or they fail.
TEST(PairBlocks, DamagedOnesFailOrAreInOrder) {
  EXPECT_TRUE(rc::check("in order", [] {
    std::string bytes = packed(any_pairs());
    for (int i = *rc::gen::inRange(1, 4); i > 0; --i) {
      const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
      bytes[at] = static_cast<char>(*rc::gen::inRange(0, 256));
    }
    const auto pairs = unpacked(bytes);
    if (!pairs) return;
    for (std::size_t i = 0; i < pairs->size(); ++i) {
      RC_ASSERT((*pairs)[i].value > 0);
      if (i > 0) RC_ASSERT((*pairs)[i - 1].stack < (*pairs)[i].stack);
    }
  }));
}

}  // namespace
}  // namespace phlox::storage
