// Values of the column families "cells", "group_cells" and "totals".
//
//     cell    +------------+----------+-----------------------+-----------------------+-- -
//             | covered ns | profiles | stack id delta, value | stack id delta, value | ...
//             +------------+----------+-----------------------+-----------------------+-- -
//     totals  +------------+----------+-------+
//             | covered ns | profiles | value |
//             +------------+----------+-------+
//
// All are varints, 7 bits a byte, low bits first; values may take up to 128 bits. Stack ids ascend:
// the first delta is the id itself. Both kinds add up: coverage up to the bucket's width, the rest
// without bound.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "profile/sum.h"
#include "storage/levels.h"

namespace phlox::storage {

using Wide = profile::Sum::Wide;

void append_wide_varint(std::string& out, Wide value);  // not negative

struct CellHead {
  std::uint64_t covered_ns = 0;
  std::uint64_t profiles = 0;

  // Saturating addition stays associative and commutative, so it does not matter in which order
  // RocksDB merges.
  void add(const CellHead& other, Level level) {
    const auto width = static_cast<std::uint64_t>(width_ns(level));
    covered_ns = std::min(width, std::min(width, covered_ns) + std::min(width, other.covered_ns));
    profiles += other.profiles;
  }
  bool operator==(const CellHead&) const = default;
};

// Walks a cell without copying it: head first, then pairs until next() says false. A damaged cell
// ends early with failed().
class CellReader {
 public:
  explicit CellReader(std::string_view bytes);

  const CellHead& head() const { return head_; }
  bool next() {
    std::uint32_t stack = 0;
    std::uint64_t value = 0;
    return next_usual(std::span(&stack, 1), std::span(&value, 1)) != 0 || next_of_any_size();
  }
  // The same for those who read millions: the next pairs, as many as there is room for in both; the
  // last of them is stack() and value(). None where next() has to look: near the end, and before a
  // number that is longer than most.
  std::size_t next_usual(std::span<std::uint32_t> stacks, std::span<std::uint64_t> values) {
    const std::size_t room = std::min(stacks.size(), values.size());
    std::uint32_t* const to_stacks = stacks.data();
    std::uint64_t* const to_values = values.data();
    const unsigned char* at = at_;
    std::uint32_t stack = stack_;
    std::size_t count = 0;
    for (; count < room && end_ - at >= kWordBytes && !failed_; ++count) {
      const ShortPair pair(at);
      if (pair.bytes == 0 || pair.delta > UINT32_MAX - stack) break;
      at += pair.bytes;
      stack += static_cast<std::uint32_t>(pair.delta);
      to_stacks[count] = stack;
      to_values[count] = pair.value;
    }
    at_ = at;
    stack_ = stack;
    if (count > 0) value_ = values[count - 1];
    return count;
  }
  std::uint32_t stack() const { return stack_; }
  Wide value() const { return value_; }
  bool failed() const { return failed_; }

 private:
  // Two varints that end within the eight bytes at `at`, as nearly all pairs do: no byte is looked
  // at by itself.
  struct ShortPair {
    explicit ShortPair(const unsigned char* at) {
      std::uint64_t word = 0;
      std::memcpy(&word, at, sizeof word);
      const std::uint64_t ends = ~word & 0x8080'8080'8080'8080;  // of last bytes the high bit
      const std::uint64_t later_ends = ends & (ends - 1);
      if (later_ends == 0) return;
      const std::uint64_t of_delta = ends ^ (ends - 1);  // all bits up to the first end
      const std::uint64_t of_both = later_ends ^ (later_ends - 1);
      bytes = (std::countr_zero(later_ends) + 1) / 8;
      delta = packed(word & of_delta);
      value = packed((word & of_both & ~of_delta) >> (std::countr_zero(ends) + 1));
    }
    // The seven low bits of each byte pushed together, in pairs, then fours, then eights.
    static std::uint64_t packed(std::uint64_t word) {
      word = (word & 0x007f'007f'007f'007f) | (word & 0x7f00'7f00'7f00'7f00) >> 1;
      word = (word & 0x0000'3fff'0000'3fff) | (word & 0x3fff'0000'3fff'0000) >> 2;
      return (word & 0x0fff'ffff) | (word & 0x0fff'ffff'0000'0000) >> 4;
    }
    std::uint64_t delta = 0;
    std::uint64_t value = 0;
    int bytes = 0;  // 0: they are longer
  };
  static constexpr std::ptrdiff_t kWordBytes = 8;
  static_assert(std::endian::native == std::endian::little);

  bool next_of_any_size();
  std::uint64_t narrow();
  Wide wide();

  const unsigned char* at_;
  const unsigned char* end_;
  CellHead head_;
  std::uint32_t stack_ = 0;
  Wide value_ = 0;
  bool failed_ = false;
};

class CellWriter {
 public:
  CellWriter(std::string& out, const CellHead& head);
  void add(std::uint32_t stack, Wide value);  // ascending stacks

 private:
  std::string& out_;
  std::uint32_t last_ = 0;
};

// Adds cells of one series. Adding costs a step for each pair of the sum so far and of the cell;
// memory is that of the sum, twice.
class CellSum {
 public:
  bool add(std::string_view cell, Level level);  // false for a damaged cell, which ends this sum
  void encode(std::string& out) const;           // in place of what was there

 private:
  using Pair = std::pair<std::uint32_t, Wide>;

  CellHead head_;
  std::vector<Pair> pairs_;   // by stack, each once
  std::vector<Pair> merged_;  // kept to reuse its memory
};

struct TotalsRow {
  CellHead head;
  Wide value = 0;
  bool operator==(const TotalsRow&) const = default;
};
std::string encode(const TotalsRow& row);
std::optional<TotalsRow> decode_totals(std::string_view bytes);

}  // namespace phlox::storage
