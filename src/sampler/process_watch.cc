#include "sampler/process_watch.h"

#include <algorithm>
#include <vector>

#include "base/log.h"
#include "process/process_tree.h"

namespace phlox::sampler {
namespace {

constexpr Nanoseconds kLookInterval = std::chrono::milliseconds(250);
// A program that has just started is Python within some milliseconds, or never; in between it is
// asked ever more rarely.
constexpr Nanoseconds kFirstInspectionInterval = std::chrono::milliseconds(10);
constexpr Nanoseconds kMaxInspectionInterval = std::chrono::seconds(10);
constexpr std::size_t kMaxWatched = 10'000;

// A process that is over may still be there as a zombie until its parent has asked for its status.
bool is_over(pid_t pid) {
  const auto text = process::read_proc_file(fmt::format("/proc/{}/stat", pid));
  if (!text) return true;
  const auto stat = process::parse_thread_stat(*text);
  return !stat || stat->state == 'Z' || stat->state == 'X';
}

}  // namespace

void ProcessWatch::follow(pid_t root, Engine::Since since) { add(root, SteadyTime(), since); }

void ProcessWatch::add(pid_t pid, SteadyTime now, Engine::Since since) {
  if (watched_.size() >= kMaxWatched || watched_.contains(pid)) return;
  const auto identity = process::process_identity(pid);
  if (!identity) return;
  watched_.emplace(pid, Watched{.identity = *identity,
                                .since = since,
                                .looked_at = since == Engine::Since::kBirth,
                                .next_inspection = now,
                                .inspection_interval = kFirstInspectionInterval});
}

SteadyTime ProcessWatch::look(SteadyTime now) {
  std::vector<pid_t> pids;
  for (const auto& [pid, watched] : watched_) pids.push_back(pid);
  for (const pid_t pid : pids) {
    // Children first: they outlive a parent that ends now.
    Watched& parent = watched_.at(pid);
    const auto since = parent.looked_at ? Engine::Since::kBirth : Engine::Since::kNow;
    for (const pid_t child : process::children_of(pid)) add(child, now, since);
    parent.looked_at = true;
  }
  SteadyTime next = now + kLookInterval;
  for (auto at = watched_.begin(); at != watched_.end();) {
    auto& [pid, watched] = *at;
    if (is_over(pid)) {
      if (watched.state == State::kSampled) callbacks_.ended(pid);
      at = watched_.erase(at);
      continue;
    }
    look_at(pid, watched, now);
    if (watched.state == State::kUnknown) next = std::min(next, watched.next_inspection);
    ++at;
  }
  return next;
}

void ProcessWatch::look_at(pid_t pid, Watched& watched, SteadyTime now) {
  const auto identity = process::process_identity(pid);
  if (identity && *identity != watched.identity) {
    if (watched.state == State::kSampled) callbacks_.ended(pid);
    const bool counted = watched.state == State::kSampled;  // what it used before
    watched = {.identity = *identity,
               .since = counted ? Engine::Since::kNow : watched.since,
               .looked_at = watched.looked_at,
               .next_inspection = now,
               .inspection_interval = kFirstInspectionInterval};
  }
  if (watched.state == State::kUnknown && now >= watched.next_inspection)
    inspect(pid, watched, now);
}

void ProcessWatch::inspect(pid_t pid, Watched& watched, SteadyTime now) {
  watched.next_inspection = now + watched.inspection_interval;
  watched.inspection_interval = std::min(watched.inspection_interval * 2, kMaxInspectionInterval);
  const auto interpreter = cpython::find_interpreter(pid);
  if (!interpreter) return refuse(pid, watched, interpreter.error());
  if (!cpython::is_initialized(*interpreter, process::ProcessMemory(pid))) return;
  watched.state = State::kSampled;
  callbacks_.started(pid, *interpreter, watched.since);
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
