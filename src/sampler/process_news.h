// ProcessNews: whether something may have become of processes since the last time: one of them
// executed, ended or was waited for, or anybody on the machine has started a process or thread,
// which may be a child of theirs.
//
// For a thread that runs often anyway: what it asks the kernel costs 2 us at each look and 4 us a
// process, where one that has to be woken up to look for itself pays a hundred times as much.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <mutex>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "process/load_average.h"
#include "process/proc_file.h"
#include "process/thread_stat.h"

namespace phlox::sampler {

class ProcessNews {
 public:
  ProcessNews() : load_average_(process::LoadAverage::open()) {}

  // From now on look() tells of this process. False: it cannot. Any thread.
  bool watch(pid_t pid);
  // True if there is news. Processes are asked one after the other, so that no look takes long. For
  // one thread.
  bool look(SteadyTime now);

  // In which everybody is asked once; for many of them longer.
  static constexpr Nanoseconds kInterval = std::chrono::milliseconds(250);

 private:
  static constexpr Nanoseconds kIntervalPerProcess = std::chrono::milliseconds(15);
  static constexpr Nanoseconds kMaxInterval = std::chrono::milliseconds(800);
  enum class News { kNone, kSome, kGone };
  struct Watched {
    process::ProcFile file;
    process::ProcessStat last;
    News read();
  };

  std::mutex mutex_;  // guards added_
  std::vector<Watched> added_;

  std::optional<process::LoadAverage> load_average_;
  std::vector<Watched> watched_;
  std::optional<pid_t> newest_;
  SteadyTime next_count_{};
  SteadyTime next_process_{};
  std::size_t at_ = 0;  // whose turn it is
};

}  // namespace phlox::sampler
