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

// Uniform, from 0 to 1. SplitMix64 (G. Steele, D. Lea, C. Flood: Fast splittable pseudorandom
// number generators, 2014) has a state of one word, where std::mt19937_64 has pages that are cold
// at each look.
double Ticker::draw() {
  random_ += 0x9e3779b97f4a7c15;
  std::uint64_t bits = random_;
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  bits ^= bits >> 31;
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

// Of mean 1, by comparisons only (J. von Neumann: Various techniques used in connection with random
// digits, 1951): a run of falling numbers that begins with x has an odd length with probability
// exp(-x); of the whole part, each further one is as rare as one more run of even length. A
// logarithm would take five pages of libm, cold at each look.
double Ticker::draw_exponential() {
  for (double whole = 0;; ++whole) {
    const double first = draw();
    bool odd = true;
    for (double last = first, next = draw(); next < last; last = next, next = draw()) odd = !odd;
    if (odd) return whole + first;
  }
}

SteadyTime Ticker::next(SteadyTime now) {
  if (const auto late_ns = static_cast<double>((now - last_).count()); late_ns > 0) {
    if (late_ns < kPausePeriods * period_ns_) lag_ns_ += late_ns;
    last_ = now;
  }
  const double correction_ns = std::clamp(lag_ns_ / kLeashPeriods, -kMaxCorrection * period_ns_,
                                          kMaxCorrection * period_ns_);
  const double distance_ns = draw_exponential() * (period_ns_ - correction_ns);
  lag_ns_ += distance_ns - period_ns_;
  last_ += Nanoseconds(static_cast<std::int64_t>(distance_ns));
  return last_;
}

}  // namespace phlox::sampler
