// RunnableThreads: how many threads of the whole machine can run now, the asking one among them:
// the fourth number of /proc/loadavg (proc(5)), which the kernel counts over the queues of its CPUs
// at that instant.
//
// A thread that holds the limit of its control group down is in no queue, though /proc/PID/stat
// calls it runnable. One reading costs about 2 us, and more on machines of many CPUs. One thread at
// a time.
#pragma once

#include <optional>
#include <string_view>

#include "process/proc_file.h"

namespace phlox::process {

class RunnableThreads {
 public:
  // nullopt where /proc/loadavg is not the kernel's own, as in containers with lxcfs, which counts
  // their threads only, and not at this instant.
  static std::optional<RunnableThreads> open();
  // At least 1. nullopt where the number makes no sense.
  std::optional<int> count() const { return parse(file_.read()); }

  static std::optional<int> parse(std::string_view text);  // of /proc/loadavg

 private:
  explicit RunnableThreads(ProcFile file) : file_(std::move(file)) {}
  ProcFile file_;
};

}  // namespace phlox::process
