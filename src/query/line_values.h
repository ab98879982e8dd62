// What each line of one file took: self of the line being executed, total of all stacks on which
// the line stands, a stack counted once a line however often it recurs.
#pragma once

#include <string_view>
#include <vector>

#include "profile/sum.h"
#include "query/merged_profile.h"

namespace phlox::query {

struct LineValue {
  std::uint32_t line = 0;  // 0: the frame says no line
  profile::Sum self;
  profile::Sum total;
  bool operator==(const LineValue&) const = default;
};

// Of the first side, in the order of lines; `file` as frames name it. Costs one pass over the
// stacks, and their depth for each frame of the file.
std::vector<LineValue> line_values(const MergedProfile& merged, std::string_view file);

}  // namespace phlox::query
