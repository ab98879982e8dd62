// LastMinute: how often something happened during the last 60 whole seconds. Not thread-safe; 500
// bytes.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace phlox::api {

class LastMinute {
 public:
  void add(SteadyTime now, std::uint64_t count) {
    const std::int64_t second = second_of(now);
    newest_ = std::max(newest_, second - kSlots);
    while (newest_ < second) counts_[slot(++newest_)] = 0;
    counts_[slot(second)] += count;
  }
  // The second that runs does not count: it is not over.
  double per_second(SteadyTime now) const {
    const std::int64_t second = second_of(now);
    std::uint64_t sum = 0;
    for (std::int64_t s = second - kSeconds; s < second && s <= newest_; ++s)
      sum += s < 0 ? 0 : counts_[slot(s)];
    return static_cast<double>(sum) / kSeconds;
  }

 private:
  static constexpr std::int64_t kSeconds = 60;
  static constexpr std::int64_t kSlots = kSeconds + 1;

  static std::int64_t second_of(SteadyTime time) {
    return time.time_since_epoch() / std::chrono::seconds(1);
  }
  static std::size_t slot(std::int64_t second) { return static_cast<std::size_t>(second % kSlots); }

  std::array<std::uint64_t, kSlots> counts_{};
  std::int64_t newest_ = 0;  // the second that is being counted
};

}  // namespace phlox::api
