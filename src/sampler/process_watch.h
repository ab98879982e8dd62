// ProcessWatch: which processes there are to profile: those asked for and all their descendants, as
// they start, fork, execute another program and end; and what CPU time they used unseen
// (ended_processes.h). It looks at /proc again and again, but for long rests where the
// engine is told by the kernel that nothing happens; one thread; a look costs some 15 us a process,
// and some milliseconds once for each new one.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/clock.h"
#include "cpython/interpreter.h"
#include "process/thread_stat.h"
#include "sampler/ended_processes.h"
#include "sampler/engine.h"

namespace phlox::sampler {

class ProcessWatch {
 public:
  // A program in a process: told once when it can be sampled, and once when it is over, by its end
  // or by exec.
  struct Callbacks {
    // False: it is not sampled, and counted() does not come.
    std::function<bool(pid_t, const cpython::Interpreter&, Engine::Since)> started;
    std::function<void(pid_t)> ended;
    // As those of Engine.
    std::function<bool(pid_t)> watch;
    std::function<std::uint64_t()> changes;
    // CPU time of processes that have ended, which is in no profile: false if that of this process
    // cannot have it.
    EndedProcesses::Take unseen;
  };

  explicit ProcessWatch(Callbacks callbacks) : callbacks_(std::move(callbacks)) {}

  // `since`: kBirth for a process that the caller has started and that has not run yet.
  void follow(pid_t root, Engine::Since since);
  // Looks once. Returns when the next look is due.
  SteadyTime look(SteadyTime now);
  // When the next look is due for what has happened since the last one; max() if nothing has, or
  // nobody tells.
  SteadyTime look_for_changes_by() const;
  // To be called when a program that was started is over: the CPU time that its process had used
  // by then, as far as it is in profiles, is before the start or cannot be.
  void counted(pid_t pid, Nanoseconds cpu);
  // What unseen() is told of those that end now comes so many looks later.
  static constexpr int kLooksToSettle = 3;
  // True when nothing is left to watch.
  bool idle() const { return running_ == 0; }
  // What nobody took from unseen().
  Nanoseconds untaken() const { return ended_processes_.untaken(); }

 private:
  enum class State { kUnknown, kSampled, kRefused, kZombie };
  struct Watched {
    process::ProcessIdentity identity;
    Engine::Since since = Engine::Since::kNow;
    State state = State::kUnknown;
    bool looked_at = false;  // its children are known; later ones were born under our eyes
    SteadyTime next_inspection{};
    Nanoseconds inspection_interval{};
    bool awaits_count = false;  // a program in it was started, and counted() has not come yet
    bool is_foreign = false;    // it was looked into and is not to be profiled
    bool is_told_of = false;    // changes() grows with what happens to it
  };

  void add(pid_t pid, SteadyTime now, Engine::Since since);
  std::optional<pid_t> settled_pid(std::optional<pid_t> newest, SteadyTime now);
  void add_children(SteadyTime now);
  bool can_rest() const;
  void end(pid_t pid, Watched& watched);
  void look_at(pid_t pid, Watched& watched, const process::ProcessStat& stat, SteadyTime now);
  void execute(pid_t pid, Watched& watched, const process::ProcessIdentity& identity,
               SteadyTime now) const;
  void inspect(pid_t pid, Watched& watched, SteadyTime now);
  void refuse(pid_t pid, Watched& watched, const Error& error);

  Callbacks callbacks_;
  std::map<pid_t, Watched> watched_;
  std::size_t running_ = 0;  // of them, without zombies
  EndedProcesses ended_processes_;
  // The newest number that was given out, at a look at least kSettled ago and at one since.
  struct KnownPid {
    std::optional<pid_t> newest;
    SteadyTime at{};
  };
  KnownPid settled_;
  KnownPid recent_;
  SteadyTime next_full_look_{};
  // What had happened before the look of that time; so often was looked since.
  std::uint64_t changes_ = 0;
  int looks_since_change_ = 0;
  bool rests_ = false;
  SteadyTime last_look_{};
  Nanoseconds look_interval_{};
  std::set<std::string> warned_;  // each reason is said once
};

}  // namespace phlox::sampler
