// Ticker: when to look. Instants at a mean rate, each distance drawn uniformly from half a period
// to one and a half: a strict period locks onto work that has the same one and is wrong without any
// sign of it.
#pragma once

#include <random>

#include "base/clock.h"

namespace phlox::sampler {

class Ticker {
 public:
  // `start` is where the first distance begins.
  Ticker(double rate_hz, SteadyTime start, std::uint64_t seed);

  // The next instant. Those that `now` has already passed are left out: a late tick is not made up
  // for by a burst.
  SteadyTime next(SteadyTime now);

 private:
  Nanoseconds period_;
  SteadyTime last_;
  std::mt19937_64 random_;
};

}  // namespace phlox::sampler
