// Closing a bucket: its sums are computed from the level below and written once, for every series
// whose mark says that they are out of date, and for the groups of these.
//
// A group with more than one series in a bucket has rows of its own there, the sums of theirs: a
// query of all of them reads one instead of each. All services together have one of totals. The
// coverage in it is exact, as it is found while the levels below are still kept. Where no series of
// the bucket is marked, such a row is right if it exists; where it does not, the series are read.
// Gauges have none: they are not added up over series.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "storage/rocksdb/catalog.h"
#include "storage/rocksdb/row_scan.h"

namespace phlox::storage {

// One bucket's new sums, not yet written.
struct ClosedBucket {
  struct Series {
    SeriesId series = 0;
    std::string mark;  // as it was when the sums were taken
    std::string cell;
    std::string totals;
    GroupKey group;
  };
  struct Row {
    GroupKey group;
    std::string value;
  };
  Level level = Level::k10min;
  std::int64_t bucket_s = 0;
  std::vector<Series> series;
  std::vector<Row> group_cells;
  std::vector<Row> group_totals;  // of kEveryService too
};

// Buckets of a level, in order, that are marked and end at `limit_s` or before.
Result<std::vector<std::int64_t>> marked_buckets(Database& database, Level level,
                                                 std::int64_t limit_s);

// After buckets were closed. The caller keeps writers out.
Result<> raise_first_mark(Database& database, Level level);

// Takes no lock: sums up a snapshot.
Result<ClosedBucket> sum_bucket(Database& database, const Catalog& catalog, Level level,
                                std::int64_t bucket_s);

// Appends the sums of groups to a batch. They are to be written no later than the series': until
// the last of these, marks keep readers away from the bucket. The caller keeps writers out.
Result<> append_closed_groups(Database& database, const ClosedBucket& closed,
                              rocksdb::WriteBatch& batch);

// The sums of some series of the bucket; takes their marks away and marks the level above. One that
// was written to since keeps its mark and is left for the next time. The caller keeps writers out.
Result<> append_closed_series(Database& database, const ClosedBucket& closed,
                              std::span<const ClosedBucket::Series> some,
                              rocksdb::WriteBatch& batch);

// Marks the bucket one level above `level` that holds `bucket_s`, if there is a level above. No two
// marks of a series' bucket are alike, so that a changed one shows a write in between.
Result<> mark_above(Database& database, Level level, std::int64_t bucket_s, SeriesId series,
                    rocksdb::WriteBatch& batch);

}  // namespace phlox::storage
