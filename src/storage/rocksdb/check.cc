#include <map>

#include "storage/rocksdb/catalog.h"
#include "storage/rocksdb/cell.h"
#include "storage/rocksdb/data_directory.h"
#include "storage/rocksdb/horizons.h"
#include "storage/rocksdb/row_scan.h"
#include "storage/rocksdb/totals_reader.h"
#include "storage/rocksdb/upgrade.h"
#include "storage/rocksdb_check.h"

namespace phlox::storage {
namespace {

// Totals of a level by where they lie: bucket, then series.
using LevelTotals = std::map<std::pair<std::int64_t, SeriesId>, TotalsRow>;

std::string describe(Level level, std::int64_t bucket_s, SeriesId series) {
  return fmt::format("level {} s, bucket {}, series {}", width_s(level), bucket_s, series);
}

class Checker {
 public:
  Checker(Database& database, const Catalog& catalog, const Horizons& horizons)
      : database_(database), catalog_(catalog), horizons_(horizons), snapshot_(database) {}

  Result<CheckReport> run() {
    report_.series = catalog_.series_count();
    report_.stacks = catalog_.stack_count();
    const Tile all{level_at(kLevelCount - 1), 0, kEndOfTime};
    PHLOX_TRY(stale_, stale_buckets(snapshot_, database_, std::span(&all, 1)));
    LevelTotals below;
    for (std::size_t l = 0; l < kLevelCount; ++l) {
      PHLOX_TRY(LevelTotals totals, read_totals(level_at(l)));
      PHLOX_TRY(check_cells(level_at(l), totals));
      PHLOX_TRY(check_group_cells(level_at(l)));
      PHLOX_TRY(check_group_totals(level_at(l)));
      if (l > 0) compare(level_at(l), below, totals);
      below = std::move(totals);
    }
    return std::move(report_);
  }

 private:
  void fault(std::string what) {
    ++report_.fault_count;
    if (report_.faults.size() < CheckReport::kMaxFaults) report_.faults.push_back(std::move(what));
  }

  bool is_of_series(rocksdb::ColumnFamilyHandle* family) const {
    return family == database_.cells() || family == database_.totals();
  }

  // Every row of a level, in the order of keys.
  template <class Visit>
  Result<> visit(rocksdb::ColumnFamilyHandle* family, Level level, Visit visit_row) {
    const auto it = snapshot_.iterator(family);
    for (it->Seek(slice(first_cell_key(level, horizons_[index_of(level)]))); it->Valid();
         it->Next()) {
      const auto key = decode_cell_key(view(it->key()));
      if (!key) {
        fault(fmt::format("a key of {} bytes", it->key().size()));
        continue;
      }
      if (key->level != level) break;
      if (key->bucket_s < horizons_[index_of(level)]) continue;  // waits to be deleted
      if (is_of_series(family) && !catalog_.has_series(key->series)) {
        fault(describe(level, key->bucket_s, key->series) + ": the series is not known");
        continue;
      }
      PHLOX_TRY(visit_row(*key, view(it->value())));
    }
    return check(it->status(), "read rows");
  }

  Result<LevelTotals> read_totals(Level level) {
    LevelTotals out;
    PHLOX_TRY(visit(database_.totals(), level, [&](const CellKey& key, std::string_view value) {
      const auto row = decode_totals(value);
      if (row) {
        out.emplace(std::pair(key.bucket_s, key.series), *row);
      } else {
        fault(describe(level, key.bucket_s, key.series) + ": damaged totals");
      }
      return Result<>();
    }));
    return out;
  }

  Result<> check_cells(Level level, const LevelTotals& totals) {
    std::size_t found = 0;
    PHLOX_TRY(visit(database_.cells(), level, [&](const CellKey& key, std::string_view value) {
      ++report_.cells;
      CellReader cell(value, &snapshot_.numbering());
      TotalsRow sum{.head = cell.head(), .value = 0};
      cell.each([&](std::uint32_t stack, Wide pair) {
        ++report_.pairs;
        sum.value += pair;
        if (stack >= report_.stacks)
          fault(describe(level, key.bucket_s, key.series) +
                fmt::format(": stack {} is not in the dictionary", stack));
      });
      if (cell.failed()) fault(describe(level, key.bucket_s, key.series) + ": a damaged cell");
      const auto at = totals.find({key.bucket_s, key.series});
      if (at != totals.end()) ++found;
      if (at == totals.end() || at->second != sum)
        fault(describe(level, key.bucket_s, key.series) +
              ": the cell does not add up to its totals");
      return Result<>();
    }));
    if (found != totals.size())
      fault(fmt::format("level {} s: {} totals without a cell", width_s(level),
                        totals.size() - found));
    return {};
  }

