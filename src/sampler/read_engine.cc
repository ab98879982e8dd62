#include "sampler/read_engine.h"

#include <algorithm>

#include "base/log.h"
#include "sampler/open_files.h"

namespace phlox::sampler {
namespace {

constexpr std::size_t kRingBytes =
    2u << 20;  // 200 ms of 8 threads, 150 frames deep, at 1 kHz; touched only as far as used
constexpr int kMaxMoves = 2;  // then the sample is taken without proof
// From the switch that puts a thread aside to our reading of the clock it takes up to so long. Who
// sleeps for less, added up since it last slept for longer, is taken for one that runs.
constexpr Nanoseconds kSwitch = std::chrono::microseconds(20);
// The clock of the scheduler and ours may run apart by so much (10 us in 100 ms).
constexpr std::int64_t kClocksApart = 10'000;
// The scheduler gives both threads that change places on a CPU the same time; ours may be a tick of
// the scheduler newer when it is read.
constexpr std::uint64_t kSameSwitchNs = 2'000;
constexpr double kFillToDrain = 0.125;
constexpr Nanoseconds kRingFullPause = std::chrono::milliseconds(1);
constexpr int kRingFullTries = 1'000;

// Frames of both stacks from the root on, as long as they agree; leaf first, in `a`.
std::span<const cpython::RawFrame> common_root(const cpython::RawStack& a,
                                               const cpython::RawStack& b) {
  const auto first = a.view();
  const auto second = b.view();
  const std::size_t most = std::min(first.size(), second.size());
  std::size_t same = 0;
  while (same < most && first[first.size() - 1 - same] == second[second.size() - 1 - same]) ++same;
  return first.last(same);
}

bool readable(const cpython::RawStack& stack) {
  return stack.status == cpython::StackStatus::kComplete ||
         stack.status == cpython::StackStatus::kTruncated ||
         stack.status == cpython::StackStatus::kIncomplete;
}

}  // namespace

ReadEngine::ReadEngine(double rate_hz, Nanoseconds window, Looks looks, const Clock& clock)
    : rate_hz_(rate_hz),
      window_(window),
      looks_(looks),
      clock_(clock),
      ring_(kRingBytes),
      lots_(std::random_device()()),
      thread_([this](const std::stop_token& stop) { run(stop); }) {
  allow_many_open_files();  // before somebody is watched, which takes a file, too
}

ReadEngine::~ReadEngine() { stop(); }

void ReadEngine::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void ReadEngine::add(TargetId id, pid_t pid, const cpython::Interpreter& interpreter, Since since) {
  const std::scoped_lock lock(changes_mutex_);
  added_.push_back({id, pid, interpreter, since});
  has_changes_ = true;
}

void ReadEngine::remove(TargetId id) {
  const std::scoped_lock lock(changes_mutex_);
  removed_.push_back(id);
  has_changes_ = true;
}

Engine::Counts ReadEngine::counts() const {
  return {.ticks = ticks_,
          .samples_wanted = samples_wanted_,
          .events_deferred = events_deferred_,
          .running = Nanoseconds(running_ns_),
          .late_p50 = lateness_.within(0.5),
          .late_p99 = lateness_.within(0.99)};
}

void ReadEngine::run(const std::stop_token& stop) {
  if (raise_priority() == Priority::kNormal)
    log(LogLevel::kDebug,
        "sampler: neither real-time priority nor a short slice is permitted; wake-ups may be late");
  // Those that sleep are looked at as well.
  if (!looks_off_cpu()) load_average_ = process::LoadAverage::open();
  if (auto files = process::ThreadFiles::open_own()) own_files_ = std::move(*files);
  const SteadyTime start = clock_.steady_now();
  Ticker ticker(rate_hz_, start, std::random_device()());
  WallTime boundary = next_window_end(clock_.wall_now(), window_);
  while (!stop.stop_requested()) {
    const SteadyTime now = clock_.steady_now();
    const SteadyTime due = ticker.next(now);
    // A window ends at its boundary, not at the tick after it.
    const WallTime wall = clock_.wall_now();
    if (const SteadyTime end = now + (boundary - wall); end <= due) {
      sleep(end);
      end_windows(boundary);
      boundary = next_window_end(std::max(boundary, clock_.wall_now()), window_);
    }
    sleep(due);
    lateness_.add(clock_.steady_now() - due);
    take_changes(Wait::kNo);
    tick();
    if (news_.look(due)) {
      ++process_changes_;
      drain_wanted_ = true;
    }
    want_drain(due);
    ++ticks_;
    running_ns_ = (clock_.steady_now() - start).count();
  }
  take_changes(Wait::kYes);  // who was added too late still gets its last event
  const WallTime end = clock_.wall_now();
  for (const auto& target : targets_) end_window(*target, end, true);
  targets_.clear();
}

void ReadEngine::take_changes(Wait wait) {
  if (!has_changes_) return;
  std::unique_lock lock(changes_mutex_, std::defer_lock);
  if (wait == Wait::kYes) {
    lock.lock();
  } else if (!lock.try_lock()) {
    return;  // next tick
  }
  has_changes_ = false;
  const auto added = std::exchange(added_, {});
  const auto removed = std::exchange(removed_, {});
  lock.unlock();
  const WallTime now = clock_.wall_now();
  for (const Added& change : added) {
    auto target = ReadTarget::open(change.id, change.pid, change.interpreter, change.since, looks_);
    if (target) {
      targets_.push_back(std::make_unique<ReadTarget>(std::move(*target)));
      next_look_at_all_ = {};
    } else {
      if (target.error().kind() != Error::Kind::kGone)
        log(LogLevel::kWarning, "process {} is not sampled: {}", change.pid,
            target.error().message());
      push_window_end({.target = change.id,
                       .kind = EventKind::kWindowEnd,
                       .last = true,
                       .wall_ns = to_unix_ns(now)});
    }
  }
  std::erase_if(targets_, [&](const auto& target) {
    if (std::ranges::find(removed, target->id()) == removed.end()) return false;
    end_window(*target, now, true);
    return true;
  });
}

void ReadEngine::sleep(SteadyTime until) {
  sleep_until(until);
  came_ns_.reset();
  if (pinned_to_ >= 0) stays_[static_cast<std::size_t>(pinned_to_)] = {.came = clock_.steady_now()};
}

void ReadEngine::tick() {
  const SteadyTime now = clock_.steady_now();
  const Whom whom = whom_to_look_at(now);
  collect_candidates(whom, now);
  visit_all();
  if (whom == Whom::kKnownToRun && !all_are_known(known_to_run_)) {
    collect_candidates(Whom::kAll, now);
    visit_all();
  }
  look_at_replacements(now);
  bool any_ended = false;
  for (const auto& target : targets_) {
    if (looks_.gil) target->count_waiters();
    target->count_tick();
    any_ended |= target->ended();
  }
  if (any_ended) drop_ended(clock_.wall_now());
}

void ReadEngine::visit_all() {
  // The CPU on which this thread woke up first: a thread that ran there has just been put aside and
  // waits.
  const int here = current_cpu();
  std::ranges::sort(candidates_, {},
                    [here](const Candidate& c) { return c.cpu == here ? -1 : c.cpu; });
  while (!candidates_.empty()) visit_cpu(candidates_.front().cpu);
}

// Samples the candidates that were last on `cpu`. Those that have moved meanwhile stay, with the
// CPU they are on now.
void ReadEngine::visit_cpu(int cpu) {
  const bool there = go_to(cpu);
  if (!there) came_ns_.reset();
  std::erase_if(candidates_, [&](Candidate& candidate) {
    if (candidate.cpu != cpu) return false;
    return sample(candidate, there && candidate.moves < kMaxMoves) == Look::kDone;
  });
}

bool ReadEngine::go_to(int cpu) {
  if (cpu == pinned_to_) return true;
  if (!move_to_cpu(cpu)) return false;
  pinned_to_ = cpu;
  const auto at = static_cast<std::size_t>(cpu);
  if (at >= stays_.size()) stays_.resize(at + 1);
  stays_[at] = {.came = clock_.steady_now()};
  came_ns_.reset();
  return true;
}

ReadEngine::Look ReadEngine::sample(Candidate& candidate, bool may_move) {
  ReadThread& thread = *candidate.thread;
  ReadTarget& target = *candidate.target;
  auto before = thread.files.sched_stat();
  if (before && may_move && sample_at_once(candidate, *before) == Look::kDone) return Look::kDone;
  const auto stat = before ? thread.files.stat() : std::nullopt;
  if (!stat) {  // it has ended
    target.miss_thread();
    return Look::kDone;
  }
  const SteadyTime now = clock_.steady_now();
  if (stat->state != 'R') {
    rest(target, thread, *before, now);  // it fell asleep before we came
    return Look::kDone;
  }
  const bool ours = stat->cpu == candidate.cpu && current_cpu() == candidate.cpu;
  thread.cpu = stat->cpu;
  if (!ours && may_move) {
    candidate.cpu = stat->cpu;
    ++candidate.moves;
    return Look::kMoved;
  }
  // Either it waits and has not run since its last sample, or it slept and waits to run again.
  if (ours && (before->run_ns == thread.last.run_ns || !was_on_cpu(thread, *before))) {
    rest(target, thread, *before, now);
    count_waiting(target, thread, now);
    return Look::kDone;
  }
  const EventKind kind = read_stack(target, thread, *before, ours);
  report(candidate, kind, *before);
  sampled(candidate, *before, now, ours);
  return Look::kDone;
}

// Without a look at its last CPU and state: kUnknown where that does not suffice for a proof.
ReadEngine::Look ReadEngine::sample_at_once(Candidate& candidate,
                                            const process::SchedStat& before) {
  ReadThread& thread = *candidate.thread;
  if (!thread.has_python() || thread.python.last_cpu == process::RemoteAddress::kNull ||
      looks_.gil || thread.cpu != candidate.cpu || current_cpu() != candidate.cpu ||
      !has_not_slept(thread, before))
    return Look::kUnknown;
  const SteadyTime now = clock_.steady_now();
  role_ = GilRole::kNone;
  candidate.target->read_stack(reader_, thread, stack_);
  const auto after = thread.files.sched_stat();
  const bool stood = after && after->arrivals == before.arrivals &&
                     stack_.last_cpu == static_cast<std::uint32_t>(candidate.cpu);
  if (!stood || !readable(stack_)) return Look::kUnknown;
  stays_[static_cast<std::size_t>(candidate.cpu)].found_put_aside = true;
  report(candidate, EventKind::kSample, before);
  sampled(candidate, before, now, true);
  return Look::kDone;
}

void ReadEngine::sampled(Candidate& candidate, const process::SchedStat& before, SteadyTime time,
                         bool ours) {
  ReadThread& thread = *candidate.thread;
  ++known_to_run_;
  thread.looked(before, time, true);
  const bool has_slept = !has_not_slept(thread, before);
  thread.is_slept_known = ours;
  if (!ours) return;
  const SteadyTime came = stays_[static_cast<std::size_t>(candidate.cpu)].came;
  const Nanoseconds slept = slept_by(thread, before);
  thread.slept =
      has_slept ? slept
                : std::min(slept, thread.slept + (came - thread.put_aside_time) / kClocksApart);
  thread.put_aside_arrivals = before.arrivals;
  thread.put_aside_time = came;
}

// Of all time since the machine started it neither ran nor waited for so long when we came to its
// CPU, if that put it aside; too much by what passed before we read the clock.
Nanoseconds ReadEngine::slept_by(const ReadThread& thread, const process::SchedStat& now) const {
  return stays_[static_cast<std::size_t>(thread.cpu)].came.time_since_epoch() -
         Nanoseconds(static_cast<std::int64_t>(now.run_ns + now.delay_ns));
}

// Since we put it aside it ran or waited for all of the time until we came to its CPU: so our
// coming put it aside, as it did then.
bool ReadEngine::has_not_slept(const ReadThread& thread, const process::SchedStat& now) const {
  const auto at = static_cast<std::size_t>(thread.cpu);
  if (!thread.is_slept_known || at >= stays_.size() || now.arrivals == thread.put_aside_arrivals)
    return false;
  const Nanoseconds apart = (stays_[at].came - thread.put_aside_time) / kClocksApart;
  const Nanoseconds more = slept_by(thread, now) - thread.slept - apart;
  return -kSwitch < more && more < kSwitch;
}

// A thread that can run now and is not running was put aside by us, or waits for its turn: after
// sleep, or behind others. Only the first was on the CPU; the CPU time that the second has used
// belongs to what it did before.
bool ReadEngine::was_on_cpu(ReadThread& thread, const process::SchedStat& now) {
  Stay& stay = stays_[static_cast<std::size_t>(thread.cpu)];
  if (stay.found_put_aside) return false;
  stay.found_put_aside = has_not_slept(thread, now);
  if (stay.found_put_aside) return true;
  // If it was put aside by our coming, it left the CPU at the instant at which we came there.
  if (!came_ns_ && own_files_) came_ns_ = own_files_->exec_start_ns();
  const auto left_ns = thread.files.exec_start_ns();
  if (!left_ns || !came_ns_) return true;  // this kernel does not tell
  stay.found_put_aside = *left_ns + kSameSwitchNs >= *came_ns_;
  return stay.found_put_aside;
}

// Reads the thread's stack into stack_. `stands`: it is known that the thread was off the CPU when
// `before` was read.
EventKind ReadEngine::read_stack(ReadTarget& target, ReadThread& thread,
                                 const process::SchedStat& before, bool stands) {
  role_ = GilRole::kNone;
  if (!thread.has_python()) return EventKind::kNative;
  target.read_stack(reader_, thread, stack_);
  if (looks_.gil && target.holds_gil(thread)) role_ = GilRole::kHolds;
  const auto after = thread.files.sched_stat();
  if (!stands || !after || after->arrivals != before.arrivals) return read_again(target, thread);
  return readable(stack_) ? EventKind::kSample : EventKind::kUnreadable;
}

// There is no proof that the thread stood still: leaves in stack_ what a second read agrees on.
EventKind ReadEngine::read_again(ReadTarget& target, ReadThread& thread) {
  target.read_stack(reader_, thread, second_stack_);
  if (!readable(stack_) || !readable(second_stack_)) return EventKind::kUnreadable;
  const auto certain = common_root(stack_, second_stack_);
  std::ranges::move(certain, stack_.frames.begin());
  stack_.frame_count = static_cast<std::uint32_t>(certain.size());
  return EventKind::kMoving;
}

void ReadEngine::report(Candidate& candidate, EventKind kind, const process::SchedStat& now) {
  ReadThread& thread = *candidate.thread;
  const bool has_frames = kind == EventKind::kSample || kind == EventKind::kMoving;
  ++samples_wanted_;
  // Another thread's state, or none that can be read: look it up again before the next sample.
  if (kind == EventKind::kUnreadable) thread.python = {};
  const Event event{
      .target = candidate.target->id(),
      .kind = kind,
      .gil = role_,
      .truncated = has_frames && stack_.status == cpython::StackStatus::kTruncated,
      .incomplete = has_frames && stack_.status == cpython::StackStatus::kIncomplete,
      .tid = thread.tid,
      .cpu_ns = static_cast<std::int64_t>(now.run_ns - thread.last.run_ns),
      .looks = candidate.looks,
      .waiters = role_ == GilRole::kHolds ? candidate.target->waiters(thread.python.gil) : 0};
  if (!ring_.push(event, has_frames ? stack_.view() : std::span<const cpython::RawFrame>())) {
    ++events_deferred_;
    return;
  }
  thread.last = now;
  drain_wanted_ |= has_frames && seen_paths_.is_new(event.target, stack_.view());
  candidate.target->count_blocked(event.waiters);
  candidate.target->credit(event.cpu_ns);
}

void ReadEngine::end_windows(WallTime at) {
  for (const auto& target : targets_) end_window(*target, at, false);
}

void ReadEngine::end_window(ReadTarget& target, WallTime at, bool last) {
  for (ReadThread& thread : target.threads()) {
    const bool stays = thread.resting.known;
    end_rest(target, thread);
    thread.resting.known = stays;
    thread.resting.since = 0;
  }
  Event event = target.settle();
  event.last = last;
  event.wall_ns = to_unix_ns(at);
  push_window_end(event);
}

// A window's end must not be lost: the reader is waited for.
void ReadEngine::push_window_end(const Event& event) {
  drain_wanted_ = true;
  for (int i = 0; i < kRingFullTries && !ring_.push(event, {}); ++i) {
    if (call_for_drain_) call_for_drain_();
    sleep_until(clock_.steady_now() + kRingFullPause);
  }
}

// The thread that drains wakes up where there is something to do for it only: a name to read, a
// window to close, room to make.
void ReadEngine::want_drain(SteadyTime now) {
  if (now < next_drain_ || !(drain_wanted_ || ring_.fill() > kFillToDrain)) return;
  drain_wanted_ = false;
  next_drain_ = now + kDrainInterval;
  if (call_for_drain_) call_for_drain_();
}

void ReadEngine::drop_ended(WallTime now) {
  std::erase_if(targets_, [&](const auto& target) {
    if (!target->ended()) return false;
    end_window(*target, now, true);
    return true;
  });
}

}  // namespace phlox::sampler
