// speedscope's file format (https://www.speedscope.app/file-format-schema.json), type "sampled".
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "profile/profile.h"

namespace phlox::format {

// One speedscope profile for each sample type, in their order; samples of one stack are added
// together and those of value 0 left out. Units that speedscope does not know become "none".
// kLimit when a sum does not fit 64 bits.
Result<std::string> encode_speedscope(const profile::Profile& profile, std::string_view name);

// A file's profiles, added up: other writers have one for each thread. "sampled" and "evented" are
// read. Times become nanoseconds, "bytes" bytes, and both must be the unit of `sample_type`;
// weights of unit "none" count samples of `sample_value` each. Fractions are rounded, carrying what
// is left to the next weight of the profile, so that a sum is wrong by less than one.
//
// kInvalid, with the place, for what is not JSON or not of this format, another unit, an index of
// no frame, negative and too large weights, events out of order; and for a file of phlox that holds
// several sample types, which must not be added up.
Result<profile::Profile> decode_speedscope(std::string_view text,
                                           const profile::ValueType& sample_type,
                                           double sample_value);

}  // namespace phlox::format
