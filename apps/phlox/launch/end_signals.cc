#include "launch/end_signals.h"

#include <algorithm>
#include <ctime>
#include <initializer_list>

#include "base/check.h"

namespace phlox::launch {

EndSignals::EndSignals() {
  ::sigemptyset(&held_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&held_, signal);
  PHLOX_CHECK(::sigprocmask(SIG_BLOCK, &held_, nullptr) == 0);
}

bool EndSignals::wait_for(Nanoseconds timeout) const {
  const auto whole = std::max(Nanoseconds(0), timeout);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(whole);
  const timespec wait{.tv_sec = seconds.count(), .tv_nsec = (whole - seconds).count()};
  // Interrupted by a signal of another kind (a stop and its SIGCONT): then the caller's loop comes
  // round early.
  return ::sigtimedwait(&held_, nullptr, &wait) > 0;
}

}  // namespace phlox::launch
