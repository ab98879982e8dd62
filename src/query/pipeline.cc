#include "query/pipeline.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "base/cancellation.h"

namespace phlox::query {

using profile::FunctionId;
using profile::TreeShape;

// Rewrites one shape by one operator: `at` says for each node of the old shape where a stack that
// has come this far stands in the new one.
struct Pipeline::Rewriter {
  Rewriter(const TreeShape& old_shape, const std::vector<bool>& old_occupied)
      : old(old_shape), occupied(old_occupied), at(old.size(), kGone) {}

  std::uint32_t size() const { return static_cast<std::uint32_t>(old.size()); }
  FunctionId function(std::uint32_t node) const { return old.function(node); }
  bool meant(const std::vector<bool>& matching, std::uint32_t node) const {
    return node != TreeShape::kRoot && matching[profile::index_of(function(node))];
  }

  // The node's stack as it is.
  std::uint32_t copy(std::uint32_t node) {
    if (copied.empty()) {
      copied.assign(old.size(), kGone);
      copied[TreeShape::kRoot] = TreeShape::kRoot;
    }
    if (copied[node] == kGone)  // at most kMaxStackFrames deep
      copied[node] = shape.child(copy(old.parent(node)), function(node));
    return copied[node];
  }
  // The node's stack back to the root of the old shape, as a stack of its own.
  std::uint32_t reversed(std::uint32_t node) {
    std::uint32_t to = TreeShape::kRoot;
    for (; node != TreeShape::kRoot; node = old.parent(node)) to = shape.child(to, function(node));
    return to;
  }

  void keep(const std::vector<bool>& kept);
  void contains(const std::vector<bool>& matching, bool wanted);
  void focus(const profile::Symbols& symbols, const FramePath& path);
  void below(const std::vector<bool>& matching);
  void callers(const std::vector<bool>& matching);
  void take_out(const std::vector<bool>& matching, Operator::Kind kind);
  void recursion(const std::vector<bool>& matching);
  void invert();
  void join(const profile::Symbols& symbols, const FramePath& frames);
  void rewrite(const profile::Symbols& symbols, const Operator& op);

