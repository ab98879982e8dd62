#include "sampler/lateness.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace phlox::sampler {
namespace {

// The highest bit that is set and the three behind it:
//
//     0 .. 7 ns          buckets 0 .. 7, one each
//     8 .. 15, 16 .. 31  buckets 8 .. 15, 16 .. 23, and so on
constexpr std::uint32_t kBits = 3;
constexpr std::uint64_t kPerOctave = 1u << kBits;

std::size_t bucket_of(std::uint64_t ns) {
  if (ns < kPerOctave) return ns;
  const auto shift = static_cast<std::uint32_t>(std::bit_width(ns)) - 1 - kBits;
  return shift * kPerOctave + (ns >> shift);
}

std::uint64_t end_of(std::size_t bucket) {
  if (bucket < 2 * kPerOctave) return bucket;
  const std::uint64_t shift = bucket / kPerOctave - 1;
  return ((bucket % kPerOctave + kPerOctave + 1) << shift) - 1;
}

}  // namespace

void Lateness::add(Nanoseconds late) {
  const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(late.count(), 0));
  counts_[bucket_of(ns)].fetch_add(1, std::memory_order_relaxed);
}

Nanoseconds Lateness::within(double share) const {
  std::uint64_t all = 0;
  for (const auto& count : counts_) all += count.load(std::memory_order_relaxed);
  const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(all)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size() && wanted > 0; ++i) {
    seen += counts_[i].load(std::memory_order_relaxed);
    if (seen >= wanted) return Nanoseconds(static_cast<std::int64_t>(end_of(i)));
  }
  return Nanoseconds(0);
}

}  // namespace phlox::sampler
