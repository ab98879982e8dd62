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
#include <cstdint>
#include <cstring>
#include <optional>
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
    // Two numbers of at most eight bytes each, as nearly all are: no byte is looked at by itself.
    if (end_ - at_ >= 16 && !failed_) {
      const ShortNumber delta(at_);
      const ShortNumber value(at_ + delta.bytes);
      if (delta.bytes != 0 && value.bytes != 0 && delta.value <= UINT32_MAX - stack_) {
        at_ += delta.bytes + value.bytes;
        stack_ += static_cast<std::uint32_t>(delta.value);
        value_ = value.value;
        return true;
      }
    }
    return next_of_any_size();
  }
  std::uint32_t stack() const { return stack_; }
  Wide value() const { return value_; }
  bool failed() const { return failed_; }

 private:
  // A varint that ends within the eight bytes at `at`: the seven low bits of each are pushed
  // together, in pairs, then fours, then eights.
  struct ShortNumber {
    explicit ShortNumber(const unsigned char* at) {
      std::uint64_t word = 0;
      std::memcpy(&word, at, sizeof word);
      const std::uint64_t ends = ~word & 0x8080'8080'8080'8080;
      if (ends == 0) return;
      const int last_bit = std::countr_zero(ends);  // of the last byte
      bytes = last_bit / 8 + 1;
      word &= 0x7f7f'7f7f'7f7f'7f7f & (ends ^ (ends - 1));
      word = (word & 0x007f'007f'007f'007f) | (word & 0x7f00'7f00'7f00'7f00) >> 1;
      word = (word & 0x0000'3fff'0000'3fff) | (word & 0x3fff'0000'3fff'0000) >> 2;
      value = (word & 0x0fff'ffff) | (word & 0x0fff'ffff'0000'0000) >> 4;
    }
    std::uint64_t value = 0;
    int bytes = 0;  // 0: it is longer
  };
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
