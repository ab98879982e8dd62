#include "storage/rocksdb/totals_reader.h"

#include <algorithm>

namespace phlox::storage {

namespace {

struct Stretch {
  std::int64_t from_s = kEndOfTime;
  std::int64_t until_s = 0;
};

Stretch stretch_of(std::span<const Tile> tiles) {
  Stretch out;
  for (const Tile& tile : tiles) {
    out.from_s = std::min(out.from_s, tile.from_s);
    out.until_s = std::max(out.until_s, tile.until_s);
  }
  return out;
}

// Where each point starts, if none reaches into the next; else nothing.
std::vector<std::int64_t> starts_in_order(std::span<const std::vector<Tile>> points) {
  std::vector<std::int64_t> starts;
  std::int64_t until_s = 0;
  for (const auto& tiles : points) {
    const Stretch stretch = stretch_of(tiles);
    if (stretch.from_s < until_s || stretch.until_s <= stretch.from_s) return {};
    starts.push_back(stretch.from_s);
    until_s = stretch.until_s;
  }
  return starts;
}

// Of a level, those that touch as one.
std::vector<Tile> joined_tiles(std::span<const Tile> tiles, Level level) {
  std::vector<Tile> out;
  for (const Tile& tile : tiles) {
    if (tile.level != level) continue;
    if (!out.empty() && out.back().until_s == tile.from_s) {
      out.back().until_s = tile.until_s;
    } else {
      out.push_back(tile);
    }
  }
  return out;
}

}  // namespace

template <class VisitGroup, class VisitSeries>
Result<> TotalsReader::visit_every_service(const Tile& tile, VisitGroup visit_group,
                                           VisitSeries visit_series) {
  const std::span every_service(&*selection_.every_service, 1);
  OpenStretches stretches(tile, every_service);
  PHLOX_TRY(group_scan_.visit(tile, every_service, [&](const CellKey& key, std::string_view value) {
    stretches.read(key);
    return visit_group(0, key, value);
  }));
  auto open = std::move(stretches).finish();
  if (!open.groups.empty()) open.stretches.emplace_back(tile, open.groups.front());
  for (const auto& [stretch, key] : open.stretches)
    PHLOX_TRY(
        visit_groups(group_scan_, scan_, stretch, selection_.all(), visit_group, visit_series));
  return {};
}

template <class Visit>
Result<> TotalsReader::visit_rows(const Tile& tile, Visit visit) {
  const auto decode = [&](std::uint32_t row, const CellKey& key, std::string_view value) {
    const auto totals = decode_totals(value);
    if (!totals) return Result<>(Error::corrupt("a damaged row of totals"));
    visit(row, key, *totals);
    return Result<>();
  };
  const auto of_series = [&](const CellKey& key, std::string_view value) {
    const std::uint32_t row = selection_.row(key.series);
    return row == SeriesSelection::kNoRow ? Result<>() : decode(row, key, value);
  };
  const auto of_group = [&](std::size_t group, const CellKey& key, std::string_view value) {
    return decode(selection_.row_of_whole_group(group), key, value);
  };
  if (tile.level == Level::k10s || is_gauge_ || !selection_.is_one_row_a_group)
    return scan_.visit(tile, selection_.groups, of_series);
  if (selection_.every_service) return visit_every_service(tile, of_group, of_series);
  return visit_groups(group_scan_, scan_, tile, selection_.all(), of_group, of_series);
}

Result<> TotalsReader::read_tile(const Tile& tile, CoverageMap& coverage, Sums& out) {
  return visit_rows(tile, [&](std::uint32_t row, const CellKey& key, const TotalsRow& totals) {
    const std::size_t point = out.point_of(key.bucket_s);
    if (is_gauge_) {
      TotalsRow& sum = of_series_[{point, key.series}];
      sum.value += totals.value;
      sum.head.profiles += totals.head.profiles;
    } else {
      out.at(point, row).value += profile::Sum::from_wide(totals.value);
    }
    out.at(point, row).profiles += totals.head.profiles;
    coverage[{key.bucket_s, row}].add(totals.head.covered_ns);
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
    PHLOX_TRY(visit_rows(tile, [&](std::uint32_t row, const CellKey& key, const TotalsRow& totals) {
      if (pending.contains({align_down(key.bucket_s, width_above), row}))
        coverage[{key.bucket_s, row}].add(totals.head.covered_ns);
    }));
  }
  return {};
}

TotalsReader::Pending TotalsReader::settle(Level level, const CoverageMap& coverage,
                                           Sums& out) const {
  Pending pending;
  const auto full = static_cast<std::uint64_t>(width_ns(level));
  for (const auto& [key, bucket] : coverage) {
    const bool finest_kept = level == Level::k10s || horizons_[index_of(level) - 1] > key.bucket_s;
    if (bucket.rows == 1 || bucket.best_ns == full || finest_kept) {
      out.at(out.point_of(key.bucket_s), key.row).covered_ns += bucket.best_ns;
    } else {
      pending.insert(key);
    }
  }
  return pending;
}

Result<> TotalsReader::read_all(std::span<const Tile> tiles, Sums& out) {
  of_series_.clear();
  Pending pending;
  for (std::size_t l = kLevelCount; l-- > 0;) {
    CoverageMap coverage;
    if (!pending.empty()) PHLOX_TRY(read_below(level_at(l), pending, coverage));
    for (const Tile& tile : joined_tiles(tiles, level_at(l)))
      PHLOX_TRY(read_tile(tile, coverage, out));
    pending = settle(level_at(l), coverage, out);
  }
  for (const auto& [key, sum] : of_series_) {
    out.at(key.first, selection_.row(key.second)).value +=
        profile::Sum::from_wide(sum.value).mean(sum.head.profiles);
  }
  return {};
}

Result<std::vector<Totals>> TotalsReader::read(std::span<const Tile> tiles) {
  Sums sums({0}, selection_.rows.size());
  PHLOX_TRY(read_all(tiles, sums));
  return std::move(sums.take().front());
}

Result<std::vector<std::vector<Totals>>> TotalsReader::read_points(
    std::span<const std::vector<Tile>> points) {
  if (std::vector starts = starts_in_order(points); !starts.empty()) {
    Sums sums(std::move(starts), selection_.rows.size());
    PHLOX_TRY(read_all(all_tiles(points), sums));
    return sums.take();
  }
  std::vector<std::vector<Totals>> out;
  for (const auto& tiles : points) {
    PHLOX_TRY(auto rows, read(tiles));
    out.push_back(std::move(rows));
  }
  return out;
}

}  // namespace phlox::storage
