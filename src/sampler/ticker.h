// Ticker: when to look. Distances are drawn from an exponential distribution, so that the instants
// are independent of all that happened before (PASTA: R. Wolff, Poisson arrivals see time averages,
// Operations Research 30, 1982). A strict period locks onto work that has the same one and is wrong
// without any sign of it. And a look may itself end a thread's turn on its CPU: distances that have
// a least length then never meet what comes soon after a turn began.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace phlox::sampler {

class Ticker {
 public:
  // `start` is where the first distance begins.
  Ticker(double rate_hz, SteadyTime start, std::uint64_t seed);

  // The next instant, after `now`, at which the last one has been worked off. What that took is
  // made up for little by little, so that the mean rate holds; a pause of several periods is not.
  SteadyTime next(SteadyTime now);

 private:
  double draw();
  double draw_exponential();

  double period_ns_;
  SteadyTime last_;
  double lag_ns_ = 0;  // of the instants given out behind the mean rate
  std::uint64_t random_;
};

}  // namespace phlox::sampler
