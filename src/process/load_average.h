// LoadAverage: what /proc/loadavg says of the whole machine besides averages (proc(5)): how many
// threads can run at this instant, which the kernel counts over the queues of its CPUs, and which
// number it gave to a process or thread last.
//
// A thread that holds the limit of its control group down is in no queue, though /proc/PID/stat
// calls it runnable. One reading costs about 2 us, and more on machines of many CPUs. One thread at
// a time.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>

#include "process/proc_file.h"

namespace phlox::process {

class LoadAverage {
 public:
  // nullopt where /proc/loadavg is not the kernel's own, as in containers with lxcfs, which counts
  // their threads only, and not at this instant.
  static std::optional<LoadAverage> open();
  // The fourth number, the asking thread among them: at least 1. nullopt where it makes no sense.
  std::optional<int> runnable_threads() const { return parse_runnable_threads(file_.read()); }
  // The last number: see newest_pid() in process_tree.h, which opens the file each time.
  std::optional<pid_t> newest_pid() const { return parse_newest_pid(file_.read()); }

  static std::optional<int> parse_runnable_threads(std::string_view text);
  static std::optional<pid_t> parse_newest_pid(std::string_view text);

 private:
  explicit LoadAverage(ProcFile file) : file_(std::move(file)) {}
  ProcFile file_;
};

}  // namespace phlox::process
