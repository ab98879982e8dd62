// Values of the column families "cells", "group_cells" and "totals".
//
//     cell    +------+------------+----------+---------------------------------+
//             | mark | covered ns | profiles | pairs of stack and value        |
//             +------+------------+----------+---------------------------------+
//     totals  +------------+----------+-------+
//             | covered ns | profiles | value |
//             +------------+----------+-------+
//
// All but the mark and the pairs (pair_blocks.h) are varints; values may take up to 126 bits. Cells
// up to format 3 have no mark, and their pairs are varints too (varint_pairs.h); they are read, and
// written anew when something is added to them. Both kinds add up: coverage up to the bucket's
// width, the rest without bound.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "storage/levels.h"
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
void append_cell(std::string& out, const CellHead& head, std::span<const StackPair> pairs);

// Walks a cell without copying it: head first, then pairs until next() says false. A damaged cell
// ends early with failed().
class CellReader {
 public:
  explicit CellReader(std::string_view bytes);

  const CellHead& head() const { return head_; }
  bool next(PairBatch& batch) {
    return std::visit([&](auto& pairs) { return pairs.next(batch); }, pairs_);
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
  CellHead head_;
  bool failed_ = false;  // the head is damaged
  std::variant<VarintPairReader, PairBlockReader> pairs_ = VarintPairReader(nullptr, nullptr);
};

// Adds cells of one series. Adding costs a step for each pair of the sum so far and of the cell;
// memory is that of the sum, twice.
class CellSum {
 public:
  bool add(std::string_view cell, Level level);  // false for a damaged cell, which ends this sum
  void encode(std::string& out) const;           // in place of what was there
  bool operator==(const CellSum& other) const {
    return head_ == other.head_ && pairs_ == other.pairs_;
  }

 private:
  CellHead head_;
  std::vector<StackPair> pairs_;   // by stack, each once
  std::vector<StackPair> merged_;  // kept to reuse its memory
};

struct TotalsRow {
  CellHead head;
  Wide value = 0;
  bool operator==(const TotalsRow&) const = default;
};
std::string encode(const TotalsRow& row);
std::optional<TotalsRow> decode_totals(std::string_view bytes);

}  // namespace phlox::storage
