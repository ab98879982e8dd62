#include "sampler/ended_processes.h"

#include <algorithm>

namespace phlox::sampler {
namespace {

// User and system time are each cut to whole ticks of 1/100 s (USER_HZ).
constexpr Nanoseconds kCutOff = std::chrono::milliseconds(20);
// An account that was read at one look is compared at the next, or, where a child has just gone,
// the one after that.
constexpr int kUnclearLooks = 2;
// The kernel tells of the end of a process within a look or two; who waits for longer is not told
// of.
constexpr int kMaxWait = 8;
constexpr int kRemembered =
    kMaxWait + 2;  // by then all that they have reaped themselves is settled

}  // namespace

void EndedProcesses::add(pid_t pid, const First& first) {
  Account account{.parent = first.parent,
                  .known = first.early,
                  .known_before = first.early,
                  .cpu = first.early_cpu};
  account.reaped.fill(first.early);
  account.reaped[0] = first.reaped;
  accounts_[pid] = account;
}

void EndedProcesses::read(pid_t pid, pid_t parent, Nanoseconds reaped) {
  const auto at = accounts_.find(pid);
  if (at == accounts_.end()) return;
  Account& account = at->second;
  account.parent = parent;
  std::ranges::rotate(account.reaped, account.reaped.end() - 1);
  account.reaped[0] = reaped;
}

void EndedProcesses::counted(pid_t pid, Nanoseconds cpu) {
  const auto waiting = std::ranges::find_if(
      gone_, [pid](const Gone& gone) { return gone.pid == pid && gone.waits; });
  if (waiting != gone_.end()) {
    waiting->account.cpu = std::max(waiting->account.cpu, cpu);
    waiting->waits = false;
    if (waiting->looks > 0)
      settle(*waiting);  // else by the end of the look, when its heirs are known
  } else if (const auto at = accounts_.find(pid); at != accounts_.end()) {
    at->second.cpu = std::max(at->second.cpu, cpu);
  }
}

void EndedProcesses::set_foreign(pid_t pid, bool foreign) {
  if (const auto at = accounts_.find(pid); at != accounts_.end()) at->second.foreign = foreign;
}

// The parent, if it is there; else all that are older, of which one gets it.
std::vector<pid_t> EndedProcesses::heirs_of(pid_t parent) const {
  if (accounts_.contains(parent)) return {parent};
  std::vector<pid_t> heirs;
  for (std::size_t steps = 0; steps <= accounts_.size() + gone_.size(); ++steps) {
    if (const auto at = accounts_.find(parent); at != accounts_.end()) {
      heirs.push_back(parent);
      parent = at->second.parent;
      continue;
    }
    const auto at = std::ranges::find(gone_, parent, &Gone::pid);
    if (at == gone_.end()) break;
    parent = at->account.parent;
  }
  return heirs;
}

void EndedProcesses::remove(pid_t pid, bool wait) {
  const auto at = accounts_.find(pid);
  if (at == accounts_.end()) return;
  gone_.push_back({.pid = pid, .account = at->second, .heirs = {}, .waits = wait});
  accounts_.erase(at);
}

void EndedProcesses::settle(Gone& gone) {
  const Account& account = gone.account;
  gone.settled = true;
  gone.heirs = heirs_of(account.parent);
  for (const pid_t pid : gone.heirs) {
    Account& heir = accounts_.at(pid);
    heir.known += account.cpu + account.known + account.told;
    if (account.foreign) heir.unclear_looks = kUnclearLooks;
  }
}

bool EndedProcesses::give(pid_t pid, Nanoseconds missing, const Take& take) const {
  if (take(pid, missing)) return true;
  for (const pid_t older : heirs_of(accounts_.at(pid).parent))
    if (take(older, missing)) return true;
  return std::ranges::any_of(
      gone_, [&](const Gone& gone) { return gone.is_heir(pid) && take(gone.pid, missing); });
}

void EndedProcesses::end_look(const Take& take) {
  for (Gone& gone : gone_) {
    if (gone.waits && gone.looks == kMaxWait) {
      gone.waits = false;
      gone.account.foreign = true;  // as little is known of it
    }
    // A look later it is known whether the parent went before it.
    if (gone.looks == 0) {
      gone.heirs = heirs_of(gone.account.parent);
    } else if (!gone.waits && !gone.settled) {
      settle(gone);
    }
  }
  for (auto& [pid, account] : accounts_) {
    // What came too much from children that others have got.
    const Nanoseconds excess = account.known_before + account.told - account.reaped[0] - kCutOff;
    if (excess > Nanoseconds(0)) account.known -= excess;
    account.known_before = account.known;

    const auto is_open = [heir = pid](const Gone& gone) {
      return !gone.settled && gone.is_heir(heir);
    };
    const auto open_for_long = [&](const Gone& gone) { return gone.looks > 0 && is_open(gone); };
    if (std::ranges::any_of(gone_, open_for_long)) continue;
    const std::size_t reading = std::ranges::any_of(gone_, is_open) ? 2 : 1;
    const Nanoseconds missing = account.reaped[reading] - account.known - account.told;
    const bool unclear = account.unclear_looks > 0;
    if (unclear) --account.unclear_looks;
    if (missing <= Nanoseconds(0)) continue;
    if (unclear) {
      account.known += missing;
      continue;
    }
    account.told += missing;
    if (!give(pid, missing, take)) untaken_ += missing;
  }
  std::erase_if(gone_, [](Gone& gone) { return ++gone.looks > kRemembered; });
}

}  // namespace phlox::sampler