  const TreeShape& old;
  const std::vector<bool>& occupied;
  TreeShape shape;
  std::vector<std::uint32_t> at;
  std::vector<std::uint32_t> copied;
};

namespace {

// An order of functions that does not depend on which came into the table first.
bool goes_before(const profile::Symbols& symbols, FunctionId left, FunctionId right) {
  const auto key = [&](FunctionId id) {
    const profile::Function& function = symbols.function(id);
    return std::tuple(symbols.string(function.name), symbols.string(function.file),
                      symbols.string(function.module), function.kind, function.first_line);
  };
  return key(left) < key(right);
}

}  // namespace

void Pipeline::Rewriter::keep(const std::vector<bool>& kept) {
  for (std::uint32_t node = 0; node < size(); ++node) {
    if (kept[node] && occupied[node]) at[node] = copy(node);
  }
}

void Pipeline::Rewriter::contains(const std::vector<bool>& matching, bool wanted) {
  std::vector<bool> has(size());
  for (std::uint32_t node = 1; node < size(); ++node)
    has[node] = has[old.parent(node)] || meant(matching, node);
  if (!wanted) has.flip();
  keep(has);
}

void Pipeline::Rewriter::focus(const profile::Symbols& symbols, const FramePath& path) {
  std::vector<std::vector<bool>> steps;
  for (const FrameSelector& step : path) steps.push_back(step.matching(symbols));
  constexpr std::uint32_t kOff = UINT32_MAX;
  std::vector<std::uint32_t> done(size(), kOff);  // how many steps led here
  std::vector<bool> kept(size());
  done[TreeShape::kRoot] = 0;
  for (std::uint32_t node = 1; node < size(); ++node) {
    const std::uint32_t before = done[old.parent(node)];
    if (before == kOff) continue;
    if (before == steps.size()) {
      done[node] = before;
    } else if (meant(steps[before], node)) {
      done[node] = before + 1;
    }
    kept[node] = done[node] == steps.size();
  }
  keep(kept);
}

void Pipeline::Rewriter::below(const std::vector<bool>& matching) {
  for (std::uint32_t node = 1; node < size(); ++node) {
    const std::uint32_t parent = at[old.parent(node)];
    if (parent != kGone) {
      at[node] = shape.child(parent, function(node));
    } else if (meant(matching, node)) {
      at[node] = shape.child(TreeShape::kRoot, function(node));
    }
  }
}

void Pipeline::Rewriter::callers(const std::vector<bool>& matching) {
  for (std::uint32_t node = 1; node < size(); ++node) {
    const std::uint32_t parent = at[old.parent(node)];
    if (parent != kGone) {
      at[node] = parent;
    } else if (meant(matching, node)) {
      at[node] = reversed(node);
    }
  }
}

// hide, drop and merge: a frame that goes leaves its stack where its caller stands.
void Pipeline::Rewriter::take_out(const std::vector<bool>& matching, Operator::Kind kind) {
  at[TreeShape::kRoot] = TreeShape::kRoot;
  std::vector<bool> dropped(size());
  for (std::uint32_t node = 1; node < size(); ++node) {
    const std::uint32_t parent = old.parent(node);
    bool goes = meant(matching, node);
    if (kind == Operator::Kind::kDrop) dropped[node] = goes = goes || dropped[parent];
    if (kind == Operator::Kind::kMerge) goes = goes && meant(matching, parent);
    at[node] = goes ? at[parent] : shape.child(at[parent], function(node));
  }
}

void Pipeline::Rewriter::recursion(const std::vector<bool>& matching) {
  at[TreeShape::kRoot] = TreeShape::kRoot;
  for (std::uint32_t node = 1; node < size(); ++node) {
    const std::uint32_t parent = at[old.parent(node)];
    std::uint32_t outer = TreeShape::kRoot;
    if (meant(matching, node)) {
      outer = parent;
      while (outer != TreeShape::kRoot && shape.function(outer) != function(node))
        outer = shape.parent(outer);
    }
    at[node] = outer != TreeShape::kRoot ? outer : shape.child(parent, function(node));
  }
}

void Pipeline::Rewriter::invert() {
  for (std::uint32_t node = 0; node < size() && shape.size() <= kMaxShapeNodes; ++node) {
    if (occupied[node]) at[node] = reversed(node);
  }
}

void Pipeline::Rewriter::join(const profile::Symbols& symbols, const FramePath& frames) {
  std::vector<bool> joined = frames[0].matching(symbols);
  const std::vector<bool> into = frames[1].matching(symbols);
  FunctionId one = profile::kNoFunction;
  for (std::uint32_t node = 1; node < size(); ++node) {
    if (!meant(into, node)) continue;
    joined[profile::index_of(function(node))] = true;
    if (one == profile::kNoFunction || goes_before(symbols, function(node), one))
      one = function(node);
  }
  at[TreeShape::kRoot] = TreeShape::kRoot;
  for (std::uint32_t node = 1; node < size(); ++node) {
    const bool is_joined = one != profile::kNoFunction && meant(joined, node);
    at[node] = shape.child(at[old.parent(node)], is_joined ? one : function(node));
  }
}

void Pipeline::Rewriter::rewrite(const profile::Symbols& symbols, const Operator& op) {
  if (op.kind == Operator::Kind::kFocus) return focus(symbols, op.frames);
  if (op.kind == Operator::Kind::kInvert) return invert();
  if (op.kind == Operator::Kind::kJoin) return join(symbols, op.frames);
  const std::vector<bool> matching = op.frames[0].matching(symbols);
  switch (op.kind) {
    case Operator::Kind::kContains:
      return contains(matching, true);
    case Operator::Kind::kExcludes:
      return contains(matching, false);
    case Operator::Kind::kBelow:
      return below(matching);
    case Operator::Kind::kCallers:
      return callers(matching);
    case Operator::Kind::kRecursion:
      return recursion(matching);
    default:
      return take_out(matching, op.kind);
  }
}

namespace {

// By node: the product of the factors of the distinct chosen functions on its stack.
std::vector<Ratio> ratios_of(const profile::Symbols& symbols, const TreeShape& shape,
                             std::span<const Operator> scales) {
  std::vector<Ratio> factor(symbols.function_count());
  std::vector<bool> chosen(symbols.function_count());
  for (const Operator& scale : scales) {
    const std::vector<bool> matching = scale.frames[0].matching(symbols);
    for (std::size_t i = 0; i < matching.size(); ++i) {
      if (!matching[i]) continue;
      factor[i] = factor[i].times(scale.factor);
      chosen[i] = true;
    }
  }
  std::vector<Ratio> out(shape.size());
  for (std::uint32_t node = 1; node < shape.size(); ++node) {
    const std::uint32_t parent = shape.parent(node);
    const FunctionId function = shape.function(node);
    out[node] = out[parent];
    if (!chosen[profile::index_of(function)]) continue;
    std::uint32_t outer = parent;
    while (outer != TreeShape::kRoot && shape.function(outer) != function)
      outer = shape.parent(outer);
    if (outer == TreeShape::kRoot) out[node] = out[node].times(factor[profile::index_of(function)]);
  }
  return out;
}

}  // namespace

void Pipeline::add_stage(Stage stage, std::vector<bool>& occupied) {
  std::vector<bool> now(stage.size);
  for (std::size_t node = 0; node < occupied.size(); ++node) {
    if (occupied[node] && stage.target[node] != kGone) now[stage.target[node]] = true;
  }
  occupied = std::move(now);
  stages_.push_back(std::move(stage));
}

Result<Pipeline> Pipeline::plan(const profile::Symbols& symbols, TreeShape shape,
                                std::vector<bool> occupied, std::span<const Operator> operators) {
  Pipeline out;
  out.planned_size_ = shape.size();
  out.shape_ = std::move(shape);
  while (!operators.empty()) {
    PHLOX_TRY(check_not_cancelled());
    const auto is_scale = [](const Operator& op) { return op.kind == Operator::Kind::kScale; };
    const auto other = std::ranges::find_if_not(operators, is_scale);
    const auto scales = operators.first(static_cast<std::size_t>(other - operators.begin()));
    if (!scales.empty()) {
      out.stages_.push_back({.target = {},
                             .size = out.shape_.size(),
                             .ratio = ratios_of(symbols, out.shape_, scales)});
      operators = operators.subspan(scales.size());
      continue;
    }
    Rewriter rewriter(out.shape_, occupied);
    rewriter.rewrite(symbols, operators.front());
    if (rewriter.shape.size() > kMaxShapeNodes)
      return Error::limit("a tree of more than {} nodes; ask for a shorter range or fewer series",
                          kMaxShapeNodes);
    out.add_stage({.target = std::move(rewriter.at), .size = rewriter.shape.size(), .ratio = {}},
                  occupied);
    out.shape_ = std::move(rewriter.shape);
    operators = operators.subspan(1);
  }
  return out;
}

std::optional<std::vector<bool>> Pipeline::kept() const {
  std::vector<std::uint32_t> at(planned_size_);
  std::iota(at.begin(), at.end(), 0u);
  for (const Stage& stage : stages_) {
    if (!stage.ratio.empty()) return std::nullopt;
    for (std::uint32_t& node : at) node = node == kGone ? kGone : stage.target[node];
  }
  std::vector<bool> kept(planned_size_);
  for (std::size_t node = 0; node < at.size(); ++node) kept[node] = at[node] != kGone;
  return kept;
}

std::vector<profile::Sum> Pipeline::apply(std::vector<profile::Sum> self) const {
  for (const Stage& stage : stages_) {
    if (!stage.ratio.empty()) {
      for (std::size_t node = 0; node < stage.size; ++node) {
        if (self[node] != profile::Sum()) self[node] = stage.ratio[node].of(self[node]);
      }
      continue;
    }
    std::vector<profile::Sum> moved(stage.size);
    for (std::size_t node = 0; node < self.size(); ++node) {
      if (stage.target[node] != kGone) moved[stage.target[node]] += self[node];
    }
    self = std::move(moved);
  }
  return self;
}

}  // namespace phlox::query
