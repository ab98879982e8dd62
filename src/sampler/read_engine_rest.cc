// Engine `read`: threads that are off the CPU. What such a thread does is read when it is first met
// and holds until it runs again, so each tick costs one reading of its scheduler statistics, and
// nothing for a process of which no thread has run.
#include <utility>

#include "sampler/read_engine.h"

namespace phlox::sampler {

// The thread is asleep, or waits for a CPU.
void ReadEngine::rest(ReadTarget& target, ReadThread& thread, const process::SchedStat& now,
                      SteadyTime time) {
  thread.looked(now, time, false);
  if (!looks_off_cpu()) return;
  end_rest(target, thread);
  if (!target.find_thread_state(thread)) return;
  const EventKind kind = read_stack(target, thread, now, true);
  if (kind == EventKind::kUnreadable) thread.python = {};
  const bool has_frames = kind == EventKind::kSample || kind == EventKind::kMoving;
  RestingStack& resting = thread.resting;
  resting.known = true;
  resting.kind = kind;
  resting.gil = role_;
  if (looks_.gil && role_ == GilRole::kNone && target.waits_for_gil(thread))
    resting.gil = GilRole::kWaits;
  resting.truncated = has_frames && stack_.status == cpython::StackStatus::kTruncated;
  resting.incomplete = has_frames && stack_.status == cpython::StackStatus::kIncomplete;
  resting.since = target.ticks();
  resting.waiters = 0;
  const auto frames = has_frames ? stack_.view() : std::span<const cpython::RawFrame>();
  resting.frames.assign(frames.begin(), frames.end());
}

// Reports the looks that the resting stack stood for, up to and without this tick.
void ReadEngine::end_rest(const ReadTarget& target, ReadThread& thread) {
  RestingStack& resting = thread.resting;
  if (!resting.known) return;
  resting.known = false;
  const std::uint32_t looks = target.ticks() - resting.since;
  if (looks == 0) return;
  const Event event{.target = target.id(),
                    .kind = resting.kind,
                    .gil = resting.gil,
                    .running = false,
                    .truncated = resting.truncated,
                    .incomplete = resting.incomplete,
                    .tid = thread.tid,
                    .looks = looks,
                    .waiters = std::exchange(resting.waiters, 0)};
  if (!ring_.push(event, resting.frames)) ++events_deferred_;
}

}  // namespace phlox::sampler
