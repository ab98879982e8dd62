#include <algorithm>

#include "storage/rocksdb/rocks_store.h"

namespace phlox::storage {
namespace {

constexpr Nanoseconds kSpaceCheckEvery = std::chrono::seconds(1);
// A twentieth of a small disk is reserve enough.
constexpr std::uint64_t kReserveShare = 20;

constexpr std::int64_t kMostDroppedAtOnce = 28 * kDaySeconds;

}  // namespace

DiskSpace read_disk_space(const std::filesystem::path& path) {
  std::error_code error;
  const auto space = std::filesystem::space(path, error);
  if (error) return {};
  return {.free_bytes = space.available, .size_bytes = space.capacity};
}

Result<> RocksStore::check_room() {
  const SteadyTime now = options_.clock->steady_now();
  if (now - space_checked_.load() >= kSpaceCheckEvery) {
    space_checked_ = now;
    const DiskSpace space = options_.disk_space(directory_.path());
    const std::uint64_t reserve =
        std::min(options_.reserve_bytes, space.size_bytes / kReserveShare);
    const bool had_room = has_room_.exchange(space.size_bytes == 0 || space.free_bytes >= reserve);
    // RocksDB stops writing for good when the disk was full while it wrote, until it is told.
    if (has_room_ && !had_room) PHLOX_TRY(check(database_->db().Resume(), "write again"));
  }
  if (has_room_) return {};
  return Error::limit(
      "the disk of {} is full but for a reserve; free space on it, or keep less with --retention "
      "or --max-size",
      directory_.path().string());
}

Result<> RocksStore::apply_retention() {
  const WallTime now = options_.clock->wall_now();
  for (std::size_t l = 0; l < kLevelCount; ++l) {
    const Nanoseconds keep = options_.retention.keep[l];
    if (keep == Nanoseconds::zero()) continue;
    const std::int64_t until_s =
        align_down(std::max<std::int64_t>(0, to_unix_ns(now - keep) / kNanosecondsPerSecond),
                   kLevelWidths[std::min(l + 1, kLevelCount - 1)]);
    if (until_s <= horizons()[l]) continue;
    PHLOX_TRY(delete_before(level_at(l), now - keep));
  }
  return options_.retention.max_bytes > 0 ? drop_until_it_fits() : Result<>();
}

// Of the period that the oldest bucket is in, each group is asked.
Result<std::optional<std::int64_t>> RocksStore::oldest_bucket(Level level) {
  const std::int64_t horizon = horizons()[index_of(level)];
  const std::unique_ptr<rocksdb::Iterator> it(
      database_->db().NewIterator(rocksdb::ReadOptions(), database_->totals()));
  it->Seek(slice(first_cell_key(level, horizon)));
  std::optional<std::int64_t> oldest;
  while (it->Valid()) {
    PHLOX_TRY(const CellKey key, read_cell_key(view(it->key())));
    if (key.level != level ||
        (oldest && period_of(level, *oldest) != period_of(level, key.bucket_s)))
      break;
    if (key.bucket_s < horizon) {
      it->Seek(slice(encode(CellKey{level, key.group, horizon, 0})));
      continue;
    }
    oldest = std::min(oldest.value_or(key.bucket_s), key.bucket_s);
    it->Seek(slice(end_of_group(key)));
  }
  PHLOX_TRY(check(it->status(), "look for the oldest bucket"));
  return oldest;
}

// Period by period from the oldest on, of long ones a part, the finest level first: it takes most
// and says little that the next one does not say. The period that is being written stays.
Result<> RocksStore::drop_until_it_fits() {
  const std::int64_t now_s = to_unix_ns(options_.clock->wall_now()) / kNanosecondsPerSecond;
  for (std::size_t l = 0; l < kLevelCount; ++l) {
    const std::int64_t period = std::min(kPeriodWidths[l], kMostDroppedAtOnce);
    while (directory_.bytes_on_disk() > options_.retention.max_bytes) {
      PHLOX_TRY(const auto oldest, oldest_bucket(level_at(l)));
      if (!oldest) break;
      const std::int64_t until_s = align_down(*oldest, period) + period;
      if (until_s + period > now_s) break;
      PHLOX_TRY(delete_before(level_at(l), from_unix_ms(until_s * 1000)));
      if (horizons()[l] < until_s) break;  // rounded down to where it was
      PHLOX_TRY(reclaim(level_at(l), until_s));
    }
  }
  return {};
}

// Rewrites the files that hold deleted rows beside others, so that their space comes back now.
Result<> RocksStore::reclaim(Level level, std::int64_t until_s) {
  const std::string begin = first_cell_key(level, 0);
  const std::string end = first_cell_key(level, align_up(until_s, kPeriodWidths[index_of(level)]));
  const rocksdb::Slice from = slice(begin);
  const rocksdb::Slice until = slice(end);
  rocksdb::CompactRangeOptions options;
  options.exclusive_manual_compaction = false;
  for (auto* family : database_->bucket_families())
    PHLOX_TRY(check(database_->db().CompactRange(options, family, &from, &until), "compact"));
  return {};
}

}  // namespace phlox::storage
