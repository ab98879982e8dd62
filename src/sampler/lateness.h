// Lateness: how long after its time a thread woke up, as a histogram of eight buckets an octave, so
// that any share of it is known to an eighth.
//
// One thread adds, without a lock or an allocation; any thread asks. 4 kB.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace phlox::sampler {

class Lateness {
 public:
  // What came early came at its time.
  void add(Nanoseconds late);

  // Not longer than this were the given share of all, 0 < share <= 1: the upper end of the bucket
  // in which that one lies. Zero if there was none.
  Nanoseconds within(double share) const;

 private:
  static constexpr std::size_t kBuckets = 488;  // of 63 bits: see bucket_of
  std::array<std::atomic<std::uint64_t>, kBuckets> counts_ = {};
};

}  // namespace phlox::sampler
