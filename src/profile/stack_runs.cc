#include "profile/stack_runs.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/check.h"

namespace phlox::profile {

std::uint32_t StackRuns::run_of(std::uint32_t node, std::uint32_t from) const {
  std::uint32_t step = 1;
  for (; size() - from > step && runs_[from + step].begin <= node; step *= 2) from += step;
  const auto first = runs_.begin() + from;
  const auto last = first + std::min(step, size() - from);
  const auto after = std::upper_bound(
      first, last, node, [](std::uint32_t a, const Run& run) { return a < run.begin; });
  return static_cast<std::uint32_t>(after - runs_.begin()) - 1;
}

void StackRuns::begin_run(std::uint32_t node, std::uint32_t parent) {
  const bool at_root = parent == index_of(StackId::kEmpty);
  add_turn_off(parent, size());
  runs_.push_back({node, parent, at_root ? kNone : run_of(parent, 0)});
  set_end(parent);
  set_end(node - 1);
}

// Where there is no room left, all that turn off there move to the end, with room for as many more.
void StackRuns::add_turn_off(std::uint32_t node, std::uint32_t run) {
  const auto end = static_cast<std::uint32_t>(turned_off_.size());
  const auto [found, added] = turn_offs_.try_emplace(node, TurnOffs{end, 0});
  TurnOffs& at = found->second;
  if (added) {
    turned_off_.resize(end + 1);
  } else if (std::has_single_bit(at.count)) {
    turned_off_.resize(end + 2 * at.count);
    std::copy_n(turned_off_.begin() + at.begin, at.count, turned_off_.begin() + end);
    at.begin = end;
  }
  turned_off_[at.begin + at.count++] = run;
}

void StackRuns::set_end(std::uint32_t node) {
  if (node / 64 >= ends_.size()) ends_.resize(node / 64 + 1);
  const std::uint64_t bit = std::uint64_t{1} << node % 64;
  if ((ends_[node / 64] & bit) != 0) return;
  ends_[node / 64] |= bit;
  ++segments_version_;
}

// A path of its own, with the functions of the node and of all its callers.
void StackRuns::mark_callers(const Symbols& symbols, StackId node) {
  if (++path_ == 0) {  // after 2^32 of them
    std::ranges::fill(marked_, 0);
    path_ = 1;
  }
  for (; node != StackId::kEmpty; node = symbols.stack(node).parent)
    marked_[index_of(function(static_cast<std::uint32_t>(node)))] = path_;
}

bool StackRuns::extend(const Symbols& symbols, std::size_t most) {
  const std::size_t left = symbols.stack_count() - node_count();
  const auto end = static_cast<std::uint32_t>(node_count() + std::min(most, left));
  PHLOX_CHECK(symbols.function_count() < kRecurs);
  marked_.resize(symbols.function_count());
  for (bool is_first = true; node_count() < end; is_first = false) {
    const std::uint32_t at = node_count();
    const StackNode& node = symbols.stack(id_at<StackId>(at));
    const auto parent = static_cast<std::uint32_t>(node.parent);
    const bool goes_on = parent == at - 1 && node.parent != StackId::kEmpty;
    if (!goes_on) begin_run(at, parent);
    if (!goes_on || is_first) mark_callers(symbols, node.parent);
    const auto function = static_cast<std::uint32_t>(symbols.frame(node.frame).function);
    const bool recurs = std::exchange(marked_[function], path_) == path_;
    functions_.push_back(function | (recurs ? kRecurs : 0));
  }
  if (ends_.size() < node_count() / 64 + 1) ends_.resize(node_count() / 64 + 1);
  return node_count() < symbols.stack_count();
}

}  // namespace phlox::profile
