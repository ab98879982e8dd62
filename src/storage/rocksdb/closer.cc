#include "storage/rocksdb/closer.h"

#include <map>

#include "base/varint.h"
#include "storage/rocksdb/cell.h"
#include "storage/rocksdb/horizons.h"
#include "storage/rocksdb/totals_reader.h"

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
                  if (series != sums.end() &&
                      !series->second.cell.add(value, level, &snapshot.numbering()))
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

// Rows of totals of one bucket, added up.
struct TotalsSum {
  TotalsRow sum;  // but for the coverage, of which only the best is known
  std::size_t rows = 0;

  void add(const TotalsRow& row) {
    sum.value += row.value;
    sum.head.profiles += row.head.profiles;
    sum.head.covered_ns = std::max(sum.head.covered_ns, row.head.covered_ns);
    ++rows;
  }
};

// Sums of the groups of one bucket, of which some series are marked and have been summed up.
class GroupCloser {
 public:
  GroupCloser(const Snapshot& snapshot, Database& database, const Catalog& catalog,
              const Horizons& horizons, ClosedBucket& closed)
      : snapshot_(snapshot),
        database_(database),
        catalog_(catalog),
        horizons_(horizons),
        closed_(closed),
        bucket_{closed.level, closed.bucket_s, closed.bucket_s + width_s(closed.level)} {}

  // `series`: those of the group that are marked. The others' sums are up to date.
  Result<> close(const GroupKey& group, const SeriesSums& marked,
                 std::span<const ClosedBucket::Series> series) {
    PHLOX_TRY(TotalsSum totals, group_totals(group, marked));
    if (totals.rows > 1) {
      PHLOX_TRY(auto cell, group_cell(group, marked, series));
      closed_.group_cells.push_back({group, std::move(cell)});
      PHLOX_TRY(close_totals(group, totals));
    }
    const GroupKey every_service{group.tenant, kEveryService, group.type};
    OfEveryService& all = of_every_service_[every_service];
    all.closed.push_back(group);
    all.totals.add(totals.sum);
    return {};
  }

  // After the last group.
  Result<> close_every_service() {
    for (auto& [key, all] : of_every_service_) {
      PHLOX_TRY(add_others(key, all));
      if (all.totals.rows > 1) PHLOX_TRY(close_totals(key, all.totals));
    }
    return {};
  }

 private:
  struct OfEveryService {
    std::vector<GroupKey> closed;  // ascending
    TotalsSum totals;
  };

  Result<TotalsSum> group_totals(const GroupKey& group, const SeriesSums& marked) const {
    TotalsSum sum;
    for (const auto& [id, series] : marked) sum.add(series.totals);
    PHLOX_TRY(
        RowScan(snapshot_, database_.totals())
            .visit(bucket_, std::span(&group, 1), [&](const CellKey& key, std::string_view value) {
              if (marked.contains(key.series)) return Result<>();
              const auto row = decode_totals(value);
              if (!row) return Result<>(Error::corrupt("a damaged row of totals"));
              sum.add(*row);
              return Result<>();
            }));
    return sum;
  }

  Result<std::string> group_cell(const GroupKey& group, const SeriesSums& marked,
                                 std::span<const ClosedBucket::Series> series) const {
    CellSum sum;
    const auto add = [&](std::string_view cell) {
      return sum.add(cell, bucket_.level, &snapshot_.numbering())
                 ? Result<>()
                 : Error::corrupt("a damaged cell");
    };
    for (const ClosedBucket::Series& of_series : series) PHLOX_TRY(add(of_series.cell));
    PHLOX_TRY(
        RowScan(snapshot_, database_.cells())
            .visit(bucket_, std::span(&group, 1), [&](const CellKey& key, std::string_view cell) {
              return marked.contains(key.series) ? Result<>() : add(cell);
            }));
    std::string out;
    sum.encode(out, snapshot_.numbering().mark());
    return out;
  }

  // Groups of the bucket none of whose series is marked.
  Result<> add_others(const GroupKey& key, OfEveryService& all) const {
    SeriesSelection others = catalog_.select_whole(key);
    others.every_service.reset();
    std::erase_if(others.groups, [&](const GroupKey& group) {
      return std::ranges::binary_search(all.closed, group);
    });
    others.whole_groups = others.groups;
    PHLOX_TRY(
        const auto rows,
        TotalsReader(snapshot_, database_, others, horizons_, false).read(std::span(&bucket_, 1)));
    if (rows[0] == Totals()) return {};
    all.totals.add({.head = {rows[0].covered_ns, rows[0].profiles}, .value = rows[0].value.wide()});
    return {};
  }

