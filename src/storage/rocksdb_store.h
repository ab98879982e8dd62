// The embedded store: RocksDB in a directory of ours. RocksDB itself stays behind this header.
//
// One process may have a directory open. Its thread writes the sums of ended buckets; close_every
// zero leaves that to close_buckets(). What lies in the directory: docs/formats/storage.md.
#pragma once

#include <filesystem>
#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "storage/store.h"

namespace phlox::storage {

struct RocksOptions {
  std::filesystem::path directory;
  bool sync = false;  // fsync each write: survives a loss of power, not only of the process
  Nanoseconds max_future = std::chrono::minutes(10);  // how far ahead of our clock profiles may be
  Nanoseconds close_every = std::chrono::seconds(10);
  const Clock* clock = &Clock::system();  // must outlive the store
};

// Creates the directory if it is not there. The message says what to do about a directory that
// cannot be written, that another server has open, or whose format is newer than ours.
Result<std::unique_ptr<Store>> open_rocksdb_store(const RocksOptions& options);

}  // namespace phlox::storage
