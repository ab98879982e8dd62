// A call tree as a graph for Graphviz: functions as nodes, who called whom as edges.
#pragma once

#include <string>

#include "profile/call_tree.h"

namespace phlox::query {

// Of a tree with one side: its `max_functions` largest functions by total, and the edges between
// them. A node says self and total, an edge the value of the samples in which the one called the
// other; a recursion counts once, as in the top table.
std::string dot(const profile::Symbols& symbols, const profile::CallTree& tree,
                const std::string& unit, std::size_t max_functions);

}  // namespace phlox::query
