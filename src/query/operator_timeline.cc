#include "query/operator_timeline.h"

#include <algorithm>
#include <optional>

#include "query/pipeline.h"

namespace phlox::query {
namespace {

// Runs points through a pipeline that is planned again when a stack is met for the first time. The
// stacks of the whole range are known beforehand, so that happens for those written meanwhile.
class Points {
 public:
  Points(const profile::Symbols& symbols, std::span<const Operator> operators)
      : symbols_(symbols),
        operators_(operators),
        are_filters_(std::ranges::all_of(operators, [](const Operator& op) {
          return op.kind == Operator::Kind::kContains || op.kind == Operator::Kind::kExcludes;
        })) {}

  Result<profile::Sum> run(std::span<const profile::StackValue> values) {
    if (!knows(values)) PHLOX_TRY(learn(values));
    profile::Sum total;
    if (passes_) {
      for (const auto& value : values) {
        if ((*passes_)[profile::index_of(value.stack)]) total += value.value;
      }
      return total;
    }
    std::vector<profile::Sum> self(size_);
    for (const auto& value : values) self[node_of_[profile::index_of(value.stack)]] += value.value;
    for (const profile::Sum& sum : pipeline_.apply(std::move(self))) total += sum;
    return total;
  }

  Result<> learn(std::span<const profile::StackValue> values) {
    if (are_filters_) {
      passes_ = filtered_stacks();
      return {};
    }
    node_of_.resize(symbols_.stack_count(), kUnseen);
    profile::StackNodes nodes(symbols_, profile::FunctionIdentity::kExact, shape_);
    for (const auto& value : values)
      node_of_[profile::index_of(value.stack)] = nodes.node_of(value.stack);
    size_ = shape_.size();
    PHLOX_TRY(pipeline_,
              Pipeline::plan(symbols_, shape_, std::vector<bool>(size_, true), operators_));
    if (const auto kept = pipeline_.kept()) passes_ = stacks_of(*kept);
    return {};
  }

 private:
  bool knows(std::span<const profile::StackValue> values) const {
    if (are_filters_) return passes_ && passes_->size() == symbols_.stack_count();
    return std::ranges::all_of(values, [&](const profile::StackValue& value) {
      return profile::index_of(value.stack) < node_of_.size() &&
             node_of_[profile::index_of(value.stack)] != kUnseen;
    });
  }

  // Filters need no tree: whether a stack passes shows along its callers.
  std::vector<bool> filtered_stacks() const {
    std::vector<bool> passes(symbols_.stack_count(), true);
    std::vector<bool> has(passes.size());
    for (const Operator& op : operators_) {
      const std::vector<bool> matching = op.frames[0].matching(symbols_);
      const bool wanted = op.kind == Operator::Kind::kContains;
      if (wanted) passes[0] = false;  // the empty stack has no frame
      for (std::size_t i = 1; i < passes.size(); ++i) {
        const profile::StackNode& node = symbols_.stack(profile::id_at<profile::StackId>(i));
        has[i] = has[profile::index_of(node.parent)] ||
                 matching[profile::index_of(symbols_.frame(node.frame).function)];
        if (has[i] != wanted) passes[i] = false;
      }
    }
    return passes;
  }
  // By stack, from nodes.
  std::vector<bool> stacks_of(const std::vector<bool>& kept) const {
    std::vector<bool> passes(node_of_.size());
    for (std::size_t i = 0; i < passes.size(); ++i)
      passes[i] = node_of_[i] != kUnseen && kept[node_of_[i]];
    return passes;
  }

  static constexpr std::uint32_t kUnseen = UINT32_MAX;
  const profile::Symbols& symbols_;
  std::span<const Operator> operators_;
  const bool are_filters_;
  // By stack, where all that happens to values is that they pass or not; the rest is for operators
  // that are no filters.
  std::optional<std::vector<bool>> passes_;
  profile::TreeShape shape_;
  std::size_t size_ = 0;
  std::vector<std::uint32_t> node_of_;  // by stack
  Pipeline pipeline_;
};

}  // namespace

Result<std::vector<storage::Totals>> operator_timeline(storage::Store& store,
                                                       const Selection& selection,
                                                       const PointPlan& plan,
                                                       std::span<const Operator> operators) {
  profile::Symbols symbols;
  PHLOX_TRY(const auto whole, store.merge(selection.selector, selection.type, plan.whole, symbols));
  Points points(symbols, operators);
  PHLOX_TRY(points.learn(whole.values));
  std::vector<storage::Totals> out(plan.points.size());
  PHLOX_TRY(store.merge_points(selection.selector, selection.type, plan.points, symbols,
                               [&](std::size_t point, storage::Merged merged) -> Result<> {
                                 out[point] = merged.totals;
                                 PHLOX_TRY(out[point].value, points.run(merged.values));
                                 return {};
                               }));
  return out;
}

}  // namespace phlox::query
