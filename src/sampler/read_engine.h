// Engine `read`: reads the targets' memory from outside, without stopping them, and proves that
// each sampled thread stood still.
//
// One thread does it all. At each tick it finds the threads that run, goes to the CPU on which one
// of them runs and so takes its place there; while it is there the thread cannot run. The proof,
// for each sample, with this thread pinned to that CPU:
//
//     the thread's arrivals on a CPU (schedstat)  ->  its last CPU is ours, its state is runnable
//     (stat)
//         ->  its stack (process_vm_readv)  ->  its arrivals are the same
//
// No arrival in between, and not on a CPU at the beginning: it cannot have run. Of a thread that
// has not slept since this thread put it aside last, the second reading is left out where the
// thread's own memory says behind its stack that it was last in its own code on our CPU
// (process/last_cpu.h): in the meantime it was not so elsewhere, and here it cannot have been. A
// sample without proof is not thrown away, which would favour code that stands still, but cut to
// the frames that two reads agree on.
//
// To look for the threads that run costs 1 to 2 us for each that sleeps, or process of such. So the
// kernel is asked first how many threads of the machine can run; where that is no more than are
// known, from this tick on, to do so, all others sleep. Else who has slept for long is asked at one
// tick in four, drawn by lot, and stands for four looks if it is found to run: on the average each
// tick counts as if it had been asked.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "process/load_average.h"
#include "sampler/engine.h"
#include "sampler/event_ring.h"
#include "sampler/lateness.h"
#include "sampler/process_news.h"
#include "sampler/read_target.h"
#include "sampler/scheduling.h"
#include "sampler/seen_paths.h"
#include "sampler/ticker.h"

namespace phlox::sampler {

class ReadEngine final : public Engine {
 public:
  ReadEngine(double rate_hz, Nanoseconds window, Looks looks, const Clock& clock);
  ~ReadEngine() override;

  void add(TargetId id, pid_t pid, const cpython::Interpreter& interpreter, Since since) override;
  void remove(TargetId id) override;
  void drain(const EventSink& sink) override { ring_.drain(sink); }
  SteadyTime drain_by() const override { return SteadyTime::max(); }
  void on_drain_wanted(const std::function<void()>& call) override { call_for_drain_ = call; }
  bool watch(pid_t pid) override { return rate_hz_ >= kLeastNewsHz && news_.watch(pid); }
  std::uint64_t process_changes() const override { return process_changes_; }
  void stop() override;
  Counts counts() const override;

 private:
  struct Candidate {
    ReadTarget* target;
    ReadThread* thread;
    int cpu;
    std::uint32_t looks = 1;  // that a sample of it stands for
    int moves = 0;            // how often it was found on another CPU than expected
  };
  enum class Look { kDone, kMoved, kUnknown };
  enum class Wait { kNo, kYes };
  enum class Whom { kAll, kKnownToRun };
  // This thread's stay on one CPU: the one that lasts, or has ended last.
  struct Stay {
    SteadyTime came{};
    bool found_put_aside = false;  // who ran there when it came: nobody else can have
  };

  void run(const std::stop_token& stop);
  void take_changes(Wait wait);
  void sleep(SteadyTime until);
  void tick();
  void collect_candidates(Whom whom, SteadyTime tick);
  void collect_candidates(ReadTarget& target, Whom whom, SteadyTime tick, std::uint32_t looks);
  std::uint32_t looks_at(Nanoseconds rested, Whom whom);
  void look_at_replacements(SteadyTime tick);
  Whom whom_to_look_at(SteadyTime now);
  bool all_are_known(int known);
  void count_waiting(ReadTarget& target, ReadThread& thread, SteadyTime now);
  void visit_all();
  void visit_cpu(int cpu);
  bool go_to(int cpu);
  Look sample(Candidate& candidate, bool may_move);
  Look sample_at_once(Candidate& candidate, const process::SchedStat& before);
  void sampled(Candidate& candidate, const process::SchedStat& before, SteadyTime time, bool ours);
  Nanoseconds slept_by(const ReadThread& thread, const process::SchedStat& now) const;
  bool has_not_slept(const ReadThread& thread, const process::SchedStat& now) const;
  bool was_on_cpu(ReadThread& thread, const process::SchedStat& now);
  EventKind read_stack(ReadTarget& target, ReadThread& thread, const process::SchedStat& before,
                       bool stands);
  EventKind read_again(ReadTarget& target, ReadThread& thread);
  void report(Candidate& candidate, EventKind kind, const process::SchedStat& now);

  // Threads off the CPU.
  bool looks_off_cpu() const { return looks_.off_cpu || looks_.gil; }
  void rest(ReadTarget& target, ReadThread& thread, const process::SchedStat& now, SteadyTime time);
  void end_rest(const ReadTarget& target, ReadThread& thread);

  void end_windows(WallTime at);
  void end_window(ReadTarget& target, WallTime at, bool last);
  void push_window_end(const Event& event);
  void want_drain(SteadyTime now);
  void drop_ended(WallTime now);

  // Below, what becomes of a process would be told too late.
  static constexpr double kLeastNewsHz = 10;

  const double rate_hz_;
  const Nanoseconds window_;
  const Looks looks_;
  const Clock& clock_;
  EventRing ring_;
  std::function<void()> call_for_drain_;
  ProcessNews news_;
  std::atomic<std::uint64_t> process_changes_ = 0;

  struct Added {
    TargetId id;
    pid_t pid;
    cpython::Interpreter interpreter;
    Since since;
  };
  std::atomic<bool> has_changes_ = false;  // in the two lists
  std::mutex changes_mutex_;  // guards the two lists below it
  std::vector<Added> added_;
  std::vector<TargetId> removed_;

  std::atomic<std::uint64_t> ticks_ = 0;
  Lateness lateness_;  // of the ticks
  std::atomic<std::uint64_t> samples_wanted_ = 0;
  std::atomic<std::uint64_t> events_deferred_ = 0;
  std::atomic<std::int64_t> running_ns_ = 0;

  // Only the thread uses what follows.
  std::vector<std::unique_ptr<ReadTarget>> targets_;
  std::vector<Candidate> candidates_;
  SeenPaths seen_paths_;
  bool drain_wanted_ = false;
  SteadyTime next_drain_{};  // not before
  int pinned_to_ = -1;
  std::vector<Stay> stays_;  // by CPU
  std::optional<std::uint64_t>
      came_ns_;  // when the thread came to the CPU that is visited, if asked
  std::optional<process::ThreadFiles> own_files_;
  std::optional<process::LoadAverage> load_average_;
  int known_to_run_ = 0;    // threads that were found able to run at this tick
  int sleepers_read_ = 0;   // when all were looked at last
  int ticks_to_pause_ = 0;  // before the kernel is asked again, and how many it will be next time
  int next_pause_ = 0;
  SteadyTime next_look_at_all_{};
  std::minstd_rand lots_;
  cpython::StackReader reader_;
  cpython::RawStack stack_;
  cpython::RawStack second_stack_;
  GilRole role_ = GilRole::kNone;  // of the thread whose stack is in stack_

  std::jthread thread_;
};

}  // namespace phlox::sampler
