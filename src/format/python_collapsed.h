// What `python -m profiling.sampling run --collapsed` of CPython 3.15 writes: folded stacks that
// begin with a thread, with files before the functions and samples as values.
//
//     tid:8041;app.py:<module>:9;app.py:foo:3;<native> 75
//
// Source: CPython 3.15, Lib/profiling/sampling/stack_collector.py, CollapsedStackCollector.
#pragma once

#include <string_view>

#include "base/result.h"
#include "profile/profile.h"

namespace phlox::format {

// By the first line that is not blank.
bool is_python_collapsed(std::string_view text);

// Values are samples; threads are added together. kInvalid, with the line's number, for a line that
// has another form.
Result<profile::Profile> decode_python_collapsed(std::string_view text,
                                                 const profile::ValueType& sample_type);

}  // namespace phlox::format
