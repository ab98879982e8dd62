#include "sampler/ticker.h"

#include <algorithm>

#include "base/check.h"

namespace phlox::sampler {
namespace {

// Within so many periods the mean rate is brought about: long enough to leave each distance to
// chance.
constexpr double kLeashPeriods = 64;
constexpr double kMaxCorrection = 0.5;  // of a period
constexpr double kPausePeriods = 4;

}  // namespace

Ticker::Ticker(double rate_hz, SteadyTime start, std::uint64_t seed)
    : period_ns_(1e9 / rate_hz), last_(start), random_(seed) {
  PHLOX_CHECK(rate_hz > 0);
}

SteadyTime Ticker::next(SteadyTime now) {
  if (const auto late_ns = static_cast<double>((now - last_).count()); late_ns > 0) {
    if (late_ns < kPausePeriods * period_ns_) lag_ns_ += late_ns;
    last_ = now;
  }
  const double correction_ns = std::clamp(lag_ns_ / kLeashPeriods, -kMaxCorrection * period_ns_,
                                          kMaxCorrection * period_ns_);
  std::exponential_distribution<double> distance(1 / (period_ns_ - correction_ns));
  const double distance_ns = distance(random_);
  lag_ns_ += distance_ns - period_ns_;
  last_ += Nanoseconds(static_cast<std::int64_t>(distance_ns));
  return last_;
}

}  // namespace phlox::sampler
