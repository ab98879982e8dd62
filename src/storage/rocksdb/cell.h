// Values of the column families "cells", "group_cells" and "totals".
//
//     cell    +------+------------+----------+---------------------------------+
//             | mark | covered ns | profiles | pairs of stack and value        |
//             +------+------------+----------+---------------------------------+
//     totals  +------------+----------+-------+
//             | covered ns | profiles | value |
//             +------------+----------+-------+
//
// All but the mark and the pairs (pair_blocks.h) are varints; values may take up to 126 bits. The
// mark says of which generation the stacks' numbers are (numbering.h). Cells up to format 3 have no
// mark, and their pairs are varints too (varint_pairs.h); they are of the first generation, are
// read, and written anew when something is added to them. Both kinds add up: coverage up to the
// bucket's width, the rest without bound. Cells of two generations that are added up stay apart in
// one value, the first of them with the sum of their heads, the other with a head of zeros:
//
//     cells   +------+--------+------+--------+------+
//             | mark | length | cell | length | cell |
//             +------+--------+------+--------+------+
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "storage/levels.h"
#include "storage/rocksdb/numbering.h"
#include "storage/rocksdb/pair_blocks.h"
#include "storage/rocksdb/varint_pairs.h"

namespace phlox::storage {

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

// As PairBlockReader and append_pair_blocks.
void append_cell(std::string& out, std::uint8_t generation_mark, const CellHead& head,
                 std::span<const StackPair> pairs);

// The cells of one generation each that a value consists of: one, but for two while stacks are
// renumbered.
class CellParts {
 public:
  struct Part {
    std::uint8_t generation_mark = 0;
    std::string_view cell;
  };

  explicit CellParts(std::string_view value);
  bool next(Part& part);
  bool failed() const { return failed_; }

 private:
  std::string_view rest_;
  bool are_many_;
  bool is_left_ = true;  // of one
  bool failed_;
};

// Whether nothing in a value is of another generation.
bool is_of(std::string_view value, std::uint8_t generation_mark);

// Walks a value without copying it: head first, then pairs until next() says false, ascending in
// each of its cells. A damaged one ends early with failed().
class CellReader {
 public:
  // Stacks come in this numbering; without one, as they were written. The numbering must outlive
  // the reader.
  explicit CellReader(std::string_view value, const Numbering* numbering = nullptr);

  const CellHead& head() const { return head_; }  // of the first cell, which is that of all
  bool next(PairBatch& batch) {
    do {
      if (std::visit([&](auto& pairs) { return pairs.next(batch); }, pairs_)) {
        if (renumbers_ && !numbering_->renumber(batch)) failed_ = true;
        return !failed_;
      }
    } while (!failed() && open_next());
    return false;
  }
  // visit(stack, value) for each pair that is left, one by one.
  template <class Visit>
  void each(Visit visit) {
    PairBatch batch;
    while (next(batch)) {
      for (std::size_t i = 0; i < batch.size; ++i) visit(batch.stacks[i], batch.value(i));
    }
  }
  bool failed() const {
    return failed_ || std::visit([](const auto& pairs) { return pairs.failed(); }, pairs_);
  }

 private:
  bool open_next(CellHead& head);  // false if there is no other cell
  bool open_next() {
    CellHead head;
    return open_next(head);
  }

  const Numbering* const numbering_;
  CellParts parts_;
  CellHead head_;
  bool failed_ = false;     // other than in pairs
  bool renumbers_ = false;  // the cell is of the generation before
  std::variant<VarintPairReader, PairBlockReader> pairs_ = VarintPairReader(nullptr, nullptr);
};

// visit(PairBatch&) for all that is left. kCorrupt for what is damaged, or a stack that is not
// among so many.
template <class Visit>
Result<> visit_batches(CellReader& cell, std::size_t stack_count, Visit visit) {
  PairBatch batch;
  while (cell.next(batch)) {
    const std::uint32_t greatest = batch.stacks[batch.size - 1];
    if (greatest >= stack_count)
      return Error::corrupt("a cell names stack {} of {}", greatest, stack_count);
    visit(batch);
  }
  return cell.failed() ? Result<>(Error::corrupt("a damaged cell")) : Result<>();
}

// Adds cells of one series. Adding costs a step for each pair of the sum so far and of the cell;
// memory is that of the sum, twice.
class CellSum {
 public:
  // Stacks are added up as CellReader has them. False for a damaged value, which ends this sum.
  bool add(std::string_view value, Level level, const Numbering* numbering = nullptr);
  // In place of what was there.
  void encode(std::string& out, std::uint8_t generation_mark) const;
  const CellHead& head() const { return head_; }
  const std::vector<StackPair>& pairs() const { return pairs_; }
  bool operator==(const CellSum& other) const {
    return head_ == other.head_ && pairs_ == other.pairs_;
  }

 private:
  bool add_cell(std::string_view cell, Level level, const Numbering* numbering);

  CellHead head_;
  std::vector<StackPair> pairs_;   // by stack, each once
  std::vector<StackPair> merged_;  // kept to reuse its memory
};

// Adds values of one series whatever their generations, by generation.
class CellSums {
 public:
  explicit CellSums(Level level) : level_(level) {}
  bool add(std::string_view value);
  void encode(std::string& out) const;

 private:
  Level level_;                                                  // of the values
  std::vector<std::pair<std::uint8_t, CellSum>> by_generation_;  // one, or two
};

struct TotalsRow {
  CellHead head;
  Wide value = 0;
  bool operator==(const TotalsRow&) const = default;
};
std::string encode(const TotalsRow& row);
std::optional<TotalsRow> decode_totals(std::string_view bytes);

}  // namespace phlox::storage
