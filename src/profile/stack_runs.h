// StackRuns: the prefix tree of Symbols as its branches, for passes over millions of nodes.
//
// The nodes of a new stack are appended one behind the other, so nearly every node's parent is the
// node before it. A run is a stretch of such nodes; all but its first follow from their place:
//
//     node     0       1     2    3      4     5     6
//              (root)  main  run  handle foo   bar   baz       run 0: 1 to 4, turns off at the root
//     parent           0     1    2      3     3     5         run 1: 5 to 6, turns off at 3
//
// Follows symbols that only grow, by extend(). Costs some 30 bytes a run and 4 bytes a node. Not
// thread-safe; whoever guards the symbols guards this too.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "profile/symbols.h"

namespace phlox::profile {

class StackRuns {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  struct Run {
    std::uint32_t begin;           // its first node
    std::uint32_t parent;          // the node that it turns off at: of an earlier run, or the root
    std::uint32_t parent_run;      // kNone for the root
    std::uint32_t next_at_parent;  // another run that turns off there, or kNone
  };

  // Looks at no more than `most` of the nodes that the symbols have gained; false when it has seen
  // all. The symbols are the same each time, and each function is in them once.
  bool extend(const Symbols& symbols, std::size_t most = SIZE_MAX);

  // Nodes seen; at least the root.
  std::uint32_t node_count() const { return static_cast<std::uint32_t>(functions_.size()); }
  std::uint32_t size() const { return static_cast<std::uint32_t>(runs_.size()); }
  const Run& operator[](std::uint32_t run) const { return runs_[run]; }
  // One behind its last node.
  std::uint32_t end(std::uint32_t run) const {
    return run + 1 < size() ? runs_[run + 1].begin : node_count();
  }
  // The run of a node that is not the root, which is not before the run `from`. Cheap if it is
  // near.
  std::uint32_t run_of(std::uint32_t node, std::uint32_t from) const;
  // The runs that turn off at a node: the first of them, the others by next_at_parent.
  std::uint32_t first_at(std::uint32_t node) const {
    const auto found = first_at_.find(node);
    return found == first_at_.end() ? kNone : found->second;
  }
  // Of a node that is not the root. In the order of the nodes, where two look-ups in the symbols
  // would be in that of their frames.
  FunctionId function(std::uint32_t node) const {
    return id_at<FunctionId>(functions_[node] & ~kRecurs);
  }
  // Has the memory that function() and recurs() will read fetched.
  void prefetch_function(std::uint32_t node) const { __builtin_prefetch(&functions_[node]); }
  // Whether the function of a node stands among its callers too.
  bool recurs(std::uint32_t node) const { return (functions_[node] & kRecurs) != 0; }

 private:
  static constexpr std::uint32_t kRecurs = 1u << 31;

  void begin_run(std::uint32_t node, std::uint32_t parent);
  void mark_callers(const Symbols& symbols, StackId node);

  std::vector<Run> runs_;
  boost::unordered_flat_map<std::uint32_t, std::uint32_t> first_at_;
  std::vector<std::uint32_t> functions_ = {0};  // by node; kRecurs is a flag
  std::vector<std::uint32_t> marked_;           // by function: the last path that it was met on
  std::uint32_t path_ = 0;
};

}  // namespace phlox::profile
