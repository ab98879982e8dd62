#include "sampler/sampler.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "base/log.h"
#include "process/process_tree.h"
#include "process/thread_stat.h"
#include "sampler/process_watch.h"
#include "sampler/scheduling.h"
#include "sampler/wake_up.h"
#include "sampler/window_builder.h"

namespace phlox::sampler {
namespace {

// A program that was started a moment ago may not have got as far as its interpreter.
constexpr Nanoseconds kStartUp = std::chrono::seconds(2);
constexpr Nanoseconds kStartUpInterval = std::chrono::milliseconds(1);
// While the window of one that has ended is kept open, looks come sooner: at 15 us a process still
// a thousandth of one CPU.
constexpr Nanoseconds kSettleIntervalPerTarget = std::chrono::milliseconds(20);

Result<> look_for_interpreter(pid_t pid) {
  PHLOX_TRY(const cpython::Interpreter interpreter, cpython::find_interpreter(pid));
  if (cpython::is_initialized(interpreter, process::ProcessMemory(pid))) return {};
  return Error::not_found(
      "process {} has not started its Python interpreter yet; try again in a moment", pid);
}

// Waits only for a process that is so young that it may still become what it is asked to be.
Result<> wait_for_interpreter(pid_t pid) {
  for (;;) {
    const Result<> found = look_for_interpreter(pid);
    if (found || found.error().kind() != Error::Kind::kNotFound) return found;
    const auto age = process::process_age(pid);
    if (!age || *age > kStartUp) return found;
    sleep_until(Clock::system().steady_now() + kStartUpInterval);
  }
}

}  // namespace

// The thread beside the engine's: it finds processes, takes the engine's events, reads names, and
// closes windows. Nothing here is urgent.
class Sampler::Loop {
 public:
  Loop(std::unique_ptr<Engine> engine, const Options& options, Sink sink)
      : options_(options),
        sink_(std::move(sink)),
        clock_(Clock::system()),
        watch_({.started =
                    [this](pid_t pid, const cpython::Interpreter& interpreter,
                           Engine::Since since) { return start_target(pid, interpreter, since); },
                .ended = [this](pid_t pid) { end_target(pid); },
                .watch = [this](pid_t pid) { return engine_->watch(pid); },
                .changes = [this] { return engine_->process_changes(); },
                .unseen = [this](pid_t pid, Nanoseconds cpu) { return add_unseen(pid, cpu); }}),
        engine_(std::move(engine)),
        thread_([this](const std::stop_token& stop) { run(stop); }) {
    engine_->on_drain_wanted([this] { wake_up_.call(); });
  }

  ~Loop() { stop(); }

  Result<> attach(pid_t pid) {
    PHLOX_TRY(wait_for_interpreter(pid));
    follow(pid, Engine::Since::kNow);
    return {};
  }

  void follow(pid_t pid, Engine::Since since) {
    {
      const std::scoped_lock lock(mutex_);
      new_roots_.push_back({pid, since});
      idle_.set(false);
    }
    wake_up_.call();
  }

  bool idle() const { return idle_.is_set(); }
  int idle_file() const { return idle_.file(); }

  void stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
  }

  Statistics statistics() const;

 private:
  struct Target {
    pid_t pid;
    std::unique_ptr<WindowBuilder> window;
    // Of one that has ended: its window is kept open until it is known what its children used
    // unseen.
    std::optional<Event> last;
    int looks_since = 0;
  };

  void run(const std::stop_token& stop);
  void wait_until(SteadyTime time);
  bool follow_new_roots();
  void tell_whether_idle();
  void drain();
  void end_window(const Event& event);
  void finish_window(Target& target, const Event& event);
  void finish_ended();
  bool add_unseen(pid_t pid, Nanoseconds cpu);
  SteadyTime look();
  bool any_runs() const;
  int free_worker() const;
  bool start_target(pid_t pid, const cpython::Interpreter& interpreter, Engine::Since since);
  void end_target(pid_t pid);

  const Options options_;
  const Sink sink_;
  const Clock& clock_;
  WakeUp wake_up_;
  SteadyTime last_drain_{};

