// The counterpart of stack_sums.h for gauges: for each series the mean of each stack over the
// series' profiles, then the sum of these over the series.
#pragma once

#include <span>
#include <unordered_map>
#include <vector>

#include "storage/rocksdb/catalog.h"
#include "storage/rocksdb/cell.h"
#include "storage/rocksdb/row_scan.h"

namespace phlox::storage {

class StackMeans {
 public:
  // No stack of the snapshot, which outlives this, is beyond `stack_count`.
  StackMeans(const Snapshot& snapshot, Database& database, const SeriesSelection& selection,
             std::size_t stack_count)
      : scan_(snapshot, database.cells()),
        numbering_(snapshot.numbering()),
        selection_(selection),
        stack_count_(stack_count) {}

  // By stack, none of them 0. The tiles are not out of date. Memory: some 60 bytes for each stack
  // of each series.
  Result<std::vector<StackSum>> read(std::span<const Tile> tiles);

 private:
  struct OfSeries {
    std::uint64_t profiles = 0;
    std::unordered_map<std::uint32_t, Wide> stacks;
  };
  Result<> add(OfSeries& series, std::string_view cell) const;

  RowScan scan_;
  const Numbering& numbering_;
  const SeriesSelection& selection_;
  std::size_t stack_count_;
};

}  // namespace phlox::storage
