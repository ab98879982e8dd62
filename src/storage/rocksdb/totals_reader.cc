#include "storage/rocksdb/totals_reader.h"

#include <algorithm>

namespace phlox::storage {

Result<> TotalsReader::read_tile(const Tile& tile, CoverageMap& coverage,
                                 std::vector<Totals>& out) {
  return scan_.visit(tile, selection_.groups, [&](const CellKey& key, std::string_view value) {
    const std::uint32_t row = selection_.row(key.series);
    if (row == SeriesSelection::kNoRow) return Result<>();
    const auto totals = decode_totals(value);
    if (!totals) return Result<>(Error::corrupt("a damaged row of totals"));
    if (is_gauge_) {
      TotalsRow& sum = of_series_[key.series];
      sum.value += totals->value;
      sum.head.profiles += totals->head.profiles;
    } else {
      out[row].value += profile::Sum::from_wide(totals->value);
    }
    out[row].profiles += totals->head.profiles;
    Coverage& bucket = coverage[{key.bucket_s, row}];
    bucket.best_ns = std::max(bucket.best_ns, totals->head.covered_ns);
    ++bucket.series;
    return Result<>();
  });
}

// Buckets one behind the other in one tile: rows of a group lie in the order of time, and to go on
// to the next costs far less than to look for it.
std::vector<Tile> TotalsReader::tiles_of(Level level, const Pending& pending) {
  const std::int64_t width_above = kLevelWidths[index_of(level) + 1];
  std::vector<std::int64_t> buckets;
  for (const CoverageKey& key : pending) buckets.push_back(key.bucket_s);
  std::ranges::sort(buckets);
  std::vector<Tile> tiles;
  for (const std::int64_t from : buckets) {
    if (!tiles.empty() && from <= tiles.back().until_s) {
      tiles.back().until_s = from + width_above;
    } else {
      tiles.push_back({level, from, from + width_above});
    }
  }
  return tiles;
}

Result<> TotalsReader::read_below(Level level, const Pending& pending, CoverageMap& coverage) {
  const std::int64_t width_above = kLevelWidths[index_of(level) + 1];
  for (const Tile& tile : tiles_of(level, pending)) {
    PHLOX_TRY(scan_.visit(tile, selection_.groups, [&](const CellKey& key, std::string_view value) {
      const std::uint32_t row = selection_.row(key.series);
      if (row == SeriesSelection::kNoRow ||
          !pending.contains({align_down(key.bucket_s, width_above), row}))
        return Result<>();
      const auto totals = decode_totals(value);
      if (!totals) return Result<>(Error::corrupt("a damaged row of totals"));
      Coverage& bucket = coverage[{key.bucket_s, row}];
      bucket.best_ns = std::max(bucket.best_ns, totals->head.covered_ns);
      ++bucket.series;
      return Result<>();
    }));
  }
  return {};
}

TotalsReader::Pending TotalsReader::settle(Level level, const CoverageMap& coverage,
                                           std::vector<Totals>& out) const {
  Pending pending;
  const auto full = static_cast<std::uint64_t>(width_ns(level));
  for (const auto& [key, bucket] : coverage) {
    const bool finest_kept = level == Level::k10s || horizons_[index_of(level) - 1] > key.bucket_s;
    if (bucket.series == 1 || bucket.best_ns == full || finest_kept) {
      out[key.row].covered_ns += bucket.best_ns;
    } else {
      pending.insert(key);
    }
  }
  return pending;
}

Result<std::vector<Totals>> TotalsReader::read(std::span<const Tile> tiles) {
  std::vector<Totals> out(selection_.rows.size());
  of_series_.clear();
  Pending pending;
  for (std::size_t l = kLevelCount; l-- > 0;) {
    CoverageMap coverage;
    if (!pending.empty()) PHLOX_TRY(read_below(level_at(l), pending, coverage));
    for (const Tile& tile : tiles) {
      if (tile.level == level_at(l)) PHLOX_TRY(read_tile(tile, coverage, out));
    }
    pending = settle(level_at(l), coverage, out);
  }
  for (const auto& [id, sum] : of_series_)
    out[selection_.row(id)].value += profile::Sum::from_wide(sum.value).mean(sum.head.profiles);
  return out;
}

}  // namespace phlox::storage
