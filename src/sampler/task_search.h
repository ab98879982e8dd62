// When a process in which asyncio has not been found is searched for it again: programs import
// early in their lives, so at first often, then ever more rarely. A search takes some milliseconds.
#pragma once

#include <algorithm>

#include "base/clock.h"

namespace phlox::sampler {

class TaskSearchPace {
 public:
  // True for the first time; then the next one is put off.
  bool is_due(SteadyTime now) {
    if (now < next_) return false;
    interval_ = std::clamp(2 * interval_, kLeastInterval, kMostInterval);
    next_ = now + interval_;
    return true;
  }

 private:
  static constexpr Nanoseconds kLeastInterval = std::chrono::milliseconds(100);
  static constexpr Nanoseconds kMostInterval = std::chrono::seconds(10);

  Nanoseconds interval_{};
  SteadyTime next_{};
};

}  // namespace phlox::sampler
