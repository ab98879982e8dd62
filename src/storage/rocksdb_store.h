// The embedded store: RocksDB in a directory of ours. RocksDB itself stays behind this header.
//
// One process may have a directory open. Its thread writes the sums of ended buckets; close_every
// zero leaves that to close_buckets(). What lies in the directory: docs/formats/storage.md.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "storage/retention.h"
#include "storage/store.h"

namespace phlox::storage {

struct DiskSpace {
  std::uint64_t free_bytes = 0;
  std::uint64_t size_bytes = 0;
};
DiskSpace read_disk_space(const std::filesystem::path& path);  // 0 and 0 if it cannot be read

struct RocksOptions {
  std::filesystem::path directory;
  bool sync = false;  // fsync each write: survives a loss of power, not only of the process
  Nanoseconds max_future = std::chrono::minutes(10);  // how far ahead of our clock profiles may be
  Nanoseconds close_every = std::chrono::seconds(10);
  std::size_t max_series = 1'000'000;      // against labels with a value for each request
  Retention retention;                     // applied when ended buckets are closed
  std::size_t bytes_at_once = 256u << 10;  // of sums, written while profiles wait: milliseconds
  // Profiles are refused while less than this is free, so that what is stored can still be closed,
  // compacted and deleted; at most a twentieth of the disk counts.
  std::uint64_t reserve_bytes = 1'000'000'000;
  // Free bytes and size of the disk; a test's own.
  std::function<DiskSpace(const std::filesystem::path&)> disk_space = read_disk_space;
  const Clock* clock = &Clock::system();  // must outlive the store
};

// Creates the directory if it is not there. The message says what to do about a directory that
// cannot be written, that another server has open, or whose format is newer than ours.
Result<std::unique_ptr<Store>> open_rocksdb_store(const RocksOptions& options);

}  // namespace phlox::storage
