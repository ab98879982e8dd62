// The top table: self and total of each function over a whole call tree. A function that calls
// itself counts once in its total, so foo's total is the value of all samples in which foo stands
// anywhere on the stack.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "profile/call_tree.h"

namespace phlox::profile {

struct FunctionValue {
  FunctionId function{};
  std::array<std::int64_t, 2> self{};  // by side; the second is 0 when the tree has one
  std::array<std::int64_t, 2> total{};
  bool operator==(const FunctionValue&) const = default;
};

// One row a function, in order of first appearance in the tree.
std::vector<FunctionValue> top_table(const CallTree& tree);

}  // namespace phlox::profile
