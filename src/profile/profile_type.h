// ProfileType: what a profile measures, written
// name:sample_type:sample_unit:period_type:period_unit.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "base/result.h"

namespace phlox::profile {

struct ValueType {
  std::string type;  // cpu
  std::string unit;  // nanoseconds
  auto operator<=>(const ValueType&) const = default;
};

struct ProfileType {
  std::string name;  // process_cpu
  ValueType sample;
  ValueType period;

  // kInvalid unless there are five parts, the first three of them not empty.
  static Result<ProfileType> parse(std::string_view id);
  std::string to_string() const;
  auto operator<=>(const ProfileType&) const = default;

  // What is alive at an instant, such as a heap's size: averaged over time, never summed.
  bool is_gauge() const;
};

// The same of a type's id; false for what is none.
bool is_gauge(std::string_view id);

// CPU time of a process: what the agent and every Pyroscope client call it.
inline constexpr std::string_view kProcessCpu = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";

}  // namespace phlox::profile
