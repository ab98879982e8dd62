// ReadTarget: what engine `read` keeps of one target: its threads, how long each has run, and where
// its stack was last.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "cpython/interpreter.h"
#include "cpython/running_tasks.h"
#include "cpython/stack_reader.h"
#include "cpython/thread_list.h"
#include "process/process_tree.h"
#include "process/thread_stat.h"
#include "sampler/engine.h"
#include "sampler/task_search.h"

namespace phlox::sampler {

// The stack of a thread that is off the CPU. Read once, it stands for every tick until the thread
// runs again.
struct RestingStack {
  bool known = false;
  EventKind kind = EventKind::kSample;
  GilRole gil = GilRole::kNone;
  bool truncated = false;
  bool incomplete = false;
  std::uint32_t since = 0;    // the first tick of the window that it stands for
  std::uint32_t waiters = 0;  // kHolds: for its GIL, added up over these ticks
  std::vector<cpython::RawFrame> frames;
};

struct ReadThread {
  pid_t tid = 0;
  process::ThreadFiles files;
  process::SchedStat last;  // at its last sample
  process::SchedStat look;  // at the last tick at which it was looked at
  SteadyTime look_time{};
  SteadyTime moved{};        // when `look` changed last
  SteadyTime left_out{};     // when it was not looked at last, by lot
  bool was_running = false;  // then: on a CPU, or put aside there
  int cpu = -1;              // where it was then
  // When it was put aside by us last, if it is known that it was.
  bool is_slept_known = false;
  Nanoseconds slept{};  // until then, at the least that was found since it slept last
  std::uint64_t put_aside_arrivals = 0;
  SteadyTime put_aside_time{};
  bool can_run = false;               // then: running, or waiting for a CPU
  bool seen = false;                  // in the listing that is being compared
  std::uint64_t native_id = 0;        // its number as Python in the target sees it
  cpython::ThreadState python;        // of its address kNull: none known
  std::uint32_t lookups_to_skip = 0;  // before its thread state is looked for again
  std::uint32_t failed_lookups = 0;
  cpython::StackGuess guess;
  RestingStack resting;  // with Looks::off_cpu or gil only

  bool has_python() const { return python.address != process::RemoteAddress::kNull; }
  void looked(const process::SchedStat& now, SteadyTime time, bool running) {
    if (look != now) moved = time;
    look = now;
    look_time = time;
    was_running = running;
    can_run = running;
  }
};

class ReadTarget {
 public:
  // Threads that exist now count from now, later ones from their start.
  static Result<ReadTarget> open(TargetId id, pid_t pid, const cpython::Interpreter& interpreter,
                                 Engine::Since since, Looks looks);

  TargetId id() const { return id_; }
  const cpython::Layout& layout() const { return interpreter_.layout; }
  const process::MemoryReader& memory() const { return memory_; }
  std::vector<ReadThread>& threads() { return threads_; }

  // True if any thread may have run since the last call: nothing for a process with a thread that
  // ran then, 0.4 us for one that has run lately, else 1.4 us, whatever the number of threads. The
  // CPU clock of the process tells, but of a thread that runs on another CPU only as of its last
  // switch or tick of the scheduler; so it is trusted only where nothing moved for kStirring, and
  // the first thread is asked as well. What that can miss is the first 4 ms (CONFIG_HZ=250) of a
  // burst of another thread after such a pause. Sets ended() when the process is gone.
  bool has_run(SteadyTime now);
  bool ended() const { return ended_; }
  // When has_run() saw last that one had.
  SteadyTime last_stirring() const { return stirring_until_ - kStirring; }

  // Takes in threads that started and drops those that ended. They are listed when their number
  // has changed or one was missed, and now and then; else this costs 0.4 us.
  void refresh_threads(SteadyTime now);
  // A known thread could not be read any more, so another one may have started in its place.
  void miss_thread() { thread_missed_ = true; }
  bool misses_thread() const { return thread_missed_; }

  // Whether a thread could run when its threads were looked at last.
  bool can_run() const { return can_run_; }
  void set_can_run(bool can_run) { can_run_ = can_run; }
  // What a sample stands for at this tick.
  std::uint32_t looks() const { return looks_; }
  void set_looks(std::uint32_t looks) { looks_ = looks; }
  // Whether the limit of its control group may keep threads that can run off the CPUs. 60 us once
  // in ten seconds.
  bool may_be_throttled(SteadyTime now);

