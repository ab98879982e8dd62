#include <rocksdb/utilities/checkpoint.h>

#include <system_error>

#include "storage/rocksdb/rocks_store.h"

namespace phlox::storage {
namespace {

namespace fs = std::filesystem;

// Files that never change are linked where `to` is on the same file system; others are copied.
Result<> write_checkpoint(rocksdb::DB& db, const fs::path& to) {
  rocksdb::Checkpoint* made = nullptr;
  PHLOX_TRY(check(rocksdb::Checkpoint::Create(&db, &made), "prepare a backup"));
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  PHLOX_TRY(check(checkpoint->CreateCheckpoint(DataDirectory::database_path(to).string()),
                  "write a backup"));
  return DataDirectory::write_format(to);
}

}  // namespace

// Written beside and renamed: what has the name of a backup is whole.
Result<> RocksStore::backup(const std::string& to) {
  std::error_code error;
  if (fs::exists(to, error))
    return Error::invalid("there is a {} already; choose another directory", to);
  const fs::path fresh = to + ".new";
  fs::remove_all(fresh, error);  // of a backup that was cut off
  fs::create_directories(fresh, error);
  if (error)
    return Error::permission("{} cannot be made: {}; choose a directory that this user may write",
                             fresh.string(), error.message());
  Result<> written = write_checkpoint(database_->db(), fresh);
  if (written) {
    fs::rename(fresh, to, error);
    if (error) written = Error::io("rename {} to {}: {}", fresh.string(), to, error.message());
  }
  if (!written) fs::remove_all(fresh, error);
  return written;
}

}  // namespace phlox::storage
