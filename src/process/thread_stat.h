// What the kernel says about a thread: its state, its CPU, and how long it ran (proc(5):
// /proc/PID/task/TID/stat, schedstat).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "process/proc_file.h"

namespace phlox::process {

struct SchedStat {
  std::uint64_t run_ns = 0;  // on a CPU so far; exact while the thread is off the CPU, else up to a
                             // scheduler tick behind
  std::uint64_t delay_ns = 0;  // runnable, but waiting for a CPU
  std::uint64_t arrivals = 0;  // times it was switched onto a CPU
  bool operator==(const SchedStat&) const = default;
};

struct ThreadStat {
  char state = '?';  // R: running or runnable; everything else is off the CPU
  int cpu = -1;      // on which it runs, or ran last
};

// Of /proc/PID/stat; they tell one program from another that runs under the same pid later, by exec
// or by reuse.
struct ProcessIdentity {
  std::uint64_t start_time = 0;  // clock ticks since boot
  std::uint64_t stack_start =
      0;  // changes with each exec where addresses are randomised; 0 without ptrace access
  bool operator==(const ProcessIdentity&) const = default;
};

// Of /proc/PID/stat as well.
struct ProcessStat {
  char state = '?';  // Z: it has ended, but its parent has not asked for its end
  pid_t parent = 0;
  // CPU time of children whose end it has asked for, with all that they had here themselves; each
  // of user and system time in whole ticks of 1/100 s.
  Nanoseconds reaped{};
  ProcessIdentity identity;
  bool has_ended() const { return state == 'Z' || state == 'X'; }
};

std::optional<SchedStat> parse_schedstat(std::string_view text);
std::optional<ThreadStat> parse_thread_stat(std::string_view text);
std::optional<ProcessStat> parse_process_stat(std::string_view text);

// About 10 us.
Result<ProcessStat> process_stat(pid_t pid);

// Since the fork that made it; exec changes nothing. To a hundredth of a second.
Result<Nanoseconds> process_age(pid_t pid);

// Of a thread that is in the kernel: what its registers will be when it goes on.
struct UserPlace {
  std::uint64_t stack_pointer = 0;
  std::uint64_t instruction = 0;
  bool operator==(const UserPlace&) const = default;
};

// The files of one thread, kept open: a reading costs about 1 us (schedstat), 3 us (stat) and 10 us
// (sched). They stay bound to the thread: after its end every reading is empty, also when the
// kernel gives its number to another one. One thread at a time.
class ThreadFiles {
 public:
  static Result<ThreadFiles> open(pid_t pid, pid_t tid);
  // The calling thread's own.
  static Result<ThreadFiles> open_own();

  std::optional<SchedStat> sched_stat() const { return parse_schedstat(sched_stat_.read()); }
  std::optional<ThreadStat> stat() const { return parse_thread_stat(stat_.read()); }
  // When it was last seen running by the scheduler, on the clock of its CPU: the instant at which
  // it left the CPU, or at which it came there or was last charged for its time. nullopt where the
  // kernel does not tell (no CONFIG_SCHED_DEBUG).
  std::optional<std::uint64_t> exec_start_ns();
  // First argument of the system call in which it sleeps: of futex(2) the address on which it
  // waits. nullopt while it runs, or without ptrace access. About 3 us.
  std::optional<std::uint64_t> blocked_on();
  // Where it left its own code, while it sleeps: nullopt as above. About 3 us.
  std::optional<UserPlace> user_place();

 private:
  static Result<ThreadFiles> open_in(std::string directory);
  std::string_view read_syscall();

  std::string directory_;
  ProcFile sched_stat_;
  ProcFile stat_;
  ProcFile sched_;  // these two are opened when first needed
  ProcFile syscall_;
};

std::optional<std::uint64_t> parse_exec_start(std::string_view text);
std::optional<std::uint64_t> parse_first_argument(std::string_view text);  // of .../syscall
std::optional<UserPlace> parse_user_place(std::string_view text);          // the same

// CPU time of a whole process up to this instant, its ended threads included; nullopt when it has
// ended. About 0.4 us.
std::optional<std::uint64_t> process_cpu_ns(pid_t pid);

}  // namespace phlox::process
