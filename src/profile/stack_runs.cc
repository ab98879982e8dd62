#include "profile/stack_runs.h"

#include <algorithm>

namespace phlox::profile {

std::uint32_t StackRuns::run_of(std::uint32_t node) const {
  const auto after = std::ranges::upper_bound(runs_, node, {}, &Run::begin);
  return static_cast<std::uint32_t>(after - runs_.begin()) - 1;
}

void StackRuns::begin_run(std::uint32_t node, std::uint32_t parent) {
  const bool at_root = parent == index_of(StackId::kEmpty);
  const auto [first, added] = first_at_.try_emplace(parent, size());
  const std::uint32_t next = added ? kNone : std::exchange(first->second, size());
  runs_.push_back({node, parent, at_root ? kNone : run_of(parent), next});
}

// A path of its own, with the functions of the node and of all its callers.
void StackRuns::mark_callers(const Symbols& symbols, StackId node) {
  if (++path_ == 0) {  // after 2^32 of them
    std::ranges::fill(marked_, 0);
    path_ = 1;
  }
  for (; node != StackId::kEmpty; node = symbols.stack(node).parent)
    marked_[index_of(symbols.frame(symbols.stack(node).frame).function)] = path_;
}

bool StackRuns::extend(const Symbols& symbols, std::size_t most) {
  const std::size_t left = symbols.stack_count() - node_count_;
  const auto end = static_cast<std::uint32_t>(node_count_ + std::min(most, left));
  marked_.resize(symbols.function_count());
  recurs_.resize(symbols.stack_count() / 64 + 1);
  for (bool is_first = true; node_count_ < end; ++node_count_, is_first = false) {
    const StackNode& node = symbols.stack(id_at<StackId>(node_count_));
    const auto parent = static_cast<std::uint32_t>(node.parent);
    const bool goes_on = parent == node_count_ - 1 && node.parent != StackId::kEmpty;
    if (!goes_on) begin_run(node_count_, parent);
    if (!goes_on || is_first) mark_callers(symbols, node.parent);
    std::uint32_t& mark = marked_[index_of(symbols.frame(node.frame).function)];
    if (mark == path_) {
      recurs_[node_count_ / 64] |= std::uint64_t{1} << (node_count_ % 64);
    } else {
      mark = path_;
    }
  }
  return node_count_ < symbols.stack_count();
}

}  // namespace phlox::profile
