#include "storage/rocksdb/row_scan.h"

#include <algorithm>

#include "storage/rocksdb/horizons.h"

namespace phlox::storage {
namespace {

void add_with_ancestors(StaleBuckets& stale, Level level, std::int64_t bucket_s) {
  for (std::size_t l = index_of(level); l < kLevelCount; ++l)
    stale[l].insert(align_down(bucket_s, kLevelWidths[l]));
}

// Appends [from, until) of a level, as one tile with the one before where they touch.
void append_tile(std::vector<Tile>& out, const Tile& tile) {
  if (tile.from_s >= tile.until_s) return;
  if (!out.empty() && out.back().level == tile.level && out.back().until_s == tile.from_s) {
    out.back().until_s = tile.until_s;
  } else {
    out.push_back(tile);
  }
}

void append_fresh(std::vector<Tile>& out, const Tile& tile, const StaleBuckets& stale) {
  const auto& of_level = stale[index_of(tile.level)];
  std::int64_t from = tile.from_s;
  for (auto at = of_level.lower_bound(from); at != of_level.end() && *at < tile.until_s; ++at) {
    append_tile(out, {tile.level, from, *at});
    from = *at + width_s(tile.level);
    append_fresh(out, {level_at(index_of(tile.level) - 1), *at, from}, stale);
  }
  append_tile(out, {tile.level, from, tile.until_s});
}

}  // namespace

Result<StaleBuckets> stale_buckets(const Snapshot& snapshot, Database& database,
                                   std::span<const Tile> tiles) {
  StaleBuckets stale;
  std::int64_t from = kEndOfTime;
  std::int64_t until = 0;
  for (const Tile& tile : tiles) {
    if (tile.level == Level::k10s) continue;
    from = std::min(from, tile.from_s);
    until = std::max(until, tile.until_s);
  }
  if (from >= until) return stale;
  for (std::size_t l = 1; l < kLevelCount; ++l) {
    const Level level = level_at(l);
    std::int64_t bucket = std::max(align_down(from, width_s(level)), snapshot.first_mark(level));
    if (bucket >= until) continue;
    MarkScan marks(database, snapshot.options(), level, until);
    while (bucket < until) {
      PHLOX_TRY(const auto marked, marks.next(bucket));
      if (!marked) break;
      add_with_ancestors(stale, level, *marked);
      bucket = *marked + width_s(level);
    }
  }
  return stale;
}

Result<TileFacts> facts_of(const Snapshot& snapshot, Database& database,
                           std::span<const Tile> tiles) {
  PHLOX_TRY(const Horizons horizons, read_horizons(database, snapshot.options()));
  PHLOX_TRY(check_horizons(tiles, horizons));
  PHLOX_TRY(StaleBuckets stale, stale_buckets(snapshot, database, tiles));
  return TileFacts{horizons, std::move(stale)};
}

OpenStretches::Open OpenStretches::finish() && {
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    if (read_until_[group] == tile_.from_s) {
      open_.groups.push_back(groups_[group]);
    } else {
      add(group, tile_.until_s);
    }
  }
  return std::move(open_);
}

std::vector<Tile> all_tiles(std::span<const std::vector<Tile>> points) {
  std::vector<Tile> all;
  for (const auto& tiles : points) all.insert(all.end(), tiles.begin(), tiles.end());
  return all;
}

std::vector<Tile> avoid_stale(std::span<const Tile> tiles, const StaleBuckets& stale) {
  std::vector<Tile> out;
  for (const Tile& tile : tiles) append_fresh(out, tile, stale);
  return out;
}

Result<> check_horizons(std::span<const Tile> tiles, const Horizons& horizons) {
  for (const Tile& tile : tiles) {
    if (tile.from_s < horizons[index_of(tile.level)])
      return Error(Error::Kind::kGone, "data of this resolution has just expired; ask again");
  }
  return {};
}

}  // namespace phlox::storage
