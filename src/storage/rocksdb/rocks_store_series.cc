#include <algorithm>

#include "storage/rocksdb/rocks_store.h"
#include "storage/rocksdb/row_scan.h"

namespace phlox::storage {

// Ascending. Those that have been written to of late are known; rows are read for the groups of the
// others.
Result<std::vector<SeriesId>> RocksStore::find_series(std::span<const Selector> any_of,
                                                      std::span<const Tile> tiles) {
  const Snapshot snapshot(*database_);
  PHLOX_TRY(const auto facts, facts_of(snapshot, *database_, tiles));
  const SeriesSelection selection = catalog_.select(any_of, "", "");
  auto [is_found, open_groups] = catalog_.find_seen(selection, tiles);
  if (!open_groups.empty()) {
    RowScan scan(snapshot, database_->totals());
    for (const Tile& tile : avoid_stale(tiles, facts.stale)) {
      PHLOX_TRY(scan.visit(tile, open_groups, [&](const CellKey& key, std::string_view) {
        if (selection.row(key.series) != SeriesSelection::kNoRow) is_found[key.series] = true;
        return Result<>();
      }));
    }
  }
  std::vector<SeriesId> found;
  for (SeriesId id = 0; id < is_found.size(); ++id) {
    if (is_found[id]) found.push_back(id);
  }
  return found;
}

Result<std::vector<SeriesKey>> RocksStore::series(std::span<const Selector> any_of,
                                                  std::span<const Tile> tiles) {
  const std::shared_lock lock(reading_);
  PHLOX_TRY(const auto found, find_series(any_of, tiles));
  std::vector<SeriesKey> out;
  for (const SeriesId id : found) out.push_back(catalog_.series_key(id));
  std::ranges::sort(out);
  return out;
}

Result<std::vector<std::vector<std::string>>> RocksStore::label_sets(
    std::span<const Selector> any_of, std::span<const Tile> tiles,
    std::span<const std::string> names) {
  const std::shared_lock lock(reading_);
  PHLOX_TRY(const auto found, find_series(any_of, tiles));
  return catalog_.label_sets(found, names);
}

Result<std::vector<std::string>> RocksStore::label_names(std::span<const Selector> any_of,
                                                         std::span<const Tile> tiles) {
  const std::shared_lock lock(reading_);
  PHLOX_TRY(const auto found, find_series(any_of, tiles));
  return catalog_.label_names(found);
}

}  // namespace phlox::storage
