// For tests of trees: stacks written as text.
#pragma once

#include <string_view>
#include <vector>

#include "format/folded.h"
#include "profile/call_tree.h"

namespace phlox::profile::testing {

struct Stacks {
  Profile profile;
  std::vector<StackValue> values;
};

inline Stacks folded(std::string_view text) {
  Stacks out{format::decode_folded(text, {"cpu", "nanoseconds"}).value(), {}};
  for (std::size_t i = 0; i < out.profile.sample_count(); ++i)
    out.values.push_back({out.profile.stacks[i], out.profile.values[i]});
  return out;
}

}  // namespace phlox::profile::testing
