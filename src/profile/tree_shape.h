// TreeShape: which calls there are, without their values: what a call tree is built from, and what
// operators on trees rewrite.
//
// Nodes in order of first sight, so that a parent stands before its children; node 0 is the root.
// A node names its function; the lines within a function are not told apart. Grows by one thread.
// Finding a child costs one hash look-up, but for a child that stands right behind its parent, as
// nine of ten do where whole stacks are added.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <span>
#include <vector>

#include "profile/symbols.h"

namespace phlox::profile {

inline constexpr FunctionId kNoFunction = static_cast<FunctionId>(UINT32_MAX);  // of the root

class TreeShape {
 public:
  static constexpr std::uint32_t kRoot = 0;

  std::size_t size() const { return function_.size(); }  // at least 1, the root
  FunctionId function(std::uint32_t node) const { return function_[node]; }
  std::uint32_t parent(std::uint32_t node) const { return parent_[node]; }  // the root's is itself

  // Added if it is new.
  std::uint32_t child(std::uint32_t parent, FunctionId function) {
    const auto next = static_cast<std::uint32_t>(size());
    // The last node has no children yet.
    if (const std::uint32_t behind = parent + 1; behind < next) {
      if (parent_[behind] == parent && function_[behind] == function) return behind;
      const std::uint64_t key = std::uint64_t{parent} << 32 | static_cast<std::uint32_t>(function);
      const auto [entry, added] = child_.try_emplace(key, next);
      if (!added) return entry->second;
    }
    function_.push_back(function);
    parent_.push_back(parent);
    return next;
  }

 private:
  std::vector<FunctionId> function_ = {kNoFunction};
  std::vector<std::uint32_t> parent_ = {kRoot};
  // Of nodes that do not stand right behind their parent.
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> child_;
};

// When two functions are the same one. Exact: name, file, first line, module and kind. Across a
// change of the source, first lines move, so a comparison looks past them.
enum class FunctionIdentity { kExact, kIgnoreFirstLine };

// Maps each function to the one that stands for all that are the same: the first seen. Index is
// FunctionId.
std::vector<FunctionId> representatives(const Symbols& symbols, FunctionIdentity identity);

// The nodes of stacks, added to a shape as they are asked for. Keeps references to both; what the
// symbols gain after construction is unknown here.
class StackNodes {
 public:
  StackNodes(const Symbols& symbols, FunctionIdentity identity, TreeShape& shape);
  std::uint32_t node_of(StackId stack);

 private:
  const Symbols& symbols_;
  TreeShape& shape_;
  std::vector<FunctionId> representative_;
  std::vector<std::uint32_t> node_of_stack_;
};

}  // namespace phlox::profile
