#include "sampler/wake_up.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/check.h"

namespace phlox::sampler {

namespace {

UniqueFd open_event_file() {
  UniqueFd file(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  PHLOX_CHECK(file);
  return file;
}

// Fails only where 2^64 calls wait.
void call_by(const UniqueFd& file) {
  const std::uint64_t one = 1;
  static_cast<void>(::write(file.get(), &one, sizeof one) == sizeof one);
}

void take_calls(const UniqueFd& file) {
  std::uint64_t calls = 0;
  static_cast<void>(::read(file.get(), &calls, sizeof calls) == sizeof calls);
}

}  // namespace

WakeUp::WakeUp() : called_(open_event_file()) {}

void WakeUp::call() { call_by(called_); }

bool WakeUp::wait_until(SteadyTime time, int file) {
  std::array<pollfd, 2> files{pollfd{.fd = called_.get(), .events = POLLIN, .revents = 0},
                              pollfd{.fd = file, .events = POLLIN, .revents = 0}};
  const Nanoseconds left = std::max(Nanoseconds(0), time - Clock::system().steady_now());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
  const timespec timeout{.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
  if (::ppoll(files.data(), files.size(), &timeout, nullptr) <= 0) return false;
  if (files[0].revents == 0) return files[1].revents != 0;
  take_calls(called_);
  return false;
}

Flag::Flag() : file_(open_event_file()) {}

void Flag::set(bool value) {
  if (value_.exchange(value) == value) return;
  if (value) {
    call_by(file_);
  } else {
    take_calls(file_);
  }
}

}  // namespace phlox::sampler
