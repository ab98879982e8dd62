#include <rocksdb/convenience.h>

#include "base/cancellation.h"
#include "storage/rocksdb/horizons.h"
#include "storage/rocksdb/rocks_store.h"

namespace phlox::storage {
namespace {

// How long after its end a bucket is closed: what comes later costs closing it again.
constexpr std::int64_t kCloseDelaySeconds = 30;

// Rows of shorter periods wait for the end of theirs until they are deleted.
constexpr std::int64_t kLongPeriod = 30 * kDaySeconds;

// What a closed series takes of a batch besides its cell.
constexpr std::size_t kSeriesBytes = 250;

}  // namespace

Result<> RocksStore::close_buckets() {
  {
    const std::lock_guard lock(closing_);
    const std::int64_t now_s = to_unix_ns(options_.clock->wall_now()) / kNanosecondsPerSecond;
    PHLOX_TRY(close_until(now_s - kCloseDelaySeconds));
  }
  PHLOX_TRY(apply_retention().context("apply the retention"));
  PHLOX_TRY(settle_numbering());
  PHLOX_TRY(drop_unused());
  return settle_numbering();
}

// From the finest up: each level closed marks the one above.
Result<> RocksStore::close_until(std::int64_t limit_s) {
  for (std::size_t l = 1; l < kLevelCount; ++l) PHLOX_TRY(close_level(level_at(l), limit_s));
  return {};
}

Result<> RocksStore::close_level(Level level, std::int64_t limit_s) {
  PHLOX_TRY(const auto buckets, marked_buckets(*database_, level, limit_s));
  for (const std::int64_t bucket_s : buckets) {
    PHLOX_TRY(const ClosedBucket closed, sum_bucket(*database_, catalog_, level, bucket_s));
    PHLOX_TRY(write_closed(closed));
  }
  if (buckets.empty()) return {};
  const std::lock_guard lock(writing_);
  return raise_first_mark(*database_, level);
}

// Part by part: what comes in between finds the bucket marked until the last one is written.
Result<> RocksStore::write_closed(const ClosedBucket& closed) {
  const std::span<const ClosedBucket::Series> series = closed.series;
  std::size_t written = 0;
  while (written < series.size()) {
    PHLOX_TRY(check_not_cancelled());
    const SteadyTime begin = Clock::system().steady_now();
    std::size_t end = written;
    for (std::size_t bytes = 0; end < series.size() && bytes < options_.bytes_at_once; ++end)
      bytes += series[end].cell.size() + kSeriesBytes;
    {
      rocksdb::WriteBatch batch;
      const std::lock_guard lock(writing_);
      if (written == 0) PHLOX_TRY(append_closed_groups(*database_, closed, batch));
      PHLOX_TRY(
          append_closed_series(*database_, closed, series.subspan(written, end - written), batch));
      PHLOX_TRY(commit(batch));
    }
    written = end;
    if (written < series.size()) give_way_to_writers(begin);
  }
  return {};
}

Result<> RocksStore::delete_before(Level level, WallTime time) {
  const std::lock_guard closing(closing_);
  const std::size_t above = std::min(index_of(level) + 1, kLevelCount - 1);
  const std::int64_t until_s = align_down(
      std::max<std::int64_t>(0, to_unix_ns(time) / kNanosecondsPerSecond), kLevelWidths[above]);
  // Most is closed without keeping writers out; what they write meanwhile is closed below.
  for (std::size_t l = 1; l <= above; ++l) PHLOX_TRY(close_level(level_at(l), until_s));
  PHLOX_TRY(const Horizons kept, move_horizons(level, until_s));
  for (std::size_t l = 0; l <= index_of(level); ++l) PHLOX_TRY(drop_rows(level_at(l), kept[l]));
  return {};
}

// Keeps writers out only until the horizons have moved: what they write from then on is not
// deleted.
Result<Horizons> RocksStore::move_horizons(Level level, std::int64_t until_s) {
  const std::size_t above = std::min(index_of(level) + 1, kLevelCount - 1);
  const std::lock_guard writing(writing_);
  rocksdb::WriteBatch batch;
  for (std::size_t l = 1; l <= above; ++l) {
    PHLOX_TRY(const auto buckets, marked_buckets(*database_, level_at(l), until_s));
    for (const std::int64_t bucket_s : buckets) {
      PHLOX_TRY(const auto closed, sum_bucket(*database_, catalog_, level_at(l), bucket_s));
      PHLOX_TRY(append_closed_groups(*database_, closed, batch));
      PHLOX_TRY(append_closed_series(*database_, closed, closed.series, batch));
    }
    PHLOX_TRY(commit(batch));
    batch.Clear();
  }
  Horizons kept = horizons();
  for (std::size_t l = 0; l <= index_of(level); ++l) kept[l] = std::max(kept[l], until_s);
  PHLOX_TRY(check(batch.Put(database_->facts(), slice(kHorizonsKey), slice(encode(kept))),
                  "move the horizon"));
  PHLOX_TRY(commit(batch));
  {
    const std::lock_guard lock(horizons_mutex_);
    horizons_ = kept;
  }
  return kept;
}

// Whole periods go with their files at once; what shares a file with younger rows is covered by a
// range tombstone. Of the period that is cut through, rows of long periods go group by group.
Result<> RocksStore::drop_rows(Level level, std::int64_t until_s) {
  const std::string begin = first_cell_key(level, 0);
  const std::string end = first_cell_key(level, until_s);  // up to the period that is cut through
  const rocksdb::Slice from = slice(begin);
  const rocksdb::Slice until = slice(end);
  const std::unique_ptr<rocksdb::Iterator> first(
      database_->db().NewIterator(rocksdb::ReadOptions(), database_->totals()));
  first->Seek(from);
  bool has_rows = first->Valid() && view(first->key()) < end;
  bool has_cut = false;
  rocksdb::WriteBatch batch;
  for (auto* family : database_->bucket_families()) {
    if (begin != end) PHLOX_TRY(check(batch.DeleteRange(family, from, until), "delete rows"));
    if (kPeriodWidths[index_of(level)] < kLongPeriod) continue;
    PHLOX_TRY(const bool is_cut, append_cut_period(family, level, until_s, batch));
    has_cut |= is_cut;
  }
  has_rows |= has_cut;
  // It is the sum of all others, so what it does not name is named by none.
  if (has_rows && index_of(level) == kLevelCount - 1) {
    PHLOX_TRY(check(batch.Put(database_->facts(), slice(kSweepKey), "1"), "delete rows"));
    is_sweep_useless_ = false;
  }
  {
    const std::lock_guard lock(writing_);
    PHLOX_TRY(commit(batch));
  }
  if (begin != end) {
    const std::unique_lock lock(reading_);
    for (auto* family : database_->bucket_families())
      PHLOX_TRY(check(rocksdb::DeleteFilesInRange(&database_->db(), family, &from, &until, false),
                      "delete files"));
  }
  return has_cut ? reclaim(level, until_s) : Result<>();
}

// Deletes the rows of each group that lie in the period of `until_s` and before it; false if there
// are none.
Result<bool> RocksStore::append_cut_period(rocksdb::ColumnFamilyHandle* family, Level level,
                                           std::int64_t until_s, rocksdb::WriteBatch& batch) {
  const std::int64_t begin_s = align_down(until_s, kPeriodWidths[index_of(level)]);
  const std::unique_ptr<rocksdb::Iterator> it(
      database_->db().NewIterator(rocksdb::ReadOptions(), family));
  it->Seek(slice(first_cell_key(level, until_s)));
  bool is_cut = false;
  while (it->Valid()) {
    PHLOX_TRY(const CellKey key, read_cell_key(view(it->key())));
    if (key.level != level || period_of(level, key.bucket_s) != period_of(level, until_s)) break;
    if (key.bucket_s < until_s) {
      const std::string begin = encode(CellKey{level, key.group, begin_s, 0});
      const std::string end = encode(CellKey{level, key.group, until_s, 0});
      PHLOX_TRY(check(batch.DeleteRange(family, slice(begin), slice(end)), "delete rows"));
      is_cut = true;
    }
    it->Seek(slice(end_of_group(key)));
  }
  PHLOX_TRY(check(it->status(), "look for groups"));
  return is_cut;
}

}  // namespace phlox::storage
