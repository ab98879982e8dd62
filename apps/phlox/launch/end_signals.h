// EndSignals: lets a command that runs until Ctrl-C end in order. Holds back the signals by which
// people end programs (INT, TERM, HUP); all others act as usual. Make it before any thread.
#pragma once

#include <signal.h>

#include "base/clock.h"
#include "base/unique_fd.h"

namespace phlox::launch {

class EndSignals {
 public:
  EndSignals();
  EndSignals(const EndSignals&) = delete;
  EndSignals& operator=(const EndSignals&) = delete;

  // True if one came before the time was over, and before `file` could be read if there is one;
  // each is reported once.
  bool wait_for(Nanoseconds timeout, int file = -1) const;

 private:
  sigset_t held_{};
  UniqueFd signals_;  // can be read when one has come
};

}  // namespace phlox::launch
