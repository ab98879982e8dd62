// Text that `perf script` writes (Linux, tools/perf/builtin-script.c, process_event): a line that
// says what was sampled, below it the stack, leaf first, each frame after a tab.
//
//     python3 28288 32649.393091:   10101010 cpu-clock:
//     <tab>          1009c7 PyObject_Free+0x77 (/usr/bin/python3.11)
//     <tab>    7f68594fb080 py::foo:/srv/app.py+0x8 (/tmp/perf-28288.map)
//
// Command, pid or pid/tid, perhaps [cpu], seconds since boot, the period, the event. Recorded
// without call graphs, the one frame stands on the same line.
#pragma once

#include <string_view>

#include "base/result.h"
#include "profile/profile.h"

namespace phlox::format {

// By its first line that is no comment, or the header that `perf script --header` writes.
bool is_perf_script(std::string_view text);

// cpu-clock and task-clock are the sample type cpu in nanoseconds; any other event is a sample type
// of its own in "count", a ':' inside its name written as '.'. A sample's value is its period. The
// command is the label `comm` (swapper: a CPU that was idle, which a clock of all CPUs counts too);
// pid, tid and cpu are not kept. The duration is the time from the first sample to the last, the
// start stays unknown. Functions of Python that perf knows (`python -X perf`, CPython 3.12,
// Python/perf_trampoline.c: "py::NAME:FILE") are told from C's.
//
// kInvalid, naming the line, for a second event, which must not be added up with the first; a
// sample without a period; anything that is not of this form.
Result<profile::Profile> decode_perf_script(std::string_view text);

}  // namespace phlox::format
