// Engine `read`: which threads run at a tick. Each that sleeps, or process of such, costs a reading
// or two to see it; one number of the kernel's may say that all of them do.
#include <algorithm>
#include <utility>

#include "sampler/read_engine.h"

namespace phlox::sampler {
namespace {

// To ask how many threads can run is worth it in place of as many readings.
constexpr int kLeastSleepers = 8;
constexpr int kMaxPause = 7;  // ticks, while others than the known ones run again and again
// What the kernel's number hides is found by then: how a process ends, and whatever is wrong with
// the number.
constexpr Nanoseconds kLookAtAllInterval = std::chrono::milliseconds(100);
constexpr Nanoseconds kLongRest = std::chrono::seconds(1);
constexpr std::uint32_t kTicksPerLot = 4;
constexpr double kLeastLotsHz = 50;  // below, a burst would be met too late

}  // namespace

ReadEngine::Whom ReadEngine::whom_to_look_at(SteadyTime now) {
  const int known = std::exchange(known_to_run_, 0);
  if (!load_average_ || sleepers_read_ < kLeastSleepers || now >= next_look_at_all_)
    return Whom::kAll;
  if (ticks_to_pause_ > 0) {
    --ticks_to_pause_;
    return Whom::kAll;
  }
  return all_are_known(known) ? Whom::kKnownToRun : Whom::kAll;
}

// Whether nobody can run but this thread and `known` others.
bool ReadEngine::all_are_known(int known) {
  const auto count = load_average_ ? load_average_->runnable_threads() : std::nullopt;
  if (count && *count - 1 <= known) {
    next_pause_ = 0;
    return true;
  }
  ticks_to_pause_ = next_pause_;
  next_pause_ = std::min(2 * next_pause_ + 1, kMaxPause);
  return false;
}

void ReadEngine::count_waiting(ReadTarget& target, ReadThread& thread, SteadyTime now) {
  thread.can_run = true;
  // What is throttled is in no queue, so it must not stand for somebody else who is.
  if (load_average_ && !target.may_be_throttled(now)) ++known_to_run_;
}

// Who has started in the place of one that ended is looked at now: where each thread lives for some
// milliseconds, every look would else come too late.
void ReadEngine::look_at_replacements(SteadyTime tick) {
  for (const auto& target : targets_)
    if (target->misses_thread()) collect_candidates(*target, Whom::kAll, tick, target->looks());
  visit_all();
}

// `tick`: when this tick began. Threads that were looked at since then are left out.
void ReadEngine::collect_candidates(Whom whom, SteadyTime tick) {
  if (whom == Whom::kAll) {
    sleepers_read_ = 0;
    next_look_at_all_ = tick + kLookAtAllInterval;
  }
  for (const auto& target : targets_) {
    if (whom == Whom::kKnownToRun && !target->can_run()) continue;
    const std::uint32_t looks = looks_at(tick - target->last_stirring(), whom);
    if (looks == 0) continue;
    if (target->has_run(tick)) {
      collect_candidates(*target, whom, tick, looks);
    } else {
      target->set_can_run(false);
      ++sleepers_read_;
    }
  }
}

// For how many looks it stands to be asked at this tick, having slept for so long; 0: it is not
// asked.
std::uint32_t ReadEngine::looks_at(Nanoseconds rested, Whom whom) {
  if (rested < kLongRest || whom == Whom::kKnownToRun || looks_off_cpu() || rate_hz_ < kLeastLotsHz)
    return 1;
  return lots_() % kTicksPerLot == 0 ? kTicksPerLot : 0;
}

void ReadEngine::collect_candidates(ReadTarget& target, Whom whom, SteadyTime tick,
                                    std::uint32_t looks) {
  const SteadyTime now = clock_.steady_now();
  target.set_looks(looks);
  if (whom == Whom::kAll) target.refresh_threads(now);
  bool can_run = false;
  for (ReadThread& thread : target.threads()) {
    if (thread.look_time >= tick) {
      can_run |= thread.can_run;
      continue;
    }
    if (thread.left_out >= tick || (whom == Whom::kKnownToRun && !thread.can_run)) continue;
    // One that ran at the last tick is looked at on the CPU where it ran then; sample() sees
    // whether it still does.
    std::uint32_t looks_here = looks;
    if (!thread.was_running || thread.cpu < 0) {
      if (looks == 1 && !thread.was_running && !thread.can_run)
        looks_here = looks_at(now - thread.moved, whom);
      if (looks_here == 0) {
        thread.left_out = now;
        continue;
      }
      const auto sched = thread.files.sched_stat();
      if (!sched) {  // it has ended
        target.miss_thread();
        continue;
      }
      // Asleep at the last look and not on a CPU since: it sleeps on, or has woken and waits for
      // its turn.
      if (!thread.was_running && *sched == thread.look) {
        const bool waits = thread.can_run;
        if (!thread.resting.known) rest(target, thread, *sched, now);
        thread.look_time = now;
        if (waits) count_waiting(target, thread, now);
        can_run |= waits;
        ++sleepers_read_;
        continue;
      }
      const auto stat = thread.files.stat();
      if (!stat || stat->state != 'R') {
        rest(target, thread, *sched, now);
        ++sleepers_read_;
        continue;
      }
      thread.cpu = stat->cpu;
    }
    end_rest(target, thread);
    target.find_thread_state(thread);
    candidates_.push_back({&target, &thread, thread.cpu, looks_here});
    can_run = true;
  }
  target.set_can_run(can_run);
}

}  // namespace phlox::sampler
