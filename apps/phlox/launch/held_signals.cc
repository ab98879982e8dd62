#include "launch/held_signals.h"

#include <errno.h>
#include <fcntl.h>

#include <initializer_list>

#include "base/check.h"

namespace phlox::launch {

HeldSignals::HeldSignals() {
  ::sigfillset(&all_);
  PHLOX_CHECK(::sigprocmask(SIG_SETMASK, &all_, &mask_before_) == 0);
  // Who started us may have ignored SIGCHLD; then the kernel would keep no exit status for us.
  struct sigaction standard{};
  standard.sa_handler = SIG_DFL;
  PHLOX_CHECK(::sigaction(SIGCHLD, &standard, &sigchld_before_) == 0);
}

void HeldSignals::restore() const {
  ::sigaction(SIGCHLD, &sigchld_before_, nullptr);
  ::sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
}

siginfo_t HeldSignals::wait() const {
  siginfo_t info{};
  while (::sigwaitinfo(&all_, &info) < 0) PHLOX_CHECK(errno == EINTR);
  return info;
}

bool HeldSignals::end_requested() {
  sigset_t pending;
  PHLOX_CHECK(::sigpending(&pending) == 0);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT})
    if (::sigismember(&pending, signal) == 1) return true;
  return false;
}

void occupy_standard_descriptors() {
  // open() takes the lowest free number, so each closed one of the three is met in turn.
  for (int fd = 0; fd <= 2; ++fd)
    if (::fcntl(fd, F_GETFD) < 0) PHLOX_CHECK(::open("/dev/null", O_RDWR | O_CLOEXEC) == fd);
}

}  // namespace phlox::launch
