// Engine: looks at the threads of its targets and reports what it saw as an ordered stream of
// events. Behind this door stand `read` (read_engine.h), which needs nothing but access to the
// targets' memory, and `ebpf` (ebpf_engine.h), which looks from inside the kernel; or both at once.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <span>

#include "base/clock.h"
#include "cpython/interpreter.h"
#include "cpython/stack_reader.h"
#include "native/functions.h"

namespace phlox::sampler {

// One program in one process. A process that executes another program becomes another target.
enum class TargetId : std::uint32_t {};

// Of code that an engine has met, names are read within so much time: it may not live for long.
inline constexpr Nanoseconds kDrainInterval = std::chrono::milliseconds(50);

// What is looked at besides the threads that run.
struct Looks {
  bool off_cpu = false;  // threads that sleep, for wall time
  bool gil = false;      // who holds the GIL and who waits for it
  bool tasks = false;    // the task of asyncio that a thread runs, as a frame of its stack
};

// Whether stacks show native code and the kernel besides Python.
enum class NativeFrames : std::uint8_t { kNo, kYes };

// Windows are aligned to the wall clock.
inline WallTime next_window_end(WallTime now, Nanoseconds window) {
  return WallTime(window * (now.time_since_epoch() / window + 1));
}

enum class EventKind : std::uint8_t {
  kSample,  // a stack that the thread had at one instant, for certain
  kMoving,  // the frames that two reads agree on, from the root; the thread may have run in between
  kUnreadable,  // a thread whose stack could not be read
  kNative,      // a thread that Python does not know
  kWindowEnd,   // all events of the target before this one belong to the window that ends
};

// What an event tells of: where two engines look at the same threads (dual_engine.h), each of one.
enum class EventUse : std::uint8_t { kAll, kCpu, kTime };

enum class GilRole : std::uint8_t { kNone, kHolds, kWaits };

struct Event {
  TargetId target{};
  EventKind kind = EventKind::kSample;
  EventUse use = EventUse::kAll;
  GilRole gil = GilRole::kNone;   // kNone also when Looks::gil is off
  bool running = true;            // at the instant of the look, on a CPU or just put aside there
  bool truncated = false;         // the stack is deeper than what is read
  bool incomplete = false;        // the caller of the oldest frame is not known
  bool last = false;              // kWindowEnd: the target has ended
  std::uint32_t frame_count = 0;  // frames follow, leaf first
  pid_t tid = 0;                  // as the sampler's pid namespace has it
  // CPU time of the thread since its last event. kWindowEnd: of live threads since their last
  // event. Only their sum matters: see WindowBuilder on how it is shared out.
  std::int64_t cpu_ns = 0;
  // A thread that sleeps on is not reported at each tick: one event stands for so many looks.
  std::uint32_t looks = 1;
  // kHolds: threads that waited for it, added up over the looks. kWindowEnd: those that waited
  // while nobody was seen to hold it, added up over the ticks.
  std::uint32_t waiters = 0;
  // The rest is of kWindowEnd.
  std::uint32_t ticks = 0;            // in the window: each stands for the same part of its time
  std::int64_t ended_threads_ns = 0;  // CPU time of threads that ended, since their last event
  std::int64_t early_cpu_ns = 0;      // of the process before it could be looked at (Since::kBirth)
  std::int64_t kernel_cpu_ns = 0;     // of the process since the last window end
  std::int64_t process_cpu_ns = 0;    // of the process since it was forked
  std::int64_t wall_ns = 0;           // when, since 1970
};

class Engine {
 public:
  using EventSink = std::function<void(const Event&, std::span<const cpython::RawFrame>)>;
  // From when on the CPU time of a target counts. kBirth is for processes that were seen to start:
  // what they used before there was an interpreter to look into is then accounted for as well.
  enum class Since : std::uint8_t { kNow, kBirth };

  virtual ~Engine() = default;
  // Both are for one thread and take effect at the next tick. Each target's last event is a
  // kWindowEnd with `last`.
  virtual void add(TargetId id, pid_t pid, const cpython::Interpreter& interpreter,
                   Since since) = 0;
  virtual void remove(TargetId id) = 0;
  // Hands over the events since the last call, in order. One thread.
  virtual void drain(const EventSink& sink) = 0;
  // When it wants to be drained at the latest; an earlier time is better.
  virtual SteadyTime drain_by() const = 0;
  // For an engine with a thread of its own, which calls this when there is something to drain. To
  // be set before the first add().
  virtual void on_drain_wanted(const std::function<void()>& /*call*/) {}
  // A file that can be read when it wants to be drained before drain_by(); -1: none.
  virtual int drain_file() const { return -1; }

  // For an engine that learns what becomes of processes. watch(): from now on it counts, of this
  // process and all that descend from it, at the latest what a look at /proc four times a second
  // would show: who forks, executes, ends and is waited for. False: it cannot.
  virtual bool watch(pid_t /*pid*/) { return false; }
  virtual std::uint64_t process_changes() const { return 0; }

  // Ends all windows, by the next drain at the latest; no event comes after the last kWindowEnd.
  virtual void stop() = 0;

  struct Counts {
    std::uint64_t ticks = 0;
    std::uint64_t samples_wanted = 0;  // running threads met at ticks
    // The ring was full; their CPU time goes to the thread's next sample.
    std::uint64_t events_deferred = 0;
    Nanoseconds running{};  // time since the first tick
    // After their time came half of the ticks within the one, 99 of 100 within the other. Zero for
    // ticks in the kernel, which nothing wakes up for.
    Nanoseconds late_p50{};
    Nanoseconds late_p99{};
  };
  virtual Counts counts() const = 0;  // any thread

  // What frames of kinds kNative and kKernel name; grows only. For the thread that drains; nullptr
  // without such frames.
  virtual const native::Functions* native_functions() const { return nullptr; }
};

}  // namespace phlox::sampler
