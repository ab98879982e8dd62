#include "sampler/ticker.h"

#include "base/check.h"

namespace phlox::sampler {

Ticker::Ticker(double rate_hz, SteadyTime start, std::uint64_t seed)
    : period_(static_cast<std::int64_t>(1e9 / rate_hz)), last_(start), random_(seed) {
  PHLOX_CHECK(rate_hz > 0);
}

SteadyTime Ticker::next(SteadyTime now) {
  std::uniform_int_distribution<std::int64_t> distance(period_.count() / 2,
                                                       period_.count() + period_.count() / 2);
  last_ += Nanoseconds(distance(random_));
  // A little late is caught up with, so that the mean rate holds; more than a period is let go.
  if (last_ + period_ < now) last_ = now;
  return last_;
}

}  // namespace phlox::sampler
