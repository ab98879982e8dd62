#include "storage/rocksdb/closer.h"

#include <map>

#include "base/varint.h"
#include "storage/rocksdb/cell.h"

namespace phlox::storage {
namespace {

struct SeriesSum {
  std::string mark;
  CellSum cell;
  TotalsRow totals;
};
using SeriesSums = std::map<SeriesId, SeriesSum>;

Result<SeriesSums> marked_series(const Snapshot& snapshot, Database& database, Level level,
                                 std::int64_t bucket_s) {
  SeriesSums sums;
  const auto it = snapshot.iterator(database.facts());
  for (it->Seek(slice(encode(StaleKey{level, bucket_s, 0}))); it->Valid(); it->Next()) {
    const auto key = decode_stale_key(view(it->key()));
    if (!key || key->level != level || key->bucket_s != bucket_s) break;
    sums[key->series].mark = it->value().ToString();
  }
  PHLOX_TRY(check(it->status(), "read marks"));
  return sums;
}

// Adds up the rows of a group that one level below lie in the bucket.
Result<> add_rows(const Snapshot& snapshot, Database& database, const Tile& below, Level level,
                  const GroupKey& group, SeriesSums& sums) {
  const std::span groups(&group, 1);
  PHLOX_TRY(RowScan(snapshot, database.cells())
                .visit(below, groups, [&](const CellKey& key, std::string_view value) {
                  const auto series = sums.find(key.series);
                  if (series != sums.end() && !series->second.cell.add(value, level))
                    return Result<>(Error::corrupt("a damaged cell"));
                  return Result<>();
                }));
  return RowScan(snapshot, database.totals())
      .visit(below, groups, [&](const CellKey& key, std::string_view value) {
        const auto series = sums.find(key.series);
        if (series == sums.end()) return Result<>();
        const auto row = decode_totals(value);
        if (!row) return Result<>(Error::corrupt("a damaged row of totals"));
        series->second.totals.head.add(row->head, level);
        series->second.totals.value += row->value;
        return Result<>();
      });
}

// The cell of a group whose marked series have been summed up. The others' sums are up to date.
// Empty for a group of one series.
Result<std::string> group_cell(const Snapshot& snapshot, Database& database, const Tile& bucket,
                               const GroupKey& group, const SeriesSums& marked,
                               std::span<const ClosedBucket::Series> closed) {
  CellSum sum;
  std::size_t series_count = 0;
  const auto add = [&](std::string_view cell) {
    ++series_count;
    return sum.add(cell, bucket.level) ? Result<>() : Error::corrupt("a damaged cell");
  };
  for (const ClosedBucket::Series& series : closed) PHLOX_TRY(add(series.cell));
  PHLOX_TRY(
      RowScan(snapshot, database.cells())
          .visit(bucket, std::span(&group, 1), [&](const CellKey& key, std::string_view cell) {
            return marked.contains(key.series) ? Result<>() : add(cell);
          }));
  std::string out;
  if (series_count > 1) sum.encode(out);
  return out;
}

}  // namespace

Result<std::vector<std::int64_t>> marked_buckets(Database& database, Level level,
                                                 std::int64_t limit_s) {
  std::vector<std::int64_t> buckets;
  const std::unique_ptr<rocksdb::Iterator> it(
      database.db().NewIterator(rocksdb::ReadOptions(), database.facts()));
  std::int64_t from = 0;
  while (from + width_s(level) <= limit_s) {
    it->Seek(slice(encode(StaleKey{level, from, 0})));
    const auto key = it->Valid() ? decode_stale_key(view(it->key())) : std::nullopt;
    if (!key || key->level != level || key->bucket_s + width_s(level) > limit_s) break;
    buckets.push_back(key->bucket_s);
    from = key->bucket_s + width_s(level);
  }
  PHLOX_TRY(check(it->status(), "read marks"));
  return buckets;
}

Result<ClosedBucket> sum_bucket(Database& database, const Catalog& catalog, Level level,
                                std::int64_t bucket_s) {
  const Snapshot snapshot(database.db());
  PHLOX_TRY(SeriesSums marked, marked_series(snapshot, database, level, bucket_s));
  // One group after the other, so that the sums of all series are never there at once.
  std::map<GroupKey, SeriesSums> groups;
  while (!marked.empty()) {
    auto series = marked.extract(marked.begin());
    groups[catalog.group_of(series.key())].insert(std::move(series));
  }
  const Tile below{level_at(index_of(level) - 1), bucket_s, bucket_s + width_s(level)};
  const Tile bucket{level, bucket_s, bucket_s + width_s(level)};
  ClosedBucket closed{.level = level, .bucket_s = bucket_s, .series = {}, .groups = {}};
  for (auto& [group, sums] : groups) {
    PHLOX_TRY(add_rows(snapshot, database, below, level, group, sums));
    const std::size_t first = closed.series.size();
    for (auto& [series, sum] : sums) {
      auto& out = closed.series.emplace_back(ClosedBucket::Series{.series = series,
                                                                  .mark = std::move(sum.mark),
                                                                  .cell = {},
                                                                  .totals = encode(sum.totals),
                                                                  .group = group});
      sum.cell.encode(out.cell);
    }
    if (!catalog.is_gauge(sums.begin()->first)) {
      PHLOX_TRY(std::string cell, group_cell(snapshot, database, bucket, group, sums,
                                             std::span(closed.series).subspan(first)));
      if (!cell.empty()) closed.groups.push_back({.key = group, .cell = std::move(cell)});
    }
    sums.clear();
  }
  return closed;
}

Result<> append_closed(Database& database, const ClosedBucket& closed, rocksdb::WriteBatch& batch) {
  for (const ClosedBucket::Series& series : closed.series) {
    const std::string mark_key = encode(StaleKey{closed.level, closed.bucket_s, series.series});
    std::string mark;
    const auto status =
        database.db().Get(rocksdb::ReadOptions(), database.facts(), slice(mark_key), &mark);
    if (status.IsNotFound() || (status.ok() && mark != series.mark)) continue;
    PHLOX_TRY(check(status, "read a mark"));
    const std::string key =
        encode(CellKey{closed.level, series.group, closed.bucket_s, series.series});
    PHLOX_TRY(check(batch.Put(database.cells(), slice(key), slice(series.cell)), "close"));
    PHLOX_TRY(check(batch.Put(database.totals(), slice(key), slice(series.totals)), "close"));
    PHLOX_TRY(check(batch.Delete(database.facts(), slice(mark_key)), "close"));
    PHLOX_TRY(mark_above(database, closed.level, closed.bucket_s, series.series, batch));
  }
  // Also where a series was written to since: its mark keeps readers away.
  for (const ClosedBucket::Group& group : closed.groups) {
    const std::string key = encode(CellKey{closed.level, group.key, closed.bucket_s, 0});
    PHLOX_TRY(check(batch.Put(database.group_cells(), slice(key), slice(group.cell)), "close"));
  }
  return {};
}

Result<> mark_above(Database& database, Level level, std::int64_t bucket_s, SeriesId series,
                    rocksdb::WriteBatch& batch) {
  const std::size_t above = index_of(level) + 1;
  if (above >= kLevelCount) return {};
  const StaleKey key{level_at(above), align_down(bucket_s, kLevelWidths[above]), series};
  std::string mark;
  append_varint(mark, database.db().GetLatestSequenceNumber());
  return check(batch.Put(database.facts(), slice(encode(key)), slice(mark)), "mark a bucket");
}

}  // namespace phlox::storage
