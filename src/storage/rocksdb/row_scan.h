// Walks the rows of cells or totals that a query means, in the order in which they lie: by period,
// group, bucket, series.
#pragma once

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/cancellation.h"
#include "base/result.h"
#include "storage/rocksdb/database.h"
#include "storage/rocksdb/keys.h"
#include "storage/rocksdb/series_table.h"

namespace phlox::storage {

// Marks of a level's buckets, one after the other. What lies behind the end is not looked at: a
// seek would pass over all deleted marks of the next level.
class MarkScan {
 public:
  MarkScan(Database& database, rocksdb::ReadOptions options, Level level, std::int64_t until_s)
      : level_(level), end_(encode(StaleKey{level, until_s, 0})), end_slice_(slice(end_)) {
    options.iterate_upper_bound = &end_slice_;
    it_.reset(database.db().NewIterator(options, database.facts()));
  }
  MarkScan(const MarkScan&) = delete;
  MarkScan& operator=(const MarkScan&) = delete;

  // The first marked bucket at or after this one.
  Result<std::optional<std::int64_t>> next(std::int64_t from_s) {
    it_->Seek(slice(encode(StaleKey{level_, from_s, 0})));
    const auto key = it_->Valid() ? decode_stale_key(view(it_->key())) : std::nullopt;
    PHLOX_TRY(check(it_->status(), "read which buckets are out of date"));
    return key ? std::optional(key->bucket_s) : std::nullopt;
  }

 private:
  Level level_;
  std::string end_;
  rocksdb::Slice end_slice_;
  std::unique_ptr<rocksdb::Iterator> it_;
};

// Buckets whose sums are out of date, by level; a bucket above one of them counts as well. Index 0
// stays empty: the finest level is never out of date.
using StaleBuckets = std::array<std::set<std::int64_t>, kLevelCount>;

Result<StaleBuckets> stale_buckets(const Snapshot& snapshot, Database& database,
                                   std::span<const Tile> tiles);

// Of all points, one after the other.
std::vector<Tile> all_tiles(std::span<const std::vector<Tile>> points);

// The same stretches as `tiles`, with each bucket that is out of date replaced by its buckets one
// level below, and so on.
std::vector<Tile> avoid_stale(std::span<const Tile> tiles, const StaleBuckets& stale);

// kGone unless every tile lies after the horizon of its level.
Result<> check_horizons(std::span<const Tile> tiles, const Horizons& horizons);

// What is true of the tiles of a read at the moment of its snapshot.
struct TileFacts {
  Horizons horizons{};
  StaleBuckets stale;
};
// kGone unless all of them are kept.
Result<TileFacts> facts_of(const Snapshot& snapshot, Database& database,
                           std::span<const Tile> tiles);

class RowScan {
 public:
  RowScan(const Snapshot& snapshot, rocksdb::ColumnFamilyHandle* family)
      : it_(snapshot.iterator(family)) {}

  // visit(const CellKey&, std::string_view value) -> Result<> for each row of these groups in the
  // tile. kGone once the work of this thread is cancelled.
  template <class Visit>
  Result<> visit(const Tile& tile, std::span<const GroupKey> groups, Visit visit_row) {
    for (std::int64_t from = tile.from_s; from < tile.until_s;) {
      const std::int64_t until = std::min(tile.until_s, end_of_period(tile.level, from));
      if (!seek_period(tile.level, from)) break;
      if (const std::int64_t found = period_start(tile.level); found >= until) {
        from = found;  // nothing at all in between
        continue;
      }
      for (const GroupKey& group : groups) {
        it_->Seek(slice(encode(CellKey{tile.level, group, from, 0})));
        const std::string end = encode(CellKey{tile.level, group, until - 1, UINT32_MAX});
        for (; it_->Valid() && view(it_->key()) <= end; it_->Next()) {
          PHLOX_TRY(check_not_cancelled());
          PHLOX_TRY(const CellKey key, read_cell_key(view(it_->key())));
          PHLOX_TRY(visit_row(key, view(it_->value())));
        }
      }
      from = until;
    }
    return check(it_->status(), "read rows");
  }

 private:
  static std::int64_t end_of_period(Level level, std::int64_t bucket_s) {
    return (period_of(level, bucket_s) + 1) * kPeriodWidths[index_of(level)];
  }
  // To the first row of the level at or after the period of `from`; false if there is none.
  bool seek_period(Level level, std::int64_t from) {
    it_->Seek(slice(first_cell_key(level, from)));
    return it_->Valid() && it_->key().size() == kCellKeyBytes &&
           it_->key()[0] == static_cast<char>(level);
  }
  std::int64_t period_start(Level level) const {
    return std::int64_t{read_u32(view(it_->key()).substr(1))} * kPeriodWidths[index_of(level)];
  }

  std::unique_ptr<rocksdb::Iterator> it_;
};

// What rows of groups leave open in a tile when they are read in order: there the groups' series
// are read instead.
class OpenStretches {
 public:
  OpenStretches(const Tile& tile, std::span<const GroupKey> groups)
      : tile_(tile), groups_(groups), read_until_(groups.size(), tile.from_s) {}

  // Says which of the groups the row is of.
  std::size_t read(const CellKey& key) {
    const auto group =
        static_cast<std::size_t>(std::ranges::lower_bound(groups_, key.group) - groups_.begin());
    add(group, key.bucket_s);
    read_until_[group] = key.bucket_s + width_s(tile_.level);
    return group;
  }
  // After the last row.
  struct Open {
    std::vector<std::pair<Tile, GroupKey>> stretches;  // between rows
    std::vector<GroupKey> groups;                      // those without any row, ascending
  };
  Open finish() &&;

 private:
  void add(std::size_t group, std::int64_t until_s) {
    if (read_until_[group] < until_s)
      open_.stretches.emplace_back(Tile{tile_.level, read_until_[group], until_s}, groups_[group]);
  }

  Tile tile_;
  std::span<const GroupKey> groups_;
  std::vector<std::int64_t> read_until_;  // by group
  Open open_;
};

// Whole groups by their own rows, visit_group(index of the whole group, key, value); what these
// leave open series by series, visit_series(key, value), also of series that are not meant.
template <class VisitGroup, class VisitSeries>
Result<> visit_groups(RowScan& of_groups, RowScan& of_series, const Tile& tile,
                      const SeriesSelection::Part& part, VisitGroup visit_group,
                      VisitSeries visit_series) {
  OpenStretches stretches(tile, part.whole_groups);
  PHLOX_TRY(
      of_groups.visit(tile, part.whole_groups, [&](const CellKey& key, std::string_view value) {
        return visit_group(stretches.read(key), key, value);
      }));
  auto open = std::move(stretches).finish();
  for (const auto& [stretch, group] : open.stretches)
    PHLOX_TRY(of_series.visit(stretch, std::span(&group, 1), visit_series));
  std::ranges::set_difference(part.groups, part.whole_groups, std::back_inserter(open.groups));
  std::ranges::sort(open.groups);
  return of_series.visit(tile, open.groups, visit_series);
}

}  // namespace phlox::storage
