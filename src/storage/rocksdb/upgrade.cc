#include "storage/rocksdb/upgrade.h"

#include "base/log.h"
#include "storage/rocksdb/keys.h"

namespace phlox::storage {
namespace {

constexpr int kFirstWithWeeks = 3;
constexpr std::size_t kMarksPerWrite = 10'000;
// Of no write: marks of writes are numbers.
constexpr std::string_view kMark = "upgrade";

Result<> mark_weeks(Database& database) {
  const Snapshot snapshot(database);
  const auto it = snapshot.iterator(database.totals());
  rocksdb::WriteBatch batch;
  const auto write = [&] {
    const auto written = check(database.db().Write(rocksdb::WriteOptions(), &batch), "mark weeks");
    batch.Clear();
    return written;
  };
  for (it->Seek(slice(first_cell_key(Level::k1d, 0))); it->Valid(); it->Next()) {
    PHLOX_TRY(const CellKey key, read_cell_key(view(it->key())));
    if (key.level != Level::k1d) break;
    const StaleKey week{Level::k1w, align_down(key.bucket_s, width_s(Level::k1w)), key.series};
    PHLOX_TRY(check(batch.Put(database.facts(), slice(encode(week)), slice(kMark)), "mark weeks"));
    if (static_cast<std::size_t>(batch.Count()) >= kMarksPerWrite) PHLOX_TRY(write());
  }
  PHLOX_TRY(check(it->status(), "read days"));
  PHLOX_TRY(write());
  return check(database.db().SyncWAL(), "sync the write-ahead log");
}

}  // namespace

Result<> upgrade(DataDirectory& directory, Database& database) {
  if (directory.format() == kDataFormat) return {};
  if (directory.format() < kFirstWithWeeks)
    PHLOX_TRY(mark_weeks(database).context("upgrade the data directory"));
  PHLOX_TRY(directory.finish_upgrade());
  log(LogLevel::kInfo, "data directory {} has format {} now", directory.path().string(),
      kDataFormat);
  return {};
}

}  // namespace phlox::storage
