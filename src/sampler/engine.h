// Engine: looks at the threads of its targets and reports what it saw as an ordered stream of
// events. `read` (read_engine.h) is one; `ebpf` will be another behind the same door.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <span>

#include "base/clock.h"
#include "cpython/interpreter.h"
#include "cpython/stack_reader.h"

namespace phlox::sampler {

// One program in one process. A process that executes another program becomes another target.
enum class TargetId : std::uint32_t {};

enum class EventKind : std::uint8_t {
  kSample,  // a stack that the thread had at one instant, for certain
  kMoving,  // the frames that two reads agree on, from the root; the thread may have run in between
  kUnreadable,  // a running thread whose stack could not be read
  kNative,      // a running thread that Python does not know
  kWindowEnd,   // all events of the target before this one belong to the window that ends
};

struct Event {
  TargetId target{};
  EventKind kind = EventKind::kSample;
  bool truncated = false;         // the stack is deeper than what is read
  bool last = false;              // kWindowEnd: the target has ended
  std::uint32_t frame_count = 0;  // frames follow, leaf first
  // Samples: CPU time of the thread since its last sample. kWindowEnd: of live threads since their
  // last sample.
  std::int64_t cpu_ns = 0;
  std::int64_t ended_threads_ns = 0;  // kWindowEnd: of threads that ended, since their last sample
  std::int64_t kernel_cpu_ns = 0;     // kWindowEnd: of the process since the last window end
  std::int64_t wall_ns = 0;           // kWindowEnd: when, since 1970
};

class Engine {
 public:
  using EventSink = std::function<void(const Event&, std::span<const cpython::RawFrame>)>;

  virtual ~Engine() = default;
  // Both are for one thread and take effect at the next tick. Each target's last event is a
  // kWindowEnd with `last`.
  virtual void add(TargetId id, pid_t pid, const cpython::Interpreter& interpreter) = 0;
  virtual void remove(TargetId id) = 0;
  // Hands over the events since the last call, in order. One thread.
  virtual void drain(const EventSink& sink) = 0;
  // Ends all windows; no event comes after the last kWindowEnd.
  virtual void stop() = 0;

  struct Counts {
    std::uint64_t ticks = 0;
    std::uint64_t late_ticks = 0;      // came more than kLate after their time
    std::uint64_t samples_wanted = 0;  // running threads met at ticks
    std::uint64_t events_deferred =
        0;                  // the ring was full; their CPU time goes to the thread's next sample
    Nanoseconds running{};  // time since the first tick
  };
  static constexpr Nanoseconds kLate = std::chrono::microseconds(500);
  virtual Counts counts() const = 0;  // any thread
};

}  // namespace phlox::sampler
