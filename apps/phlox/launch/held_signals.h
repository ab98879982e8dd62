// HeldSignals: from here on every signal of this process waits until it is asked for with
// sigwaitinfo, and none of them ends or interrupts us. Threads started later inherit that.
//
// Make it while there is one thread. What it changed is put back only in a child, by restore(): a
// program we start must find signals as we did.
#pragma once

#include <signal.h>

namespace phlox::launch {

class HeldSignals {
 public:
  HeldSignals();
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

  // For a forked child, before it executes; async-signal-safe.
  void restore() const;

  // The next signal, with who sent it.
  siginfo_t wait() const;
  // True if one of those by which people end programs (INT, TERM, HUP, QUIT) waits; it stays.
  static bool end_requested();

 private:
  sigset_t all_{};
  sigset_t mask_before_{};
  struct sigaction sigchld_before_{};
};

// Opens /dev/null, closed on exec, where descriptor 0, 1 or 2 is closed: else the next file or
// socket we open would take that number, and our messages would go there.
void occupy_standard_descriptors();

}  // namespace phlox::launch
