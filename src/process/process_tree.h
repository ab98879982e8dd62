// Which threads and children a process has, and what their numbers are inside its own pid
// namespace.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace phlox::process {

// Bounds on what is followed of one process; past them the rest is left out.
inline constexpr std::size_t kMaxThreads = 10'000;
inline constexpr std::size_t kMaxChildren = 10'000;

bool process_exists(pid_t pid);

// All that there are, kernel threads included; a moment later some have ended.
std::vector<pid_t> list_processes();

// The program and its arguments (proc(5): /proc/PID/cmdline). Empty when the process has ended, and
// of kernel threads.
std::vector<std::string> command_of(pid_t pid);

// Children of all threads of a process (proc(5): /proc/PID/task/TID/children); empty when it has
// ended.
std::vector<pid_t> children_of(pid_t pid);

// The number that was given to the newest process or thread in our pid namespace
// (proc_pid_loadavg(5)). Numbers count up and start again from below at the kernel's largest.
// nullopt where /proc does not tell. About 10 us.
std::optional<pid_t> newest_pid();

// nullopt for a number that is a thread's other than the first of its process, or nobody's.
std::optional<pid_t> parent_of(pid_t pid);

// Lists the threads of one process again and again from an open directory: about 3 us and 0.3 us a
// thread.
class ThreadDirectory {
 public:
  static Result<ThreadDirectory> open(pid_t pid);
  // Replaces `tids`. False when the process has ended.
  bool list(std::vector<pid_t>& tids);
  // How many there are, without a listing: 0.4 us. nullopt when the process has ended, and where
  // /proc does not tell.
  std::optional<std::size_t> count() const;

 private:
  UniqueFd fd_;
};

// The number that the thread has for itself (the last of NSpid in /proc/PID/task/TID/status):
// another one than ours in a container.
Result<pid_t> tid_in_own_namespace(pid_t pid, pid_t tid);
bool in_our_pid_namespace(pid_t pid);

}  // namespace phlox::process
