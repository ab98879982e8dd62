// CallTree: values of stacks added up by function, for one side or for the two sides of a
// comparison.
//
// Columns, one row a node, in preorder with siblings sorted by function name and file. For
// "main;foo 75" and "main;bar 25":
//
//     row  function  parent  depth  subtree_end  self  total
//      0   (root)      -       0        4          0    100
//      1   main        0       1        4          0    100
//      2   bar         1       2        3         25     25
//      3   foo         1       2        4         75     75
//
// For every row and side: total = self + the children's totals. The lines within a function are
// added together. Immutable once built; any thread may read. Building costs a few passes over all
// stack nodes of the symbols and a sort of siblings, no look-ups.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "profile/sum.h"
#include "profile/tree_shape.h"

namespace phlox::profile {

struct StackValue {
  StackId stack{};
  std::int64_t value = 0;
  bool operator==(const StackValue&) const = default;
};

// The same values by node of a shape.
struct StackSelf {
  StackSelf(const Symbols& symbols, std::span<const std::span<const StackValue>> sides,
            FunctionIdentity identity);
  TreeShape shape;
  std::vector<std::vector<Sum>> by_side;  // [side][node]
};

class CallTree {
 public:
  // One or two sides. A stack may occur more than once. kLimit if a total does not fit 64 bits,
  // kGone once the work of this thread is cancelled. `symbols` is not kept.
  static Result<CallTree> build(const Symbols& symbols,
                                std::span<const std::span<const StackValue>> sides,
                                FunctionIdentity identity = FunctionIdentity::kExact);
  static Result<CallTree> build(const Symbols& symbols, std::span<const StackValue> values);
  // `self` is by [side][node of the shape]; nodes below which all sides are 0 are left out.
  static Result<CallTree> build(const Symbols& symbols, const TreeShape& shape,
                                std::span<const std::vector<Sum>> self);

  std::size_t size() const { return function.size(); }  // at least 1, the root
  std::size_t side_count() const { return self.size(); }

  std::vector<FunctionId> function;
  std::vector<std::uint32_t> parent;
  std::vector<std::uint32_t> depth;
  std::vector<std::uint32_t> subtree_end;        // the row after the last descendant
  std::vector<std::vector<std::int64_t>> self;   // [side][row]
  std::vector<std::vector<std::int64_t>> total;  // [side][row]
};

}  // namespace phlox::profile
