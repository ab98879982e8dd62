// Folded stacks: one line a stack, root first, frames joined by ';', a space and the value.
//
//     main (app.py:3);foo (app.py:10) 75
//
// Also the notation in which tests write and dump stacks: "main;foo 75\nmain;bar 25".
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "profile/profile.h"

namespace phlox::format {

// "name (file:line)" gives file and line of the frame; anything else is a name. Blank lines are
// passed over. Every other fault is an error that names the line: no value, not a number, negative,
// over 2^53, not UTF-8, an empty frame. The profile has the one sample type given.
Result<profile::Profile> decode_folded(std::string_view text,
                                       const profile::ValueType& sample_type);

// Frames as "name (file:line)" where a file is known, else "name". ';' inside a name becomes ':'.
// Lines are sorted; samples of one stack are added together. `value_index` picks the sample type.
Result<std::string> encode_folded(const profile::Profile& profile, std::size_t value_index = 0);

}  // namespace phlox::format