  std::mutex mutex_;  // guards new_roots_, and who sets idle_
  struct Root {
    pid_t pid;
    Engine::Since since;
  };
  std::vector<Root> new_roots_;
  Flag idle_;

  mutable std::mutex totals_mutex_;  // guards totals_
  WindowBuilder::Totals totals_;     // of all windows that ended

  // Only the thread uses what follows.
  ProcessWatch watch_;
  std::map<TargetId, Target> targets_;
  std::map<pid_t, TargetId> target_of_;  // of those that run
  std::uint32_t next_target_ = 0;
  bool stopping_ = false;  // the engine takes in nobody any more
  // Control groups that already reported their limit, by the end of the window.
  std::pair<std::int64_t, std::set<std::string>> cgroups_told_;

  std::unique_ptr<Engine> engine_;
  std::jthread thread_;
};

void Sampler::Loop::run(const std::stop_token& stop) {
  const std::stop_callback stopped(stop, [this] { wake_up_.call(); });
  SteadyTime next_look{};
  while (!stop.stop_requested()) {
    wait_until(std::min(next_look, engine_->drain_by()));
    if (follow_new_roots()) next_look = {};
    drain();
    last_drain_ = clock_.steady_now();
    next_look = std::min(next_look, watch_.look_for_changes_by());
    if (clock_.steady_now() >= next_look) next_look = look();
    tell_whether_idle();
  }
  stopping_ = true;
  // The engine waits for room for the last windows, so it must be drained while it stops.
  std::jthread stopping([this] { engine_->stop(); });
  while (any_runs()) {
    drain();
    if (any_runs()) sleep_until(clock_.steady_now() + std::chrono::milliseconds(1));
  }
  while (!targets_.empty()) look();
  if (watch_.untaken() > Nanoseconds(0))
    log(LogLevel::kInfo,
        "{:.2f} s of CPU time are in no profile: of processes that ended before they were seen, "
        "started by programs that are no Python",
        std::chrono::duration<double>(watch_.untaken()).count());
}

// A file that can be read as soon as there is one sample would have this thread come for each of
// them where there are thousands a second.
void Sampler::Loop::wait_until(SteadyTime time) {
  const SteadyTime not_before = last_drain_ + kDrainInterval;
  if (wake_up_.wait_until(time, engine_->drain_file()) && clock_.steady_now() < not_before)
    wake_up_.wait_until(std::min(time, not_before), -1);
}

bool Sampler::Loop::follow_new_roots() {
  std::vector<Root> roots;
  {
    const std::scoped_lock lock(mutex_);
    roots = std::exchange(new_roots_, {});
  }
  for (const Root& root : roots) watch_.follow(root.pid, root.since);
  return !roots.empty();
}

void Sampler::Loop::tell_whether_idle() {
  const std::scoped_lock lock(mutex_);
  idle_.set(watch_.idle() && targets_.empty() && new_roots_.empty());
}

SteadyTime Sampler::Loop::look() {
  const SteadyTime now = clock_.steady_now();
  const SteadyTime next = watch_.look(now);
  finish_ended();
  const bool any_ended =
      std::ranges::any_of(targets_, [](const auto& at) { return at.second.last.has_value(); });
  return any_ended
             ? std::min(next, now + kSettleIntervalPerTarget * static_cast<int>(targets_.size()))
             : next;
}

bool Sampler::Loop::any_runs() const {
  return std::ranges::any_of(targets_, [](const auto& at) { return !at.second.last; });
}

void Sampler::Loop::drain() {
  engine_->drain([this](const Event& event, std::span<const cpython::RawFrame> frames) {
    if (event.kind == EventKind::kWindowEnd) return end_window(event);
    if (const auto target = targets_.find(event.target); target != targets_.end())
      target->second.window->add(event, frames);
  });
}

void Sampler::Loop::end_window(const Event& event) {
  const auto at = targets_.find(event.target);
  if (at == targets_.end()) return;
  Target& target = at->second;
  if (!event.last) return finish_window(target, event);
  target.last = event;
  // After exec the process may be the next target already.
  const auto current = target_of_.find(target.pid);
  if (current == target_of_.end() || current->second != at->first) return;
  target_of_.erase(current);
  watch_.counted(target.pid, Nanoseconds(event.process_cpu_ns));
}

