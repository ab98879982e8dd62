// Spreads a profile over the 10 s buckets that it covers, in proportion to the time it covers of
// each. Shares are whole numbers and their sum is the value, exactly:
//
//     share of [a, b) = floor(value * b / duration) - floor(value * a / duration)
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "profile/sum.h"

namespace phlox::storage {

struct Share {
  std::int64_t bucket_s = 0;  // first second of the bucket
  std::int64_t begin_ns = 0;  // since the profile's start
  std::int64_t end_ns = 0;

  std::uint64_t covered_ns() const { return static_cast<std::uint64_t>(end_ns - begin_ns); }
};

// One share a bucket, in order of time; of a profile without duration, one that covers nothing.
// `start` is not before 1970, `duration` is not negative.
std::vector<Share> shares_of(WallTime start, Nanoseconds duration);

// value * end / duration at most passes 2^53 * 2^63.
inline std::int64_t value_of_share(std::int64_t value, const Share& share, Nanoseconds duration) {
  // What lies in one bucket is whole: no division of 128 bits.
  if (share.begin_ns == 0 && share.end_ns == duration.count()) return value;
  const profile::Sum::Wide wide = value;
  return static_cast<std::int64_t>(wide * share.end_ns / duration.count() -
                                   wide * share.begin_ns / duration.count());
}

}  // namespace phlox::storage
