// A call tree in the bytes of Pyroscope's clients (its pkg/model/tree.go, MarshalTruncate): nodes
// in preorder, beginning with a root without a name,
//
//     varint length | name | varint self | varint number of children | the children ...
//
// What is hidden below a node is one child named "other".
#pragma once

#include <string>

#include "query/visible_tree.h"

namespace phlox::query {

// Of a tree with one side. Empty when the tree is.
std::string tree_bytes(const profile::Symbols& symbols, const profile::CallTree& tree,
                       const VisibleTree& visible);

}  // namespace phlox::query
