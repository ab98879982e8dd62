// Adds up totals for a query: values and counts over the given tiles, and the time that is covered,
// which is the sum over the finest buckets of the best covered series.
//
// Coverage is exact at a coarse level where one series has data, or where one covers the whole
// bucket: only the other buckets are read again one level below, down to the finest level kept.
#pragma once

#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "storage/rocksdb/catalog.h"
#include "storage/rocksdb/cell.h"
#include "storage/rocksdb/row_scan.h"
#include "storage/store.h"

namespace phlox::storage {

class TotalsReader {
 public:
  TotalsReader(const Snapshot& snapshot, Database& database, const SeriesSelection& selection,
               const Horizons& horizons, bool is_gauge)
      : scan_(snapshot, database.totals()),
        selection_(selection),
        horizons_(horizons),
        is_gauge_(is_gauge) {}

  // One Totals for each row of the selection. The tiles are not out of date.
  Result<std::vector<Totals>> read(std::span<const Tile> tiles);

 private:
  struct Coverage {
    std::uint64_t best_ns = 0;
    std::uint32_t series = 0;  // how many have data
  };
  struct CoverageKey {
    std::int64_t bucket_s;
    std::uint32_t row;
    bool operator==(const CoverageKey&) const = default;
  };
  struct HashOfKey {
    std::size_t operator()(const CoverageKey& key) const {
      return static_cast<std::size_t>(key.bucket_s) * 0x9E3779B97F4A7C15ull + key.row;
    }
  };
  using CoverageMap = std::unordered_map<CoverageKey, Coverage, HashOfKey>;
  using Pending = std::unordered_set<CoverageKey, HashOfKey>;  // buckets to read one level below

  Result<> read_tile(const Tile& tile, CoverageMap& coverage, std::vector<Totals>& out);
  static std::vector<Tile> tiles_of(Level level, const Pending& pending);
  Result<> read_below(Level level, const Pending& pending, CoverageMap& coverage);
  Pending settle(Level level, const CoverageMap& coverage, std::vector<Totals>& out) const;

  RowScan scan_;
  const SeriesSelection& selection_;
  const Horizons& horizons_;
  bool is_gauge_;
  std::unordered_map<SeriesId, TotalsRow> of_series_;  // of a gauge, during read()
};

}  // namespace phlox::storage
