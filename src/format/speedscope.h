// speedscope's file format (https://www.speedscope.app/file-format-schema.json), type "sampled".
#pragma once

#include <string>

#include "base/result.h"
#include "profile/profile.h"

namespace phlox::format {

// One speedscope profile for each sample type, in their order; samples of one stack are added
// together and those of value 0 left out. Units that speedscope does not know become "none".
// kLimit when a sum does not fit 64 bits.
Result<std::string> encode_speedscope(const profile::Profile& profile, std::string_view name);

}  // namespace phlox::format
