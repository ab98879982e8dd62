// Text that austin writes (github.com/P403n1x87/austin, src/logging.c and src/events.h; versions 3
// and, by mojo2austin, 4): one sample a line, root first, microseconds since the thread's last one.
//
//     # austin: 3.7.0
//     # interval: 10000
//     # mode: cpu
//
//     P25005;T0:25007;/usr/lib/python3.11/threading.py:Thread.run:975;/srv/app.py:foo:4 14216
//
//     # duration: 1540405
#pragma once

#include <string_view>

#include "base/result.h"
#include "profile/profile.h"

namespace phlox::format {

// By its first line that is not blank.
bool is_austin(std::string_view text);

// Modes cpu and wall, each as the sample type of that name in nanoseconds; the file's interval is
// the period, its duration the profile's (0 where it was cut off); the start stays unknown. Samples
// of all processes and threads are kept, but not whose they were. What austin marks is named as in
// our own profiles: ":GC:" is <gc>, ":INVALID:" [unreadable], a thread without frames [no frame].
//
// kInvalid, naming the line, for a mode of memory, which counts what the process gives back too; a
// sample above the line "# mode:"; anything that is not of this form.
Result<profile::Profile> decode_austin(std::string_view text);

}  // namespace phlox::format
