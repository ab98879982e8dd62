#include "sampler/scheduling.h"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>

namespace phlox::sampler {
namespace {

// struct sched_attr of sched_setattr(2), first version; glibc 2.36 does not declare it.
struct SchedAttributes {
  std::uint32_t size;
  std::uint32_t policy;
  std::uint64_t flags;
  std::int32_t nice;
  std::uint32_t priority;
  std::uint64_t runtime;  // for the normal policy: the slice asked for, in ns (kernel 6.12 on)
  std::uint64_t deadline;
  std::uint64_t period;
};

constexpr std::uint64_t kSliceNs = 100'000;

}  // namespace

Priority raise_priority() {
  prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  sched_param lowest{};
  lowest.sched_priority = 1;
  if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &lowest) == 0)
    return Priority::kRealTime;
  SchedAttributes attributes{};
  attributes.size = sizeof attributes;
  attributes.policy = SCHED_OTHER;
  attributes.runtime = kSliceNs;
  return syscall(SYS_sched_setattr, 0, &attributes, 0) == 0 ? Priority::kShortSlice
                                                            : Priority::kNormal;
}

bool move_to_cpu(int cpu) {
  if (cpu < 0 || cpu >= CPU_SETSIZE) return false;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(cpu), &set);
  return sched_setaffinity(0, sizeof set, &set) == 0;
}

int current_cpu() { return sched_getcpu(); }

void sleep_until(SteadyTime time) {
  const auto since_boot = time.time_since_epoch().count();
  const timespec until{since_boot / 1'000'000'000, since_boot % 1'000'000'000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

}  // namespace phlox::sampler