  // Finds the thread's PyThreadState. A thread without one is looked for ever more rarely. False:
  // it has none.
  bool find_thread_state(ReadThread& thread);
  // Reads the stack of a thread that has one and stands still; if it now uses its state of another
  // interpreter, that is taken from here on.
  void read_stack(cpython::StackReader& reader, ReadThread& thread, cpython::RawStack& out);

  // Meaningful while the thread stands still. One reads memory, the other /proc: 2 to 3 us.
  bool holds_gil(const ReadThread& thread) const;
  bool waits_for_gil(ReadThread& thread) const;

  // Ticks since the last settle, whether or not the target was looked at.
  std::uint32_t ticks() const { return ticks_; }
  void count_tick() { ++ticks_; }

  // Threads that wait for that GIL at this tick.
  std::uint32_t waiters(process::RemoteAddress gil) const;
  // Reports the waiters of a running thread that holds a GIL.
  void count_blocked(std::uint32_t waiters) { blocked_ += waiters; }
  // Once a tick, when all threads have been looked at: what threads that hold a GIL off the CPU
  // make others wait, and how many wait for nobody.
  void count_waiters();

  // Reports what samples got of the CPU time, so that settle() knows what they did not get.
  void credit(std::int64_t cpu_ns) { credited_ns_ += cpu_ns; }

  // The end of a window: what no sample has got, by live threads and by ended ones; counting starts
  // again from here.
  Event settle();

 private:
  ReadTarget(TargetId id, pid_t pid, cpython::Interpreter interpreter,
             process::ThreadDirectory directory, Looks looks)
      : id_(id),
        pid_(pid),
        interpreter_(std::move(interpreter)),
        memory_(pid),
        directory_(std::move(directory)),
        looks_for_tasks_(looks.tasks) {}

  void use(ReadThread& thread, const cpython::ThreadState& state) const;
  bool is_of_forked(std::span<const cpython::ThreadState> states) const;
  // Often enough that threads which live for some milliseconds are met, and rarely enough to cost
  // nothing at 10 kHz. Where none comes or goes they are counted ever more rarely.
  static constexpr Nanoseconds kCountInterval = std::chrono::milliseconds(5);
  static constexpr Nanoseconds kMaxCountInterval = std::chrono::milliseconds(40);
  // Several ticks of the scheduler, of 1 to 10 ms: within one the CPU clock shows a thread that
  // runs.
  static constexpr Nanoseconds kStirring = std::chrono::milliseconds(100);

  // Looks for asyncio in the interpreters of threads whose tasks are not known yet, as it may be
  // imported at any time. Some milliseconds where it is missing.
  void search_tasks();
  void add_thread(pid_t tid, bool from_its_start);
  std::uint64_t native_id_of(pid_t tid) const;

  TargetId id_{};
  pid_t pid_ = 0;
  cpython::Interpreter interpreter_;
  process::ProcessMemory memory_;
  process::ThreadDirectory directory_;
  const bool looks_for_tasks_;
  cpython::RunningTasks tasks_;
  TaskSearchPace task_search_;
  bool own_namespace_ = true;
  bool ended_ = false;
  std::vector<ReadThread> threads_;  // by tid
  std::uint32_t ticks_ = 0;
  std::uint32_t blocked_ = 0;  // at this tick, by somebody
  std::uint32_t unheld_ = 0;   // since the last settle
  // None before the first, at which all is looked at: a process may have used none at all.
  std::optional<std::uint64_t> cpu_at_tick_ns_;
  SteadyTime stirring_until_{};
  bool can_run_ = false;
  std::uint32_t looks_ = 1;
  bool may_be_throttled_ = false;
  SteadyTime next_limit_reading_{};
  std::uint64_t cpu_at_settle_ns_ = 0;
  std::int64_t early_ns_ = 0;     // before it was opened; told by the next settle
  std::int64_t credited_ns_ = 0;  // to samples since the last settle
  std::int64_t over_credited_ns_ =
      0;                        // by readings that lagged behind; made good by the next settle
  bool threads_ended_ = false;  // since the last settle
  bool thread_missed_ = false;  // since the last listing
  SteadyTime next_count_{};
  Nanoseconds count_interval_ = kCountInterval;
  SteadyTime next_listing_{};
  Nanoseconds listing_interval_{};
  std::vector<pid_t> tids_;  // of the last listing
  std::vector<cpython::ThreadState> states_;
};

}  // namespace phlox::sampler
