// The Firefox Profiler's processed format, as far as stacks and their weights go: what its page
// saves, and what `python -m profiling.sampling run --gecko` of CPython 3.15 and samply write.
//
//     meta.interval               ms between two samples
//     threads[].samples           stack (index or null), weight (or null: 1), weightType
//     threads[].stackTable        frame, prefix (index or null); a prefix comes before its stack
//     threads[].frameTable        func, line
//     threads[].funcTable         name, fileName: indices of strings
//
// Tables and strings of a thread stand in the thread or, since version 55 of the format, in part or
// all in `shared`; later versions name a function's file through `source`.
//
// Source: github.com/firefox-devtools/profiler, docs-developer/CHANGELOG-formats.md; CPython 3.15,
// Lib/profiling/sampling/gecko_collector.py (version 57).
#pragma once

#include <string_view>

#include "base/result.h"
#include "profile/profile.h"

namespace phlox::format {

// Of what is JSON.
bool is_firefox_profile(std::string_view json);

// All threads, added up. Samples become nanoseconds by meta.interval, "tracing-ms" by themselves,
// "bytes" are bytes; each must be the unit of `sample_type`. Samples without a stack are left out.
// The profile begins and lasts as meta and the samples say where they say it.
//
// kInvalid, with the place, for what is not JSON or not of this format, another unit, an index of
// nothing, and negative or too large weights.
Result<profile::Profile> decode_firefox_profile(std::string_view text,
                                                const profile::ValueType& sample_type);

}  // namespace phlox::format
