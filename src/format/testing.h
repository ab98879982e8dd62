// What the tests and fuzzers of this folder share.
#pragma once

#include "profile/profile.h"
#include "profile/profile_type.h"

namespace phlox::format {

inline const profile::ValueType kCpu{"cpu", "nanoseconds"};

// The same profile with all of its stacks written out.
inline profile::Profile interned(const profile::HashedProfile& hashed) {
  profile::Profile out{hashed, {}};
  const auto importer = hashed.source->importer(out.symbols);
  for (profile::StackId& stack : out.stacks) stack = importer->import(stack);
  return out;
}

}  // namespace phlox::format
