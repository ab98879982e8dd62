#include "storage/rocksdb/cell.h"
#include "storage/rocksdb/id_window.h"
#include "storage/rocksdb/rocks_store.h"
#include "storage/spread.h"

namespace phlox::storage {
namespace {

// Pairs that one profile may become when it is spread: some tens of megabytes.
constexpr std::size_t kMaxSpreadPairs = 8'000'000;

// What is written to a level above the finest is no longer summed up from below, so it goes into
// the rows of its group and of all services as well, if there are any. Shares of one profile lie
// one behind the other, thousands of them in one bucket, so it is asked once a bucket.
class GroupRows {
 public:
  GroupRows(Database& database, rocksdb::WriteBatch& batch) : database_(database), batch_(batch) {}

  Result<> add(CellKey key, std::string_view cell, std::string_view totals) {
    if (key.level == Level::k10s) return {};
    if (key.level != level_ || key.bucket_s != bucket_s_) {
      level_ = key.level;
      bucket_s_ = key.bucket_s;
      key.series = 0;
      PHLOX_TRY(cell_, find(database_.group_cells(), key));
      PHLOX_TRY(totals_, find(database_.group_totals(), key));
      key.group.service = kEveryService;
      PHLOX_TRY(every_service_, find(database_.group_totals(), key));
    }
    PHLOX_TRY(merge(database_.group_cells(), cell_, cell));
    PHLOX_TRY(merge(database_.group_totals(), totals_, totals));
    return merge(database_.group_totals(), every_service_, totals);
  }

 private:
  // The key, if there is a row.
  Result<std::string> find(rocksdb::ColumnFamilyHandle* family, const CellKey& key) {
    std::string bytes = encode(key);
    rocksdb::PinnableSlice there;
    const auto found = database_.db().Get(rocksdb::ReadOptions(), family, slice(bytes), &there);
    if (found.IsNotFound()) return std::string();
    PHLOX_TRY(check(found, "read a sum of a service"));
    return bytes;
  }
  Result<> merge(rocksdb::ColumnFamilyHandle* family, const std::string& key,
                 std::string_view value) {
    return key.empty() ? Result<>()
                       : check(batch_.Merge(family, slice(key), slice(value)), "write");
  }

