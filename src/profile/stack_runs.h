// StackRuns: the prefix tree of Symbols as its branches, for passes over millions of nodes.
//
// The nodes of a new stack are appended one behind the other, so nearly every node's parent is the
// node before it. A run is a stretch of such nodes; all but its first follow from their place:
//
//     node     0       1     2    3      4     5     6
//              (root)  main  run  handle foo   bar   baz       run 0: 1 to 4, turns off at the root
//     parent           0     1    2      3     3     5         run 1: 5 to 6, turns off at 3
//
// Follows symbols that only grow, by extend(). Costs some 50 bytes a run and 4 bytes a node. Not
// thread-safe; whoever guards the symbols guards this too.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "profile/stack_segments.h"
#include "profile/symbols.h"

namespace phlox::profile {

class StackRuns {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  struct Run {
    std::uint32_t begin;       // its first node
    std::uint32_t parent;      // the node that it turns off at: of an earlier run, or the root
    std::uint32_t parent_run;  // kNone for the root
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
  // The runs that turn off at a node, in the order of their nodes.
  std::span<const std::uint32_t> runs_at(std::uint32_t node) const {
    const auto found = turn_offs_.find(node);
    if (found == turn_offs_.end()) return {};
    return std::span(turned_off_).subspan(found->second.begin, found->second.count);
  }
  // Of a node that is not the root. In the order of the nodes, where two look-ups in the symbols
  // would be in that of their frames.
  FunctionId function(std::uint32_t node) const {
    return id_at<FunctionId>(functions_[node] & ~kRecurs);
  }
  // Whether the function of a node stands among its callers too.
  bool recurs(std::uint32_t node) const { return (functions_[node] & kRecurs) != 0; }

  // Says that a stack ends at a node, which the symbols have: no run tells.
  void mark_end(std::uint32_t node) { set_end(node); }
  // Of the first nodes, which are seen. Costs a step for 64 of them.
  StackSegments segments(std::uint32_t node_count) const { return {ends_, node_count}; }
  // Changes when the segments of any number of nodes do.
  std::uint64_t segments_version() const { return segments_version_; }

 private:
  static constexpr std::uint32_t kRecurs = 1u << 31;

  // Where those that turn off at a node stand in turned_off_. There is room for bit_ceil(count).
  struct TurnOffs {
    std::uint32_t begin;
    std::uint32_t count;
  };

  void begin_run(std::uint32_t node, std::uint32_t parent);
  void add_turn_off(std::uint32_t node, std::uint32_t run);
  void mark_callers(const Symbols& symbols, StackId node);
  void set_end(std::uint32_t node);

  std::vector<Run> runs_;
  boost::unordered_flat_map<std::uint32_t, TurnOffs> turn_offs_;  // by node
  std::vector<std::uint32_t> turned_off_;
  std::vector<std::uint64_t> ends_ = {1};  // a bit a node: the root's, and those of segments
  std::uint64_t segments_version_ = 0;
  std::vector<std::uint32_t> functions_ = {0};  // by node; kRecurs is a flag
  std::vector<std::uint32_t> marked_;           // by function: the last path that it was met on
  std::uint32_t path_ = 0;
};

}  // namespace phlox::profile
