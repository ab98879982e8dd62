#include "sampler/process_watch.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/log.h"
#include "process/process_tree.h"

namespace phlox::sampler {
namespace {

constexpr Nanoseconds kLookInterval = std::chrono::milliseconds(250);
// Looking at a process takes some 15 us: a thousandth of one CPU, and children within a second.
constexpr Nanoseconds kLookIntervalPerProcess = std::chrono::milliseconds(15);
constexpr Nanoseconds kMaxLookInterval = std::chrono::milliseconds(800);
// More new processes and threads than this are not asked one by one for their parent.
constexpr pid_t kMaxNewPids = 1'000;
// A number is given out before /proc shows who has it; the kernel, or the machine below it, may
// pause in between.
constexpr Nanoseconds kSettled = std::chrono::milliseconds(250);
// All are asked for their children as well, in case that a number was not given in order: some 30
// us each, so a third of a thousandth of one CPU.
constexpr Nanoseconds kFullLookIntervalPerProcess = std::chrono::milliseconds(100);
constexpr Nanoseconds kMinFullLookInterval = std::chrono::seconds(1);
constexpr Nanoseconds kMaxFullLookInterval = std::chrono::seconds(10);
// A program that has just started is Python within some milliseconds, or never; in between it is
// asked ever more rarely.
constexpr Nanoseconds kFirstInspectionInterval = std::chrono::milliseconds(10);
constexpr Nanoseconds kMaxInspectionInterval = std::chrono::seconds(10);
// Where the kernel tells when something happens, this is for what it has not told: it gives up
// where its own tables are busy at that instant.
constexpr Nanoseconds kRest = std::chrono::seconds(1);
constexpr std::size_t kMaxWatched = 10'000;

Nanoseconds cpu_of(pid_t pid) {
  return Nanoseconds(static_cast<std::int64_t>(process::process_cpu_ns(pid).value_or(0)));
}

}  // namespace

void ProcessWatch::follow(pid_t root, Engine::Since since) { add(root, SteadyTime(), since); }

void ProcessWatch::add(pid_t pid, SteadyTime now, Engine::Since since) {
  if (watched_.size() >= kMaxWatched || watched_.contains(pid)) return;
  const auto stat = process::process_stat(pid);
  if (!stat || stat->has_ended()) return;
  const bool born = since == Engine::Since::kBirth;
  const bool is_told_of = callbacks_.watch(pid);  // before it is asked for its children
  watched_.emplace(pid, Watched{.identity = stat->identity,
                                .since = since,
                                .looked_at = born,
                                .next_inspection = now,
                                .inspection_interval = kFirstInspectionInterval,
                                .is_told_of = is_told_of});
  ++running_;
  ended_processes_.add(pid, {.parent = stat->parent,
                             .reaped = stat->reaped,
                             .early = born ? Nanoseconds(0) : stat->reaped,
                             .early_cpu = born ? Nanoseconds(0) : cpu_of(pid)});
}

// Up to it, all who have a number have been in /proc when they were looked for. Keeps `newest` for
// looks to come.
std::optional<pid_t> ProcessWatch::settled_pid(std::optional<pid_t> newest, SteadyTime now) {
  if (now - recent_.at >= kSettled) {
    settled_ = recent_;
    recent_ = {newest, now};
  }
  return settled_.newest;
}

// The descendants that were born lately: among the numbers given out since; or, where that cannot
// be told, among the children of all.
void ProcessWatch::add_children(SteadyTime now) {
  const auto newest = process::newest_pid();
  const auto known = settled_pid(newest, now);
  const bool among_new = newest && known && now < next_full_look_ && *newest >= *known &&
                         *newest - *known <= kMaxNewPids;
  if (!among_new) {
    next_full_look_ = now + std::clamp<Nanoseconds>(
                                kFullLookIntervalPerProcess * static_cast<int>(watched_.size()),
                                kMinFullLookInterval, kMaxFullLookInterval);
  }
  std::vector<pid_t> parents;
  for (const auto& [pid, watched] : watched_)
    if (!among_new || !watched.looked_at) parents.push_back(pid);
  for (const pid_t pid : parents) {
    Watched& parent = watched_.at(pid);
    const auto since = parent.looked_at ? Engine::Since::kBirth : Engine::Since::kNow;
    for (const pid_t child : process::children_of(pid)) add(child, now, since);
    parent.looked_at = true;
  }
  if (!among_new) return;
  for (pid_t pid = *known + 1; pid <= *newest; ++pid)
    if (const auto parent = process::parent_of(pid); parent && watched_.contains(*parent))
      add(pid, now, Engine::Since::kBirth);
}

// Nothing has happened that this and the looks before it have not seen, and all that follows from
// it is settled.
bool ProcessWatch::can_rest() const {
  return looks_since_change_ >= kLooksToSettle && ended_processes_.is_settled() &&
         std::ranges::all_of(watched_, [](const auto& at) {
           const Watched& watched = at.second;
           const bool is_known =
               watched.state == State::kSampled || watched.state == State::kZombie;
           return is_known && watched.is_told_of && watched.looked_at;
         });
}

SteadyTime ProcessWatch::look_for_changes_by() const {
  return callbacks_.changes() == changes_ ? SteadyTime::max() : last_look_ + look_interval_;
}

SteadyTime ProcessWatch::look(SteadyTime now) {
  const bool changed = std::exchange(changes_, callbacks_.changes()) != changes_;
  looks_since_change_ = changed ? 0 : looks_since_change_ + 1;
  last_look_ = now;
  add_children(now);  // first: they outlive a parent that ends now
  look_interval_ = std::clamp<Nanoseconds>(
      kLookIntervalPerProcess * static_cast<int>(watched_.size()), kLookInterval, kMaxLookInterval);
  SteadyTime next = now + look_interval_;
  for (auto at = watched_.begin(); at != watched_.end();) {
    auto& [pid, watched] = *at;
    const auto stat = process::process_stat(pid);
    if (!stat || stat->identity.start_time != watched.identity.start_time) {
      end(pid, watched);
      ended_processes_.remove(pid, watched.awaits_count);
      at = watched_.erase(at);
      continue;
    }
    ended_processes_.read(pid, stat->parent, stat->reaped);
    look_at(pid, watched, *stat, now);
    if (watched.state == State::kUnknown) next = std::min(next, watched.next_inspection);
    ++at;
  }
  ended_processes_.end_look(callbacks_.unseen);
  const bool rests = can_rest();
  if (rests && !std::exchange(rests_, rests))
    log(LogLevel::kDebug, "no process is looked for until one changes");
  rests_ = rests;
  return rests ? now + kRest : next;
}

void ProcessWatch::counted(pid_t pid, Nanoseconds cpu) {
  ended_processes_.counted(pid, cpu);
  if (const auto at = watched_.find(pid); at != watched_.end()) at->second.awaits_count = false;
}

void ProcessWatch::end(pid_t pid, Watched& watched) {
  if (watched.state == State::kSampled) callbacks_.ended(pid);
  running_ -= watched.state == State::kZombie ? 0 : 1;
  watched.state = State::kZombie;
}

void ProcessWatch::look_at(pid_t pid, Watched& watched, const process::ProcessStat& stat,
                           SteadyTime now) {
  if (stat.has_ended()) {
    if (watched.state == State::kZombie) return;
    end(pid, watched);
    // The kernel still tells all that it used: then nothing is unclear about it.
    if (watched.is_foreign) ended_processes_.counted(pid, cpu_of(pid));
    ended_processes_.set_foreign(pid, false);
    return;
  }
  if (stat.identity != watched.identity) execute(pid, watched, stat.identity, now);
  if (watched.state == State::kUnknown && now >= watched.next_inspection)
    inspect(pid, watched, now);
  ended_processes_.set_foreign(pid, watched.is_foreign);
  if (watched.is_foreign) ended_processes_.counted(pid, cpu_of(pid));
}

// It runs another program now.
void ProcessWatch::execute(pid_t pid, Watched& watched, const process::ProcessIdentity& identity,
                           SteadyTime now) const {
  if (watched.state == State::kSampled) callbacks_.ended(pid);
  const bool counted = watched.state == State::kSampled;  // what it used before
  watched = {.identity = identity,
             .since = counted ? Engine::Since::kNow : watched.since,
             .looked_at = watched.looked_at,
             .next_inspection = now,
             .inspection_interval = kFirstInspectionInterval,
             .awaits_count = watched.awaits_count,
             .is_told_of = watched.is_told_of};
}

void ProcessWatch::inspect(pid_t pid, Watched& watched, SteadyTime now) {
  watched.next_inspection = now + watched.inspection_interval;
  watched.inspection_interval = std::min(watched.inspection_interval * 2, kMaxInspectionInterval);
  const auto interpreter = cpython::find_interpreter(pid);
  watched.is_foreign = !interpreter && interpreter.error().kind() != Error::Kind::kGone;
  if (!interpreter) return refuse(pid, watched, interpreter.error());
  if (!cpython::is_initialized(*interpreter, process::ProcessMemory(pid))) return;
  watched.state = State::kSampled;
  watched.awaits_count = callbacks_.started(pid, *interpreter, watched.since);
}

void ProcessWatch::refuse(pid_t pid, Watched& watched, const Error& error) {
  const bool for_good =
      error.kind() == Error::Kind::kPermission || error.kind() == Error::Kind::kInvalid;
  if (!for_good) return;  // it may become Python, or has ended: asked again
  watched.state = State::kRefused;
  // The pid makes every message another one; the reason behind it does not.
  std::string reason = error.message();
  const std::string number = std::to_string(pid);
  if (const auto at = reason.find(number); at != std::string::npos)
    reason.replace(at, number.size(), "N");
  if (warned_.insert(std::move(reason)).second)
    log(LogLevel::kWarning, "not profiled: {}", error.message());
}

}  // namespace phlox::sampler