  Database& database_;
  rocksdb::WriteBatch& batch_;
  Level level_ = Level::k10s;
  std::int64_t bucket_s_ = 0;
  std::string cell_;  // keys of rows that there are in this bucket, of the others empty
  std::string totals_;
  std::string every_service_;
};

// The finest level that still keeps this bucket; kLevelCount if none does.
std::size_t finest_kept(const Horizons& horizons, std::int64_t bucket_s) {
  for (std::size_t l = 0; l < kLevelCount; ++l) {
    if (bucket_s >= horizons[l]) return l;
  }
  return kLevelCount;
}

}  // namespace

Result<> RocksStore::check_profile(const SeriesProfile& profile, const Horizons& horizons) const {
  const WallTime now = options_.clock->wall_now();
  if (profile.start < WallTime())
    return Error::invalid("a profile begins before 1970; is the sender's clock right?");
  if (profile.start > now + options_.max_future)
    return Error::invalid(
        "a profile begins {} s in the future, at most {} s are taken; is the sender's clock right?",
        std::chrono::ceil<std::chrono::seconds>(profile.start - now).count(),
        std::chrono::floor<std::chrono::seconds>(options_.max_future).count());
  if (profile.duration < Nanoseconds::zero())
    return Error::invalid("a profile lasts {} ns", profile.duration.count());
  if (profile.duration > kMaxProfileDuration)
    return Error::limit("a profile lasts {} s, at most {} s",
                        profile.duration / std::chrono::seconds(1),
                        kMaxProfileDuration / std::chrono::seconds(1));
  const auto buckets = static_cast<std::size_t>(profile.duration.count() / width_ns(Level::k10s));
  if ((buckets + 1) * profile.values.size() > kMaxSpreadPairs)
    return Error::limit("a profile of {} stacks over {} s is too large; send shorter ones",
                        profile.values.size(), profile.duration / std::chrono::seconds(1));
  if (finest_kept(horizons, to_unix_ns(profile.start) / kNanosecondsPerSecond) == kLevelCount)
    return Error::invalid("a profile is older than anything that is kept");
  for (const auto& value : profile.values) {
    if (value.value < 0 || value.value > profile::kMaxPushedValue)
      return Error::invalid("value {} is negative or over 2^53", value.value);
  }
  return {};
}

Result<> RocksStore::append_profile(const SeriesProfile& profile, const NumberedProfile& numbered,
                                    const Horizons& horizons, rocksdb::WriteBatch& batch) {
  const bool is_gauge = profile.type.is_gauge();
  GroupRows group_rows(*database_, batch);
  const std::uint8_t generation_mark = database_->numbering()->mark();
  CellHead head{.covered_ns = 0, .profiles = 1};
  std::vector<StackPair> pairs;
  std::string cell;
  for (const Share& share : shares_of(profile.start, profile.duration)) {
    head.covered_ns = share.covered_ns();
    TotalsRow totals{.head = head, .value = 0};
    pairs.clear();
    for (const auto& value : numbered.values) {
      const std::int64_t part =
          is_gauge ? value.value : value_of_share(value.value, share, profile.duration);
      if (part == 0) continue;
      pairs.push_back({static_cast<std::uint32_t>(value.stack), part});
      totals.value += part;
    }
    cell.clear();
    append_cell(cell, generation_mark, head, pairs);
    const Level level = level_at(finest_kept(horizons, share.bucket_s));
    const CellKey key{level, numbered.group, align_down(share.bucket_s, width_s(level)),
                      numbered.series};
    const std::string bytes = encode(key);
    PHLOX_TRY(check(batch.Merge(database_->cells(), slice(bytes), slice(cell)), "write"));
    const std::string row = encode(totals);
    PHLOX_TRY(check(batch.Merge(database_->totals(), slice(bytes), slice(row)), "write"));
    if (!is_gauge) PHLOX_TRY(group_rows.add(key, cell, row));
    PHLOX_TRY(mark_above(*database_, level, key.bucket_s, numbered.series, batch));
    if (!is_gauge) head.profiles = 0;  // counted where it begins
  }
  return {};
}

Result<WriteCounts> RocksStore::write(std::span<const SeriesProfile> profiles) {
  WriteCounts counts;
  std::uint64_t sequence = 0;
  {
    const std::lock_guard lock(writing_);
    const Horizons kept = horizons();
    for (const SeriesProfile& profile : profiles) PHLOX_TRY(check_profile(profile, kept));
    PHLOX_TRY(const auto numbered, catalog_.number(profiles));
    rocksdb::WriteBatch batch;
    std::vector<Catalog::Seen> seen;
    IdWindow ids(*database_, options_.clock->wall_now(), batch);
    for (std::size_t i = 0; i < profiles.size(); ++i) {
      PHLOX_TRY(const bool fresh, ids.add(numbered[i].series, profiles[i].start, profiles[i].id));
      if (fresh) {
        PHLOX_TRY(append_profile(profiles[i], numbered[i], kept, batch));
        const std::int64_t start_s = to_unix_ns(profiles[i].start) / kNanosecondsPerSecond;
        seen.push_back(
            {numbered[i].series, static_cast<std::uint32_t>(align_down(start_s, kFinestWidth))});
      }
      ++(fresh ? counts.stored : counts.duplicates);
    }
    PHLOX_TRY(catalog_.append_new(*database_, batch));
    PHLOX_TRY(commit(batch));
    catalog_.set_written(seen);
    sequence = database_->db().GetLatestSequenceNumber();
  }
  if (options_.sync) PHLOX_TRY(sync_up_to(sequence));
  return counts;
}

void RocksStore::give_way_to_writers(SteadyTime since) {
  std::this_thread::sleep_for(Clock::system().steady_now() - since);
}

Result<> RocksStore::commit(rocksdb::WriteBatch& batch) {
  const auto status = database_->db().Write(rocksdb::WriteOptions(), &batch);
  if (status.IsNoSpace()) has_room_ = false;
  return check(status, "write to the database");
}

// Writers that come while one syncs find theirs done by the next sync: one fsync serves many.
Result<> RocksStore::sync_up_to(std::uint64_t sequence) {
  const std::lock_guard lock(syncing_);
  if (synced_sequence_ >= sequence) return {};
  const std::uint64_t latest = database_->db().GetLatestSequenceNumber();
  PHLOX_TRY(check(database_->db().SyncWAL(), "sync the write-ahead log"));
  synced_sequence_ = latest;
  return {};
}

}  // namespace phlox::storage
