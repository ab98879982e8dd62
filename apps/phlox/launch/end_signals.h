// EndSignals: lets a command that runs until Ctrl-C end in order. Holds back the signals by which
// people end programs (INT, TERM, HUP); all others act as usual. Make it before any thread.
#pragma once

#include <signal.h>

#include "base/clock.h"

namespace phlox::launch {

class EndSignals {
 public:
  EndSignals();
  EndSignals(const EndSignals&) = delete;
  EndSignals& operator=(const EndSignals&) = delete;

  // True if one came before the time was over; each is reported once.
  bool wait_for(Nanoseconds timeout) const;

 private:
  sigset_t held_{};
};

}  // namespace phlox::launch
