// Time: one wall clock type, one steady clock type, and a Clock that tests can turn by hand.
#pragma once

#include <chrono>
#include <cstdint>

namespace phlox {

using Nanoseconds = std::chrono::nanoseconds;
using WallTime = std::chrono::sys_time<Nanoseconds>;  // since 1970, UTC
using SteadyTime =
    std::chrono::time_point<std::chrono::steady_clock, Nanoseconds>;  // since boot, never jumps

class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime wall_now() const = 0;
  virtual SteadyTime steady_now() const = 0;
  static const Clock& system();  // lives as long as the program; any thread
};

constexpr std::int64_t to_unix_ms(WallTime t) {
  return std::chrono::floor<std::chrono::milliseconds>(t).time_since_epoch().count();
}
constexpr std::int64_t to_unix_ns(WallTime t) { return t.time_since_epoch().count(); }
constexpr WallTime from_unix_ms(std::int64_t ms) { return WallTime(std::chrono::milliseconds(ms)); }
constexpr WallTime from_unix_ns(std::int64_t ns) { return WallTime(Nanoseconds(ns)); }

}  // namespace phlox
