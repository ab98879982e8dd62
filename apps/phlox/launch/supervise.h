// supervise: stands between a program and whoever started us, so that neither notices.
//
// Signals. What a process sends to us is sent on to the program. What the kernel sends to a whole
// process group (Ctrl-C, Ctrl-Z, a resized or lost terminal) has reached the program already, since
// it is in our group, and is not sent on: si_code tells the two apart. Three more rules:
//   - SIGHUP and SIGCONT of a lost terminal go to the session leader alone; if that is us, they are
//     sent on. So is an alarm set before we were executed.
//   - What the program itself sends (kill(0, ..) reaches us too) is not sent back to it.
//   - kill(-pgrp, ..) by another process looks like a signal to us alone; the program then gets it
//     twice. SIGKILL and SIGSTOP cannot be sent on: the program lives on.
//
// Job control. When the program stops, we stop by the same signal, so that a shell sees its job
// stopped. Without a controlling terminal only if the stop signal came to us too: nobody would
// continue us after a SIGSTOP that was meant for the program.
#pragma once

#include <sys/types.h>

#include "launch/held_signals.h"

namespace phlox::launch {

// What became of a program: its exit code, or the signal it died of.
struct Ending {
  int exit_code = 0;
  int signal = 0;  // 0 unless it died of one
};

// Returns when the child has ended, and leaves it there to be waited for: how much CPU time it used
// can still be read. `child` is a child of this process and nobody else waits for it.
Ending supervise(pid_t child, const HeldSignals& signals);

// Returns the exit code, or dies of the signal as the program did, without a core dump of our own.
int end_as(const Ending& ending);

}  // namespace phlox::launch
