// The calls that trees are built from, as flat columns: a step between symbols and CallTree.
#pragma once

#include <cstdint>
#include <vector>

#include "profile/tree_shape.h"

namespace phlox::profile {

class CallTree;

// A parent stands before its children, node 0 is the root; children of
// one function may be several, as the lines of a function are different stacks.
struct CallNodes {
  std::vector<std::uint32_t> parent;
  std::vector<std::uint32_t> place;   // of the node's function in `functions`; the root has none
  std::vector<FunctionId> functions;  // in the order of siblings
  std::size_t size() const { return parent.size(); }
};

// By name, file and id: what the order of siblings is.
struct ByName {
  const Symbols& symbols;
  bool operator()(FunctionId a, FunctionId b) const;
};

// The functions that are used are appended to `functions`; for each function its place among them.
std::vector<std::uint32_t> number_functions(const Symbols& symbols, const std::vector<bool>& used,
                                            std::vector<FunctionId>& functions);

// The stacks of the symbols as they are: a node's index is its StackId.
CallNodes nodes_of(const Symbols& symbols, FunctionIdentity identity);

// Fills in subtree_end of a tree whose rows have their parents.
void find_subtree_ends(CallTree& tree);

}  // namespace phlox::profile
