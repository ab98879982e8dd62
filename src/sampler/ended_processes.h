// EndedProcesses: CPU time of processes that ended before they were looked at, or used after the
// last look at them.
//
// What a process has used is gone with it, except in one place: the kernel adds it to an account of
// the parent that asked for its end (cutime and cstime of proc(5)), together with what the process
// had on that account of its own. So of each watched process
//
//     what is missing = growth of its account - what was counted of children that are gone
//
// The account is told in whole ticks of 10 ms of user and of system time, so up to 20 ms of a
// process are told late. What is missing of a child that is no Python is not told: all of it is not
// profiled.
//
// The order of readings matters, as a child may end between any two. An account that was read at
// one look holds no child that was there at the next; so it is compared one look later. Which
// account a child has come to is settled another look later, when it is known whether its parent
// went before it. If so it may have come to any older one: it is taken from the accounts of all,
// and where that was too much, the next look sees it. One thread; no system calls.
#pragma once

#include <sys/types.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <vector>

#include "base/clock.h"

namespace phlox::sampler {

class EndedProcesses {
 public:
  // `reaped`: its account when it is first seen. `early`: the part of it that nobody asks for,
  // which is all of it unless the process was seen to start; of its own CPU time the same.
  struct First {
    pid_t parent = 0;
    Nanoseconds reaped{};
    Nanoseconds early{};
    Nanoseconds early_cpu{};
  };
  void add(pid_t pid, const First& first);
  // At each look, of each process that is there, as a zombie too.
  void read(pid_t pid, pid_t parent, Nanoseconds reaped);

  // What was counted of its CPU time, early_cpu included, if it ended now.
  void counted(pid_t pid, Nanoseconds cpu);
  // It is no Python, or Python after all.
  void set_foreign(pid_t pid, bool foreign);
  // It is not there any more. `wait`: counted() is still to come; what it says is then final.
  void remove(pid_t pid, bool wait);

  // Ends a look. `take` gets a process whose profile may have what is missing, and says whether
  // there is one: first the parent, then older ones, then children that have just gone.
  using Take = std::function<bool(pid_t, Nanoseconds)>;
  void end_look(const Take& take);

  // Nothing will be found missing by looks at which nothing has changed.
  bool is_settled() const { return gone_.empty(); }

  // Found missing, but nobody took it.
  Nanoseconds untaken() const { return untaken_; }

 private:
  struct Account {
    pid_t parent = 0;
    std::array<Nanoseconds, 3> reaped{};  // at the last looks, newest first
    Nanoseconds known{};                  // of it: early, or counted of children that are gone
    Nanoseconds known_before{};           // as of the end of the look before
    Nanoseconds told{};                   // of it: as missing
    int unclear_looks = 0;                // in which a foreign child may have come to it
    Nanoseconds cpu{};                    // of the process itself, as counted
    bool foreign = false;
  };
  struct Gone {
    pid_t pid = 0;
    Account account;
    std::vector<pid_t> heirs;  // to whose account it may have come
    bool waits = false;
    bool settled = false;  // taken from its heirs' accounts
    int looks = 0;         // that have ended since
    bool is_heir(pid_t other) const { return std::ranges::find(heirs, other) != heirs.end(); }
  };

  std::vector<pid_t> heirs_of(pid_t parent) const;
  void settle(Gone& gone);
  bool give(pid_t pid, Nanoseconds missing, const Take& take) const;

  std::map<pid_t, Account> accounts_;
  std::vector<Gone> gone_;  // until it plays no part any more
  Nanoseconds untaken_{};
};

}  // namespace phlox::sampler
