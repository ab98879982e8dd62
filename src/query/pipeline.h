// Pipeline: operators worked out for the shape of a call tree; then values can be run through, as
// often as wanted. Working out costs one pass over the nodes an operator (times the depth for
// callers, invert and recursion), running values through one addition a node and operator.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "profile/call_tree.h"
#include "query/operators.h"

namespace phlox::query {

// Turning a tree around can make it larger by its depth.
inline constexpr std::size_t kMaxShapeNodes = 20'000'000;

class Pipeline {
 public:
  // The shape and symbols are those of the values to come. `occupied` tells, by node, where values
  // can stand. kLimit for a result of more than kMaxShapeNodes, kGone
  // once the work of this thread is cancelled.
  static Result<Pipeline> plan(const profile::Symbols& symbols, profile::TreeShape shape,
                               std::vector<bool> occupied, std::span<const Operator> operators);

  const profile::TreeShape& shape() const { return shape_; }  // of the result
  // If all that happens to a value is that it moves or goes: whether it is still there in the end,
  // by node of the shape that was planned for.
  std::optional<std::vector<bool>> kept() const;
  // By node of the shape that was planned for, to values by node of the result.
  std::vector<profile::Sum> apply(std::vector<profile::Sum> self) const;

 private:
  static constexpr std::uint32_t kGone = UINT32_MAX;

  // One step: where each node's own value goes, and what it is multiplied with there.
  struct Stage {
    std::vector<std::uint32_t> target;  // by node; kGone: nowhere
    std::size_t size = 0;               // nodes after it
    std::vector<Ratio> ratio;           // by node after it; empty: as it is
  };
  struct Rewriter;

  void add_stage(Stage stage, std::vector<bool>& occupied);

  std::size_t planned_size_ = 0;
  profile::TreeShape shape_;
  std::vector<Stage> stages_;
};

}  // namespace phlox::query
