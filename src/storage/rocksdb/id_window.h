// Which profiles have been counted: fingerprints of (series, start, id), each with the hour in
// which it was written. They are forgotten after 24 h: a look-up passes over older ones, and
// compaction drops them.
#pragma once

#include <rocksdb/compaction_filter.h>

#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/clock.h"
#include "base/result.h"
#include "storage/rocksdb/database.h"
#include "storage/rocksdb/keys.h"

namespace phlox::storage {

inline constexpr Nanoseconds kIdMemory = std::chrono::hours(24);

std::shared_ptr<rocksdb::CompactionFilterFactory> expired_id_filter();

// The ids of one write: finds duplicates in the store and within the write itself, and adds the new
// ones to its batch.
class IdWindow {
 public:
  IdWindow(Database& database, WallTime now, rocksdb::WriteBatch& batch)
      : database_(database), now_(now), batch_(batch) {}

  // True if this profile is new. An empty id is always new and never remembered.
  Result<bool> add(SeriesId series, WallTime start, std::string_view id);

 private:
  Database& database_;
  WallTime now_;
  rocksdb::WriteBatch& batch_;
  std::unordered_set<std::string> added_;
};

}  // namespace phlox::storage
