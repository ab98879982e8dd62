// Merged profiles in the forms in which they leave the server: cut to what a view can show, or
// whole.
#pragma once

#include <span>

#include "profile/profile.h"
#include "query/flamebearer.h"
#include "query/merged_profile.h"
#include "query/visible_tree.h"

namespace phlox::api {

struct CutTree {
  profile::CallTree tree;
  query::VisibleTree visible;
};
// After the operators. Of a comparison, functions that differ only in their first line are the
// same.
Result<CutTree> cut_tree(const query::MergedProfile& merged,
                         std::span<const query::Operator> operators, std::size_t max_nodes);
Result<query::Flamebearer> flame_graph(const query::MergedProfile& merged,
                                       std::span<const query::Operator> operators,
                                       std::size_t max_nodes);

// The first side as a profile of one sample type over the range that it is exact for. Operators
// work on functions: after them each frame stands on its function's first line. Takes the symbols
// out of `merged`.
Result<profile::Profile> to_profile(query::MergedProfile merged,
                                    std::span<const query::Operator> operators);

}  // namespace phlox::api
