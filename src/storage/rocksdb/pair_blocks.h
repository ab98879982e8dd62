// Pairs of stack and value, packed in blocks of 64: what a cell holds (cell.h).
//
//     pairs   +------+-------+-------+-------+-- -
//             | unit | count | block | block | ...
//             +------+-------+-------+-------+-- -
//     block   +------------+---------------+---------+--------+-----------+------------+-- -
//             | delta bits | quotient bits | patches | deltas | quotients | patch, ... |
//             +------------+---------------+---------+--------+-----------+------------+-- -
//             | 1 byte     | 1 byte        | 1 byte  | packed | packed    | 1 byte, varint
//
// A value is (quotient + 1) * unit + rest. What a profiler sends are mostly multiples of one
// number, the time between two looks: a quotient takes a bit or two where the value takes four
// bytes, and there is no rest. A delta is how many stacks lie between this one and the one before.
// The deltas of a block are packed at one width, low bits first, and its quotients at another,
// those that make the block smallest. What is wider lacks its high bits; a patch has them, behind a
// byte with the place in the block (6 bits) and what it patches. Rests are patches too, the last.
// Unit, count and what patches hold are varints of up to 126 bits (wide_varint.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "storage/rocksdb/wide_varint.h"

namespace phlox::storage {

// What a patch is of; in its first byte above the place.
enum class PatchOf : std::uint8_t { kDelta = 0, kQuotient = 1, kRest = 2 };

struct StackPair {
  std::uint32_t stack = 0;
  Wide value = 0;  // not negative
  bool operator==(const StackPair&) const = default;
};

// Some pairs of a cell, by ascending stack.
struct PairBatch {
  static constexpr std::size_t kMost = 64;

  Wide value(std::size_t i) const {
    return has_highs ? Wide{highs[i]} << 64 | Wide{values[i]} : Wide{values[i]};
  }

  void set_value(std::size_t i, Wide value) {
    values[i] = static_cast<std::uint64_t>(value);
    highs[i] = static_cast<std::uint64_t>(value >> 64);
    has_highs |= highs[i] != 0;
  }

  std::size_t size = 0;
  bool has_highs = false;  // there are values beyond 64 bits
  std::array<std::uint32_t, kMost> stacks;
  std::array<std::uint64_t, kMost> values;  // their low 64 bits
  std::array<std::uint64_t, kMost> highs;   // the others; unless has_highs, not to be looked at
};

// Stacks ascend, each once; no value is 0. Costs some ten nanoseconds a pair.
void append_pair_blocks(std::string& out, std::span<const StackPair> pairs);

// Looks at the bytes it was given. What is damaged ends early with failed().
class PairBlockReader {
 public:
  PairBlockReader(const unsigned char* begin, const unsigned char* end);

  // The next block; false at the end. Costs some nanoseconds a pair.
  bool next(PairBatch& batch);
  bool failed() const { return failed_; }

 private:
  struct Patches;
  using Numbers = std::array<std::uint64_t, PairBatch::kMost>;

  bool fail() {
    failed_ = true;
    return false;
  }
  bool unpack(std::size_t bits, std::size_t count, Numbers& numbers);
  bool read_patches(std::size_t block_size, std::size_t count, Patches& patches);
  bool set_stacks(PairBatch& batch, Numbers& deltas, std::size_t bits, const Patches& patches);
  bool set_values(PairBatch& batch, std::size_t bits, const Patches& patches);
  bool set_giant_values(PairBatch& batch, std::size_t bits, const Patches& patches);

  const unsigned char* at_;
  const unsigned char* end_;
  Wide unit_ = 0;
  Wide left_ = 0;                 // pairs
  std::uint64_t next_stack_ = 0;  // none of those to come is below
  bool failed_ = false;
};

}  // namespace phlox::storage
