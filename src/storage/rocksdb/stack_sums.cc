#include "storage/rocksdb/stack_sums.h"

#include <algorithm>

namespace phlox::storage {

Result<> StackSums::add_cell(std::string_view value) {
  // A pair takes two bytes at least. Room for all of them, as a branch on whether a sum is new is
  // guessed wrong too often, and then waits for the memory.
  const std::size_t most = touched_count_ + value.size() / 2 + 1;
  if (touched_.size() < most) touched_.resize(std::max(most, 2 * touched_.size()));
  std::uint32_t* const touched = touched_.data();
  std::size_t count = touched_count_;
  CellReader cell(value);
  while (cell.next()) {
    if (cell.stack() >= stack_count_)
      return Error::corrupt("a cell names stack {} of {}", cell.stack(), stack_count_);
    touched[count] = cell.stack();
    std::uint64_t& sum = sums_[cell.stack()];
    count += sum == 0 ? 1u : 0u;
    std::uint64_t next = 0;
    if (cell.value() > Wide{UINT64_MAX} ||
        __builtin_add_overflow(sum, static_cast<std::uint64_t>(cell.value()), &next)) [[unlikely]] {
      giants_[cell.stack()] += cell.value();
    } else {
      sum = next;
    }
  }
  touched_count_ = count;
  if (cell.failed()) return Error::corrupt("a damaged cell");
  return {};
}

// What was added for a stack; 0 afterwards.
profile::Sum StackSums::take(std::uint32_t stack) {
  Wide sum = std::exchange(sums_[stack], 0);
  if (!giants_.empty()) [[unlikely]]
    sum += std::exchange(giants_[stack], 0);
  return profile::Sum::from_wide(sum);
}

Result<> StackSums::add(std::span<const Tile> tiles) {
  for (const Tile& tile : tiles) {
    PHLOX_TRY(scan_.visit(tile, selection_.groups, [&](const CellKey& key, std::string_view value) {
      return selection_.row(key.series) == SeriesSelection::kNoRow ? Result<>() : add_cell(value);
    }));
  }
  return {};
}

std::vector<StackSum> StackSums::take() {
  const auto touched = std::span(touched_).first(std::exchange(touched_count_, 0));
  std::ranges::sort(touched);
  std::vector<StackSum> found;
  found.reserve(touched.size());
  for (const std::uint32_t stack : touched) {
    const profile::Sum sum = take(stack);
    if (sum != profile::Sum()) found.push_back({stack, sum});  // else it was listed twice
  }
  giants_.clear();
  return found;
}

Result<std::span<std::int64_t>> StackSums::by_stack() {
  for (const auto& [stack, rest] : giants_)
    PHLOX_TRY(profile::Sum::from_wide(rest + sums_[stack]).to_int64());
  return std::span(reinterpret_cast<std::int64_t*>(sums_.get()), stack_count_);
}

}  // namespace phlox::storage
