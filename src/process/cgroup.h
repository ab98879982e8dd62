// What the control group of a process allows it: CPU limit and time throttled. cgroup v2 (cpu.max,
// cpu.stat) and v1 (cpu.cfs_quota_us, cpu.stat), Documentation/admin-guide/cgroup-v2.rst and
// cgroup-v1/ of the kernel.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace phlox::process {

struct CgroupCpu {
  double limit_cores = 0;  // the least of the group, its parents and the CPUs the process may use
  Nanoseconds throttled_total{};  // of the group that limits; since the group was made
};

// The group in which a process is. Cheap to keep; read() costs some 50 us.
class Cgroup {
 public:
  static Cgroup of(pid_t pid);
  CgroupCpu read() const;
  // Whether the group or a parent has a limit, and so may be made to wait with a CPU free. As
  // cheap.
  bool is_limited() const;
  // Names the group, so that one of several processes in it can speak for it.
  const std::string& name() const { return name_; }

 private:
  pid_t pid_ = 0;
  std::string name_;
  std::vector<std::string> directories_;  // the group and its parents, as paths of this machine
};

}  // namespace phlox::process