  // Each row of a group is the sum of its series' cells.
  Result<> check_group_cells(Level level) {
    RowScan cells(snapshot_, database_.cells());
    const auto check_row = [&](const CellKey& key, std::string_view value) -> Result<> {
      if (stale_[index_of(level)].contains(key.bucket_s)) return {};
      CellSum sum;
      SeriesId one_of_them = 0;
      const Tile bucket{level, key.bucket_s, key.bucket_s + width_s(level)};
      PHLOX_TRY(cells.visit(
          bucket, std::span(&key.group, 1), [&](const CellKey& of_series, std::string_view cell) {
            sum.add(cell, level, &snapshot_.numbering());  // damage has been found before
            one_of_them = of_series.series;
            return Result<>();
          }));
      CellSum row;
      if (!row.add(value, level, &snapshot_.numbering()) || row != sum)
        fault(describe(level, key.bucket_s, one_of_them) +
              ": its service's row is not the sum of the service's series");
      return {};
    };
    return visit(database_.group_cells(), level, check_row);
  }

  // Each row of totals of a group, or of all services, is the sum of its series'. What they covered
  // can be looked up as long as the finest level is kept; afterwards it is known to be no less than
  // the best of them covers.
  Result<> check_group_totals(Level level) {
    const auto check_row = [&](const CellKey& key, std::string_view value) -> Result<> {
      if (stale_[index_of(level)].contains(key.bucket_s)) return {};
      SeriesSelection series = catalog_.select_whole(key.group);
      series.whole_groups.clear();
      series.every_service.reset();
      const Tile bucket{level, key.bucket_s, key.bucket_s + width_s(level)};
      PHLOX_TRY(
          const auto sums,
          TotalsReader(snapshot_, database_, series, horizons_, false).read(std::span(&bucket, 1)));
      const Totals& expected = sums[0];
      const auto row = decode_totals(value);
      const bool adds_up = row && profile::Sum::from_wide(row->value) == expected.value &&
                           row->head.profiles == expected.profiles;
      const bool is_exact = key.bucket_s >= horizons_[0];
      const bool covers = row && (is_exact ? row->head.covered_ns == expected.covered_ns
                                           : row->head.covered_ns >= expected.covered_ns);
      if (!adds_up || !covers)
        fault(fmt::format("level {} s, bucket {}: the totals of {} are not the sum of its series",
                          width_s(level), key.bucket_s,
                          key.group.service == kEveryService ? "all services" : "a service"));
      return {};
    };
    return visit(database_.group_totals(), level, check_row);
  }

  void compare(Level level, const LevelTotals& below, const LevelTotals& totals) {
    const std::size_t l = index_of(level);
    LevelTotals sums;
    for (const auto& [place, row] : below) {
      TotalsRow& sum = sums[{align_down(place.first, width_s(level)), place.second}];
      sum.head.add(row.head, level);
      sum.value += row.value;
    }
    const auto is_comparable = [&](std::int64_t bucket_s) {
      return bucket_s >= horizons_[l - 1] && !stale_[l].contains(bucket_s);
    };
    for (const auto& [place, sum] : sums) {
      if (!is_comparable(place.first)) continue;
      const auto at = totals.find(place);
      if (at == totals.end() || at->second != sum)
        fault(describe(level, place.first, place.second) + ": not the sum of the level below");
    }
    for (const auto& [place, row] : totals) {
      if (is_comparable(place.first) && !sums.contains(place))
        fault(describe(level, place.first, place.second) + ": there is nothing in the level below");
    }
  }

  Database& database_;
  const Catalog& catalog_;
  const Horizons horizons_;
  const Snapshot snapshot_;
  StaleBuckets stale_;
  CheckReport report_;
};

}  // namespace

Result<CheckReport> check_rocksdb_store(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path / "FORMAT"))
    return Error::not_found("{} is not the data directory of a phlox server", path.string());
  PHLOX_TRY(DataDirectory directory, DataDirectory::open(path));
  PHLOX_TRY(const auto database, Database::open(directory.database_path()));
  PHLOX_TRY(upgrade(directory, *database));
  Catalog catalog(SIZE_MAX);
  PHLOX_TRY(catalog.load(*database));
  PHLOX_TRY(const Horizons horizons, read_horizons(*database, rocksdb::ReadOptions()));
  return Checker(*database, catalog, horizons).run();
}

}  // namespace phlox::storage
