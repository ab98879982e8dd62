// The flame graph as Pyroscope's clients read it: rows of numbers, level 0 the root "total".
//
//     one side    4 a node:  x, total, self, name
//     two sides   7 a node:  left x, left total, left self, right x, right total, right self, name
//
// x is the distance from the end of the node before on the same row. What is hidden below a node is
// one child named "other".
#pragma once

#include <string>
#include <vector>

#include "query/visible_tree.h"

namespace phlox::query {

struct Flamebearer {
  std::vector<std::string> names;
  std::vector<std::vector<std::int64_t>> levels;
  std::vector<std::int64_t> totals;  // by side
  std::int64_t max_self = 0;
};

Flamebearer flamebearer(const profile::Symbols& symbols, const profile::CallTree& tree,
                        const VisibleTree& visible);

}  // namespace phlox::query
