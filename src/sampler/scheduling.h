// How the sampling thread gets the CPU when it wants it, and on which one.
#pragma once

#include "base/clock.h"

namespace phlox::sampler {

enum class Priority {
  kRealTime,    // SCHED_FIFO: wakes at once beside busy threads
  kShortSlice,  // normal policy with a slice of 100 us, which makes the scheduler prefer it when it
                // wakes
  kNormal,
};

// For the calling thread: the best of the above that the system permits, and timers without slack.
Priority raise_priority();

// Pins the calling thread to one CPU; it runs there when this returns. False if the CPU is not one
// it may use. From another CPU this costs a switch there: 10 us and more.
bool move_to_cpu(int cpu);

// On which CPU the calling thread runs.
int current_cpu();

void sleep_until(SteadyTime time);

}  // namespace phlox::sampler