void Sampler::Loop::finish_window(Target& target, const Event& event) {
  WindowBuilder& window = *target.window;
  if (cgroups_told_.first != event.wall_ns) cgroups_told_ = {event.wall_ns, {}};
  const bool speaks = cgroups_told_.second.insert(window.cgroup_name()).second;
  Window finished = window.finish(event, speaks);
  {
    const std::scoped_lock lock(totals_mutex_);
    totals_ += window.last_totals();
  }
  sink_(std::move(finished));
}

void Sampler::Loop::finish_ended() {
  for (auto at = targets_.begin(); at != targets_.end();) {
    Target& target = at->second;
    if (!target.last || target.looks_since++ < ProcessWatch::kLooksToSettle) {
      ++at;
      continue;
    }
    finish_window(target, *target.last);
    at = targets_.erase(at);
  }
}

// The newest program of a process gets it, also when it has just ended.
bool Sampler::Loop::add_unseen(pid_t pid, Nanoseconds cpu) {
  Target* newest = nullptr;
  for (auto& [id, target] : targets_)
    if (target.pid == pid) newest = &target;
  if (newest == nullptr) return false;
  newest->window->add_unseen(cpu);
  return true;
}

int Sampler::Loop::free_worker() const {
  std::set<int> taken;
  for (const auto& [id, target] : targets_)
    if (!target.last) taken.insert(target.window->worker());
  int worker = 0;
  while (taken.contains(worker)) ++worker;
  return worker;
}

bool Sampler::Loop::start_target(pid_t pid, const cpython::Interpreter& interpreter,
                                 Engine::Since since) {
  if (stopping_) return false;
  const auto id = TargetId{next_target_++};
  auto window = std::make_unique<WindowBuilder>(pid, free_worker(), interpreter, clock_.wall_now(),
                                                options_, engine_->native_functions());
  targets_.emplace(id, Target{.pid = pid, .window = std::move(window)});
  target_of_[pid] = id;
  engine_->add(id, pid, interpreter, since);
  log(LogLevel::kDebug, "sampler: process {} runs CPython {}", pid, interpreter.version);
  if (options_.looks.gil && interpreter.layout.gil_locked == cpython::kNone)
    log(LogLevel::kWarning,
        "process {} runs CPython {}, which does not tell who has its GIL: of that nothing is "
        "recorded",
        pid, interpreter.version);
  return true;
}

// The engine ends the target's last window when it takes this in; by then it may have noticed by
// itself.
void Sampler::Loop::end_target(pid_t pid) {
  if (const auto at = target_of_.find(pid); at != target_of_.end()) engine_->remove(at->second);
}

Statistics Sampler::Loop::statistics() const {
  const Engine::Counts counts = engine_->counts();
  const std::scoped_lock lock(totals_mutex_);
  const double seconds = std::chrono::duration<double>(counts.running).count();
  return {.samples_wanted = counts.samples_wanted,
          .samples_taken = totals_.taken,
          .samples_unproved = totals_.unproved,
          .threads_missed = totals_.unreadable,
          .kernel_cpu = Nanoseconds(totals_.kernel_ns),
          .sampled_cpu = Nanoseconds(totals_.sampled_ns),
          .ticks_per_second = seconds > 0 ? static_cast<double>(counts.ticks) / seconds : 0,
          .late_p50 = counts.late_p50,
          .late_p99 = counts.late_p99};
}

Sampler::Sampler(std::unique_ptr<Engine> engine, const Options& options, Sink sink)
    : loop_(std::make_unique<Loop>(std::move(engine), options, std::move(sink))) {}
Sampler::~Sampler() = default;
Result<> Sampler::attach(pid_t pid) { return loop_->attach(pid); }
void Sampler::follow(pid_t pid) { loop_->follow(pid, Engine::Since::kBirth); }
bool Sampler::idle() const { return loop_->idle(); }
int Sampler::idle_file() const { return loop_->idle_file(); }
void Sampler::stop() { loop_->stop(); }
Statistics Sampler::statistics() const { return loop_->statistics(); }

}  // namespace phlox::sampler
