// Before which bucket of each level nothing is marked as out of date.
//
// A closed bucket leaves a deleted mark of each of its series, and RocksDB walks over them until
// its tables are compacted: 40 ms a query where there are 100,000 series. Who looks for marks
// begins here instead.
//
// Any thread. A bound is right for a snapshot that is taken while it is locked: writers lower it
// before they commit a mark, and it is raised only after marks are gone and while no writer is at
// work.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <mutex>
#include <shared_mutex>

#include "storage/levels.h"

namespace phlox::storage {

class FirstMarks {
 public:
  using Buckets = std::array<std::int64_t, kLevelCount>;  // by level; 0: not known

  // take(buckets), before a raise that follows.
  template <class Take>
  void visit(Take take) const {
    const std::shared_lock lock(mutex_);
    take(buckets_);
  }
  std::int64_t of(Level level) const {
    const std::shared_lock lock(mutex_);
    return buckets_[index_of(level)];
  }
  void lower(Level level, std::int64_t bucket_s) {
    const std::unique_lock lock(mutex_);
    std::int64_t& first = buckets_[index_of(level)];
    first = std::min(first, bucket_s);
  }
  // The caller keeps writers out since it looked.
  void raise(Level level, std::int64_t bucket_s) {
    const std::unique_lock lock(mutex_);
    buckets_[index_of(level)] = bucket_s;
  }

 private:
  mutable std::shared_mutex mutex_;
  Buckets buckets_{};
};

}  // namespace phlox::storage
