// Types of the profiles that the tests of this folder make.
#pragma once

#include "profile/profile_type.h"

namespace phlox::format {

inline const profile::ValueType kCpu{"cpu", "nanoseconds"};

}  // namespace phlox::format
