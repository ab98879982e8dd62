// Adds up totals for a query: values and counts over the given tiles, and the time that is covered,
// which is the sum over the finest buckets of the best covered series.
//
// A row of totals is a series', or on the levels above 10 s a service's or that of all services
// together, which are read in place of the series where all of these are meant. Coverage is exact
// at a coarse level where one row has data, or where one covers the whole bucket: only the other
// buckets are read again one level below, down to the finest level kept.
#pragma once

#include <algorithm>
#include <map>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>
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
        group_scan_(snapshot, database.group_totals()),
        selection_(selection),
        horizons_(horizons),
        is_gauge_(is_gauge) {}

  // One Totals for each row of the selection. The tiles are not out of date.
  Result<std::vector<Totals>> read(std::span<const Tile> tiles);
  // The same for each point, given as the tiles that make it up. Points one behind the other are
  // read in one pass.
  Result<std::vector<std::vector<Totals>>> read_points(std::span<const std::vector<Tile>> points);

 private:
  // Totals of the points of a pass, [point][row].
  class Sums {
   public:
    Sums(std::vector<std::int64_t> starts, std::size_t row_count)
        : starts_(std::move(starts)), points_(starts_.size(), std::vector<Totals>(row_count)) {}
    std::size_t point_of(std::int64_t bucket_s) const {
      return static_cast<std::size_t>(std::ranges::upper_bound(starts_, bucket_s) -
                                      starts_.begin() - 1);
    }
    Totals& at(std::size_t point, std::uint32_t row) { return points_[point][row]; }
    std::vector<std::vector<Totals>> take() { return std::move(points_); }

   private:
    std::vector<std::int64_t> starts_;  // ascending; a point ends where the next one starts
    std::vector<std::vector<Totals>> points_;
  };
  struct Coverage {
    std::uint64_t best_ns = 0;
    std::uint32_t rows = 0;  // how many have data

    void add(std::uint64_t covered_ns) {
      best_ns = std::max(best_ns, covered_ns);
      ++rows;
    }
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

  Result<> read_all(std::span<const Tile> tiles, Sums& out);
  // visit(row of the answer, key, totals) for each row of totals that is needed.
  template <class Visit>
  Result<> visit_rows(const Tile& tile, Visit visit);
  template <class VisitGroup, class VisitSeries>
  Result<> visit_every_service(const Tile& tile, VisitGroup visit_group, VisitSeries visit_series);
  Result<> read_tile(const Tile& tile, CoverageMap& coverage, Sums& out);
  static std::vector<Tile> tiles_of(Level level, const Pending& pending);
  Result<> read_below(Level level, const Pending& pending, CoverageMap& coverage);
  Pending settle(Level level, const CoverageMap& coverage, Sums& out) const;

  RowScan scan_;
  RowScan group_scan_;
  const SeriesSelection& selection_;
  const Horizons& horizons_;
  bool is_gauge_;
  // Of a gauge, by point and series, during a pass.
  std::map<std::pair<std::size_t, SeriesId>, TotalsRow> of_series_;
};

}  // namespace phlox::storage