  // One row covers what it covers, and a full bucket is full; else the level below knows.
  Result<> close_totals(const GroupKey& key, TotalsSum& totals) {
    if (totals.sum.head.covered_ns < static_cast<std::uint64_t>(width_ns(bucket_.level))) {
      const Tile below{level_at(index_of(bucket_.level) - 1), bucket_.from_s, bucket_.until_s};
      const SeriesSelection all = catalog_.select_whole(key);
      PHLOX_TRY(
          const auto rows,
          TotalsReader(snapshot_, database_, all, horizons_, false).read(std::span(&below, 1)));
      totals.sum.head.covered_ns = rows[0].covered_ns;
    }
    closed_.group_totals.push_back({key, encode(totals.sum)});
    return {};
  }

  const Snapshot& snapshot_;
  Database& database_;
  const Catalog& catalog_;
  const Horizons horizons_;
  ClosedBucket& closed_;
  const Tile bucket_;
  std::map<GroupKey, OfEveryService> of_every_service_;
};

}  // namespace

Result<std::vector<std::int64_t>> marked_buckets(Database& database, Level level,
                                                 std::int64_t limit_s) {
  std::vector<std::int64_t> buckets;
  MarkScan marks(database, rocksdb::ReadOptions(), level, limit_s);
  std::int64_t from = database.first_marks().of(level);
  while (from + width_s(level) <= limit_s) {
    PHLOX_TRY(const auto marked, marks.next(from));
    if (!marked || *marked + width_s(level) > limit_s) break;
    buckets.push_back(*marked);
    from = *marked + width_s(level);
  }
  return buckets;
}

Result<> raise_first_mark(Database& database, Level level) {
  FirstMarks& first_marks = database.first_marks();
  MarkScan marks(database, rocksdb::ReadOptions(), level, kEndOfTime);
  PHLOX_TRY(const auto first, marks.next(first_marks.of(level)));
  first_marks.raise(level, first.value_or(kEndOfTime));
  return {};
}

Result<ClosedBucket> sum_bucket(Database& database, const Catalog& catalog, Level level,
                                std::int64_t bucket_s) {
  const Snapshot snapshot(database);
  PHLOX_TRY(SeriesSums marked, marked_series(snapshot, database, level, bucket_s));
  // One group after the other, so that the sums of all series are never there at once.
  std::map<GroupKey, SeriesSums> groups;
  while (!marked.empty()) {
    auto series = marked.extract(marked.begin());
    groups[catalog.group_of(series.key())].insert(std::move(series));
  }
  const Tile below{level_at(index_of(level) - 1), bucket_s, bucket_s + width_s(level)};
  ClosedBucket closed{
      .level = level, .bucket_s = bucket_s, .series = {}, .group_cells = {}, .group_totals = {}};
  PHLOX_TRY(const Horizons horizons, read_horizons(database, snapshot.options()));
  GroupCloser group_closer(snapshot, database, catalog, horizons, closed);
  for (auto& [group, sums] : groups) {
    PHLOX_TRY(add_rows(snapshot, database, below, level, group, sums));
    const std::size_t first = closed.series.size();
    for (auto& [series, sum] : sums) {
      auto& out = closed.series.emplace_back(ClosedBucket::Series{.series = series,
                                                                  .mark = std::move(sum.mark),
                                                                  .cell = {},
                                                                  .totals = encode(sum.totals),
                                                                  .group = group});
      sum.cell.encode(out.cell, snapshot.numbering().mark());
    }
    if (!catalog.is_gauge(sums.begin()->first))
      PHLOX_TRY(group_closer.close(group, sums, std::span(closed.series).subspan(first)));
    sums.clear();
  }
  PHLOX_TRY(group_closer.close_every_service());
  return closed;
}

Result<> append_closed_groups(Database& database, const ClosedBucket& closed,
                              rocksdb::WriteBatch& batch) {
  // Also where a series was written to since: its mark keeps readers away.
  const auto put = [&](rocksdb::ColumnFamilyHandle* family, const ClosedBucket::Row& row) {
    const std::string key = encode(CellKey{closed.level, row.group, closed.bucket_s, 0});
    return check(batch.Put(family, slice(key), slice(row.value)), "close");
  };
  for (const auto& row : closed.group_cells) PHLOX_TRY(put(database.group_cells(), row));
  for (const auto& row : closed.group_totals) PHLOX_TRY(put(database.group_totals(), row));
  return {};
}

Result<> append_closed_series(Database& database, const ClosedBucket& closed,
                              std::span<const ClosedBucket::Series> some,
                              rocksdb::WriteBatch& batch) {
  for (const ClosedBucket::Series& series : some) {
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
  return {};
}

Result<> mark_above(Database& database, Level level, std::int64_t bucket_s, SeriesId series,
                    rocksdb::WriteBatch& batch) {
  const std::size_t above = index_of(level) + 1;
  if (above >= kLevelCount) return {};
  const StaleKey key{level_at(above), align_down(bucket_s, kLevelWidths[above]), series};
  database.first_marks().lower(key.level, key.bucket_s);
  std::string mark;
  append_varint(mark, database.db().GetLatestSequenceNumber());
  return check(batch.Put(database.facts(), slice(encode(key)), slice(mark)), "mark a bucket");
}

}  // namespace phlox::storage
