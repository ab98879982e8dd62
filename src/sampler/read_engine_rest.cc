// Engine `read`: threads that are off the CPU. What such a thread does is read when it is first met
// and holds until it runs again, so each tick costs one reading of its scheduler statistics, and
// nothing for a process of which no thread has run.
#include <algorithm>

#include "sampler/read_engine.h"

namespace phlox::sampler {

using process::RemoteAddress;

// The thread is asleep, or waits for a CPU.
void ReadEngine::rest(ReadTarget& target, ReadThread& thread, const process::SchedStat& now,
                      SteadyTime time) {
  thread.looked(now, time, false);
  if (!looks_off_cpu()) return;
  end_rest(target, thread);
  if (!target.find_thread_state(thread)) return;
  const EventKind kind = read_stack(target, thread, now, true);
  if (kind == EventKind::kUnreadable) thread.thread_state = RemoteAddress::kNull;
  const bool has_frames = kind == EventKind::kSample || kind == EventKind::kMoving;
  RestingStack& resting = thread.resting;
  resting.known = true;
  resting.kind = kind;
  resting.gil = looks_.gil && role_ == GilRole::kNone ? resting_role(target, thread) : role_;
  resting.truncated = has_frames && stack_.status == cpython::StackStatus::kTruncated;
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
                    .tid = thread.tid,
                    .looks = looks,
                    .waiters = std::exchange(resting.waiters, 0)};
  if (!ring_.push(event, resting.frames)) ++events_deferred_;
}

GilRole ReadEngine::running_role(const ReadTarget& target, const ReadThread& thread) const {
  if (thread.gil == RemoteAddress::kNull) return GilRole::kNone;
  const cpython::Layout& layout = target.layout();
  RemoteAddress holder{};
  std::int32_t locked = 0;
  const auto bytes_of = [](auto& value) { return std::as_writable_bytes(std::span(&value, 1)); };
  const std::array ranges = {
      process::ReadRange{thread.gil + layout.gil_last_holder, bytes_of(holder)},
      process::ReadRange{thread.gil + layout.gil_locked, bytes_of(locked)}};
  if (target.memory().read_ranges(ranges) != ranges.size()) return GilRole::kNone;
  return locked > 0 && holder == thread.thread_state ? GilRole::kHolds : GilRole::kNone;
}

// It waits for the GIL if it sleeps on one of the condition variables in it (CPython,
// Python/ceval_gil.h: take_gil).
GilRole ReadEngine::resting_role(const ReadTarget& target, ReadThread& thread) const {
  if (thread.gil == RemoteAddress::kNull) return GilRole::kNone;
  const auto address = thread.files.blocked_on();
  if (!address) return GilRole::kNone;
  const std::uint64_t gil = to_number(thread.gil);
  const bool in_gil = *address >= gil && *address < gil + target.layout().gil_size;
  return in_gil ? GilRole::kWaits : GilRole::kNone;
}

}  // namespace phlox::sampler
