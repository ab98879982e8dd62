#include "launch/end_signals.h"

#include <poll.h>
#include <sys/signalfd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <initializer_list>

#include "base/check.h"

namespace phlox::launch {

EndSignals::EndSignals() {
  ::sigemptyset(&held_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&held_, signal);
  PHLOX_CHECK(::sigprocmask(SIG_BLOCK, &held_, nullptr) == 0);
  signals_.reset(::signalfd(-1, &held_, SFD_CLOEXEC));
  PHLOX_CHECK(signals_);
}

bool EndSignals::wait_for(Nanoseconds timeout, int file) const {
  const auto whole = std::max(Nanoseconds(0), timeout);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(whole);
  const timespec wait{.tv_sec = seconds.count(), .tv_nsec = (whole - seconds).count()};
  std::array<pollfd, 2> files{pollfd{.fd = signals_.get(), .events = POLLIN, .revents = 0},
                              pollfd{.fd = file, .events = POLLIN, .revents = 0}};
  // Interrupted by a signal of another kind (a stop and its SIGCONT): then the caller's loop comes
  // round early.
  if (::ppoll(files.data(), files.size(), &wait, nullptr) <= 0 || files[0].revents == 0)
    return false;
  constexpr timespec kNow{};
  return ::sigtimedwait(&held_, nullptr, &kNow) > 0;
}

}  // namespace phlox::launch
