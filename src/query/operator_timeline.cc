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
    if (are_filters_) return sum_of_filtered(values);
    const bool is_known = std::ranges::all_of(values, [&](const profile::StackValue& value) {
      return profile::index_of(value.stack) < node_of_.size() &&
             node_of_[profile::index_of(value.stack)] != kUnseen;
    });
    if (!is_known) PHLOX_TRY(learn(values));
    if (kept_) return sum_of_kept(*kept_, values);
    std::vector<profile::Sum> self(size_);
    for (const auto& value : values) self[node_of_[profile::index_of(value.stack)]] += value.value;
    profile::Sum total;
    for (const profile::Sum& sum : pipeline_.apply(std::move(self))) total += sum;
    return total;
  }

  Result<> learn(std::span<const profile::StackValue> values) {
    if (are_filters_) return {};
    node_of_.resize(symbols_.stack_count(), kUnseen);
    profile::StackNodes nodes(symbols_, profile::FunctionIdentity::kExact, shape_);
    for (const auto& value : values)
      node_of_[profile::index_of(value.stack)] = nodes.node_of(value.stack);
    size_ = shape_.size();
    PHLOX_TRY(pipeline_,
              Pipeline::plan(symbols_, shape_, std::vector<bool>(size_, true), operators_));
    kept_ = pipeline_.kept();
    return {};
  }

 private:
  profile::Sum sum_of_kept(const std::vector<bool>& kept,
                           std::span<const profile::StackValue> values) const {
    profile::Sum total;
    for (const auto& value : values) {
      if (kept[node_of_[profile::index_of(value.stack)]]) total += value.value;
    }
    return total;
  }

  // Filters need no tree: whether a stack is kept shows along its callers.
  profile::Sum sum_of_filtered(std::span<const profile::StackValue> values) {
    if (passes_.size() != symbols_.stack_count()) filter_stacks();
    profile::Sum total;
    for (const auto& value : values) {
      if (passes_[profile::index_of(value.stack)]) total += value.value;
    }
    return total;
  }
  void filter_stacks() {
    passes_.assign(symbols_.stack_count(), true);
    std::vector<bool> has(passes_.size());
    for (const Operator& op : operators_) {
      const std::vector<bool> matching = op.frames[0].matching(symbols_);
      const bool wanted = op.kind == Operator::Kind::kContains;
      if (wanted) passes_[0] = false;  // the empty stack has no frame
      for (std::size_t i = 1; i < passes_.size(); ++i) {
        const profile::StackNode& node = symbols_.stack(profile::id_at<profile::StackId>(i));
        has[i] = has[profile::index_of(node.parent)] ||
                 matching[profile::index_of(symbols_.frame(node.frame).function)];
        if (has[i] != wanted) passes_[i] = false;
      }
    }
  }

  static constexpr std::uint32_t kUnseen = UINT32_MAX;
  const profile::Symbols& symbols_;
  std::span<const Operator> operators_;
  const bool are_filters_;
  std::vector<bool> passes_;  // by stack, if they are
  profile::TreeShape shape_;
  std::size_t size_ = 0;
  std::vector<std::uint32_t> node_of_;  // by stack
  Pipeline pipeline_;
  std::optional<std::vector<bool>> kept_;  // by node, where values are only kept or not
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
