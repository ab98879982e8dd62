#include "base/clock.h"

#include <ctime>

namespace phlox {
namespace {

class SystemClock final : public Clock {
 public:
  WallTime wall_now() const override {
    return std::chrono::time_point_cast<Nanoseconds>(std::chrono::system_clock::now());
  }
  SteadyTime steady_now() const override {
    // As steady_clock::now(), without a way through another library.
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return SteadyTime(std::chrono::seconds(now.tv_sec) + Nanoseconds(now.tv_nsec));
  }
};

}  // namespace

const Clock& Clock::system() {
  static const SystemClock clock;
  return clock;
}

}  // namespace phlox
