#include "sampler/read_target.h"

#include <algorithm>
#include <array>
#include <ranges>
#include <utility>

#include "process/cgroup.h"

namespace phlox::sampler {
namespace {

// A thread that ends is missed when it is read, and one that starts changes their number; only what
// is neither read nor one more or less is left to this. Where none comes or goes, which is more
// and more rarely.
constexpr Nanoseconds kListingInterval = std::chrono::milliseconds(100);
constexpr Nanoseconds kMaxListingInterval = std::chrono::seconds(1);
constexpr Nanoseconds kLimitInterval = std::chrono::seconds(10);
constexpr std::uint32_t kMaxLookupsToSkip = 1'000;

}  // namespace

Result<ReadTarget> ReadTarget::open(TargetId id, pid_t pid, const cpython::Interpreter& interpreter,
                                    Engine::Since since, Looks looks) {
  PHLOX_TRY(process::ThreadDirectory directory, process::ThreadDirectory::open(pid));
  ReadTarget target(id, pid, interpreter, std::move(directory), looks);
  target.own_namespace_ = process::in_our_pid_namespace(pid);
  const auto cpu = process::process_cpu_ns(pid);
  if (!cpu || !target.directory_.list(target.tids_))
    return Error::gone("process {} has ended", pid);
  target.cpu_at_settle_ns_ = *cpu;
  if (since == Engine::Since::kBirth) target.early_ns_ = static_cast<std::int64_t>(*cpu);
  for (const pid_t tid : target.tids_) target.add_thread(tid, false);
  std::ranges::sort(target.threads_, {}, &ReadThread::tid);
  if (looks.tasks) {
    for (ReadThread& thread : target.threads_) target.find_thread_state(thread);
    target.search_tasks();
  }
  return target;
}

std::uint64_t ReadTarget::native_id_of(pid_t tid) const {
  if (own_namespace_) return static_cast<std::uint64_t>(tid);
  const auto own = process::tid_in_own_namespace(pid_, tid);
  return static_cast<std::uint64_t>(own ? *own : tid);
}

void ReadTarget::add_thread(pid_t tid, bool from_its_start) {
  auto files = process::ThreadFiles::open(pid_, tid);
  if (!files) return;  // ended again
  ReadThread thread{.tid = tid, .files = std::move(*files), .native_id = native_id_of(tid)};
  if (!from_its_start) {
    const auto now = thread.files.sched_stat();
    if (!now) return;
    thread.last = *now;
  }
  thread.look = thread.last;
  thread.was_running = true;  // until it is seen asleep
  thread.seen = true;
  threads_.push_back(std::move(thread));
}

bool ReadTarget::has_run(SteadyTime now) {
  if (can_run_) {
    stirring_until_ = now + kStirring;
    return true;
  }
  const auto cpu = process::process_cpu_ns(pid_);
  if (!cpu) {
    ended_ = true;
    return false;
  }
  if (std::exchange(cpu_at_tick_ns_, *cpu) != *cpu) stirring_until_ = now + kStirring;
  if (now < stirring_until_) return true;
  const auto main_thread = std::ranges::lower_bound(threads_, pid_, {}, &ReadThread::tid);
  if (main_thread == threads_.end() || main_thread->tid != pid_) return false;
  const auto sched = main_thread->files.sched_stat();
  return sched && *sched != main_thread->look;
}

void ReadTarget::refresh_threads(SteadyTime now) {
  if (!thread_missed_) {
    if (now < next_count_) return;
    next_count_ = now + count_interval_;
    count_interval_ = std::min(2 * count_interval_, kMaxCountInterval);
    if (now < next_listing_ && directory_.count() == tids_.size()) return;
  }
  listing_interval_ = std::clamp(2 * listing_interval_, kListingInterval, kMaxListingInterval);
  next_listing_ = now + listing_interval_;
  thread_missed_ = false;
  if (!directory_.list(tids_)) {
    ended_ = true;
    return;
  }
  for (ReadThread& thread : threads_) thread.seen = false;
  const std::size_t known = threads_.size();
  bool changed = false;
  for (const pid_t tid : tids_) {
    const auto end = threads_.begin() + static_cast<std::ptrdiff_t>(known);
    const auto at = std::ranges::lower_bound(threads_.begin(), end, tid, {}, &ReadThread::tid);
    if (at != end && at->tid == tid) {
      at->seen = true;
    } else {
      add_thread(tid, true);
      changed = true;
    }
  }
  const std::size_t before = threads_.size();
  std::erase_if(threads_, [](const ReadThread& thread) { return !thread.seen; });
  changed |= threads_.size() != before;
  threads_ended_ |= threads_.size() != before;
  if (changed) {
    count_interval_ = kCountInterval;
    next_count_ = now + kCountInterval;
    listing_interval_ = kListingInterval;
    next_listing_ = now + kListingInterval;
  }
  if (looks_for_tasks_ && task_search_.is_due(now)) search_tasks();
  std::ranges::sort(threads_, {}, &ReadThread::tid);
}

bool ReadTarget::may_be_throttled(SteadyTime now) {
  if (now >= next_limit_reading_) {
    next_limit_reading_ = now + kLimitInterval;
    may_be_throttled_ = process::Cgroup::of(pid_).is_limited();
  }
  return may_be_throttled_;
}

bool ReadTarget::find_thread_state(ReadThread& thread) {
  if (thread.has_python()) return true;
  if (thread.lookups_to_skip > 0) {
    --thread.lookups_to_skip;
    return false;
  }
  cpython::list_threads(interpreter_, memory_, states_);
  // The oldest comes last. A thread state made for a thread that is about to start names its maker
  // until then.
  const auto oldest_first = states_ | std::views::reverse;
  auto found = std::ranges::find(oldest_first, thread.native_id, &cpython::ThreadState::native_id);
  if (found == oldest_first.end() && thread.tid == pid_ && is_of_forked(states_))
    found = oldest_first.begin();
  if (found != oldest_first.end()) {
    use(thread, *found);
    thread.failed_lookups = 0;
    return true;
  }
  thread.lookups_to_skip =
      std::min(1u << std::min(thread.failed_lookups++, 10u), kMaxLookupsToSkip);
  return false;
}

void ReadTarget::use(ReadThread& thread, const cpython::ThreadState& state) const {
  thread.python = state;
  if (looks_for_tasks_) thread.python.running_tasks = tasks_.known(layout(), state);
  thread.python.last_cpu = cpython::find_last_cpu(interpreter_, memory_, state);
}

void ReadTarget::read_stack(cpython::StackReader& reader, ReadThread& thread,
                            cpython::RawStack& out) {
  reader.read(layout(), memory_, thread.python, thread.guess, out);
  if (out.status != cpython::StackStatus::kOtherState) return;
  cpython::list_threads(interpreter_, memory_, states_);
  const auto* state = cpython::state_in_use(layout(), memory_, states_, thread.python.identity);
  if (state == nullptr) return;
  if (state->address != thread.python.address) {
    use(thread, *state);
    thread.guess = {};
  }
  reader.read(layout(), memory_, thread.python, thread.guess, out, cpython::Use::kKnown);
}

// After fork some versions keep the parent's number in the only thread state of the child. A
// program that forks without a word to Python, as uWSGI does for its workers, leaves it in the
// oldest one, beside those of threads that the child does not have.
bool ReadTarget::is_of_forked(std::span<const cpython::ThreadState> states) const {
  if (states.size() == 1 && threads_.size() == 1) return true;
  const auto parent = process::parent_of(pid_);
  if (states.empty() || !parent) return false;
  const auto number = process::tid_in_own_namespace(*parent, *parent);
  return number && states.back().native_id == static_cast<std::uint64_t>(*number);
}

void ReadTarget::search_tasks() {
  if (!looks_for_tasks_) return;
  std::vector<process::RemoteAddress> without;  // asyncio
  for (ReadThread& thread : threads_) {
    cpython::ThreadState& python = thread.python;
    if (!thread.has_python() || python.running_tasks != process::RemoteAddress::kNull ||
        std::ranges::find(without, python.interpreter) != without.end())
      continue;
    python.running_tasks = tasks_.search(pid_, interpreter_.layout, memory_, python);
    if (python.running_tasks == process::RemoteAddress::kNull)
      without.push_back(python.interpreter);
  }
}

bool ReadTarget::holds_gil(const ReadThread& thread) const {
  return cpython::holds_gil(layout(), memory_, thread.python);
}

bool ReadTarget::waits_for_gil(ReadThread& thread) const {
  if (thread.python.gil == process::RemoteAddress::kNull) return false;
  const auto address = thread.files.blocked_on();
  return address && cpython::waits_for_gil(layout(), memory_, thread.python, *address);
}

std::uint32_t ReadTarget::waiters(process::RemoteAddress gil) const {
  const auto waits = [gil](const ReadThread& thread) {
    return thread.resting.known && thread.resting.gil == GilRole::kWaits &&
           thread.python.gil == gil;
  };
  return static_cast<std::uint32_t>(std::ranges::count_if(threads_, waits));
}

void ReadTarget::count_waiters() {
  std::uint32_t waiting = 0;
  for (ReadThread& thread : threads_) {
    if (!thread.resting.known) continue;
    if (thread.resting.gil == GilRole::kWaits) ++waiting;
    if (thread.resting.gil != GilRole::kHolds) continue;
    const std::uint32_t blocked = waiters(thread.python.gil);
    thread.resting.waiters += blocked;
    blocked_ += blocked;
  }
  const std::uint32_t blocked = std::exchange(blocked_, 0);
  unheld_ += waiting - std::min(waiting, blocked);
}

Event ReadTarget::settle() {
  Event event{.target = id_, .kind = EventKind::kWindowEnd};
  event.ticks = std::exchange(ticks_, 0);
  event.waiters = std::exchange(unheld_, 0);
  std::int64_t rest_ns = 0;
  for (ReadThread& thread : threads_) {
    const auto now = thread.files.sched_stat();
    if (!now) {
      threads_ended_ = true;
      continue;
    }
    rest_ns += static_cast<std::int64_t>(now->run_ns - thread.last.run_ns);
    thread.last = *now;
  }
  const std::uint64_t seen_ns = std::max(
      cpu_at_tick_ns_.value_or(0), cpu_at_settle_ns_ + static_cast<std::uint64_t>(credited_ns_));
  const std::uint64_t cpu_ns = process::process_cpu_ns(pid_).value_or(seen_ns);
  event.kernel_cpu_ns = static_cast<std::int64_t>(cpu_ns - cpu_at_settle_ns_);
  event.process_cpu_ns = static_cast<std::int64_t>(cpu_ns);
  cpu_at_settle_ns_ = cpu_ns;

  // The readings of threads that run right now lag behind the clock of the process by up to a
  // scheduler tick. What is missing for that reason comes with the thread's next sample, and is
  // then too much there by as much.
  const std::int64_t missing = event.kernel_cpu_ns - over_credited_ns_ - credited_ns_ - rest_ns;
  over_credited_ns_ = 0;
  if (missing < 0) {
    over_credited_ns_ = -missing;
  } else if (threads_ended_) {
    event.ended_threads_ns = missing;
  } else {
    rest_ns += missing;
  }
  event.cpu_ns = rest_ns;
  event.early_cpu_ns = std::exchange(early_ns_, 0);
  event.kernel_cpu_ns += event.early_cpu_ns;
  credited_ns_ = 0;
  threads_ended_ = false;
  return event;
}

}  // namespace phlox::sampler
