#include "storage/rocksdb/stack_sums.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/check.h"

namespace phlox::storage {

StackSums::~StackSums() {
  if (are_many()) {
    std::fill_n(table_.data(), stack_count_, 0);
  } else {
    for (const std::uint32_t stack : std::span(touched_).first(touched_count_)) table_[stack] = 0;
  }
  tables_.give_back(std::move(table_));
}

// As many pairs as there is room for.
Result<> StackSums::fill(Batch& batch, CellReader& cell) {
  batch.size = 0;
  while (batch.size < Batch::kMost && cell.next()) {
    const std::uint32_t stack = cell.stack();
    if (stack >= stack_count_)
      return Error::corrupt("a cell names stack {} of {}", stack, stack_count_);
    __builtin_prefetch(&table_[stack], 1);
    const bool fits = cell.value() <= Wide{UINT64_MAX};
    if (!fits) [[unlikely]]
      giants_[stack] += cell.value();
    batch.stacks[batch.size] = stack;
    batch.values[batch.size] = fits ? static_cast<std::uint64_t>(cell.value()) : 0;
    ++batch.size;
  }
  return {};
}

void StackSums::add(std::uint32_t stack, std::uint64_t value) {
  std::uint64_t& sum = table_[stack];
  std::uint64_t next = 0;
  if (__builtin_add_overflow(sum, value, &next)) [[unlikely]] {
    giants_[stack] += Wide{value};
  } else {
    sum = next;
  }
}

// Those whose sum is 0. Room for all of them, as a branch on whether one is new is guessed wrong
// too often.
void StackSums::list(std::span<const std::uint32_t> stacks) {
  const std::size_t most = touched_count_ + stacks.size();
  if (touched_.size() < most) touched_.resize(std::max(most, 2 * touched_.size()));
  std::uint32_t* const touched = touched_.data();
  std::size_t count = touched_count_;
  for (const std::uint32_t stack : stacks) {
    touched[count] = stack;
    count += table_[stack] == 0 ? 1u : 0u;
  }
  touched_count_ = count;
}

// A stack is in a cell once.
void StackSums::add(const Batch& batch) {
  if (!are_many()) list(std::span(batch.stacks).first(batch.size));
  for (std::size_t i = 0; i < batch.size; ++i) add(batch.stacks[i], batch.values[i]);
}

void StackSums::add(StackSums& other) {
  PHLOX_CHECK(other.stack_count_ == stack_count_);
  for (const auto& [stack, rest] : std::exchange(other.giants_, {})) giants_[stack] += rest;
  if (other.are_many()) {
    touched_count_ = std::max(touched_count_, list_at_most_ + 1);
    for (std::uint32_t stack = 0; stack < stack_count_; ++stack) add(stack, other.table_[stack]);
    return;
  }
  const auto touched = std::span(other.touched_).first(std::exchange(other.touched_count_, 0));
  if (!are_many()) list(touched);
  for (const std::uint32_t stack : touched) add(stack, std::exchange(other.table_[stack], 0));
}

Result<> StackSums::add_cell(std::string_view value) {
  CellReader cell(value);
  Batch batch;
  do {
    PHLOX_TRY(fill(batch, cell));
    add(batch);
  } while (batch.size == Batch::kMost);
  if (cell.failed()) return Error::corrupt("a damaged cell");
  return {};
}

// What was added for a stack; 0 afterwards.
profile::Sum StackSums::take(std::uint32_t stack) {
  Wide sum = std::exchange(table_[stack], 0);
  if (!giants_.empty()) [[unlikely]]
    sum += std::exchange(giants_[stack], 0);
  return profile::Sum::from_wide(sum);
}

Result<> StackSums::add_series(const Tile& tile, std::span<const GroupKey> groups) {
  return scan_.visit(tile, groups, [&](const CellKey& key, std::string_view value) {
    return selection_.row(key.series) == SeriesSelection::kNoRow ? Result<>() : add_cell(value);
  });
}

// Whole groups by their own rows; what these leave open, series by series.
Result<> StackSums::add_groups(const Tile& tile, const SeriesSelection::Part& part) {
  const auto& groups = part.whole_groups;
  std::vector<std::int64_t> read_until(groups.size(), tile.from_s);
  std::vector<std::pair<Tile, GroupKey>> open;
  const auto close_gap = [&](std::size_t group, std::int64_t until_s) {
    if (read_until[group] < until_s)
      open.emplace_back(Tile{tile.level, read_until[group], until_s}, groups[group]);
  };
  PHLOX_TRY(group_scan_.visit(tile, groups, [&](const CellKey& key, std::string_view value) {
    const auto group =
        static_cast<std::size_t>(std::ranges::lower_bound(groups, key.group) - groups.begin());
    close_gap(group, key.bucket_s);
    read_until[group] = key.bucket_s + width_s(tile.level);
    return add_cell(value);
  }));
  std::vector<GroupKey> unread;
  for (std::size_t group = 0; group < groups.size(); ++group) {
    if (read_until[group] == tile.from_s) {
      unread.push_back(groups[group]);
    } else {
      close_gap(group, tile.until_s);
    }
  }
  for (const auto& [gap, group] : open) PHLOX_TRY(add_series(gap, std::span(&group, 1)));
  std::ranges::set_difference(part.groups, groups, std::back_inserter(unread));
  std::ranges::sort(unread);
  return add_series(tile, unread);
}

Result<> StackSums::add(std::span<const Tile> tiles, const SeriesSelection::Part& part) {
  for (const Tile& tile : tiles)
    PHLOX_TRY(tile.level == Level::k10s ? add_series(tile, part.groups) : add_groups(tile, part));
  return {};
}

// Each once.
std::span<const std::uint32_t> StackSums::sort_touched() {
  const auto touched = std::span(touched_).first(touched_count_);
  std::ranges::sort(touched);
  const auto twice = std::ranges::unique(touched);
  touched_count_ -= twice.size();
  return touched.first(touched_count_);
}

std::vector<StackSum> StackSums::take() {
  PHLOX_CHECK(!are_many());
  std::vector<StackSum> found;
  found.reserve(touched_count_);
  for (const std::uint32_t stack : sort_touched()) {
    const profile::Sum sum = take(stack);
    if (sum != profile::Sum()) found.push_back({stack, sum});
  }
  touched_count_ = 0;
  giants_.clear();
  return found;
}

Result<profile::NodeSums> StackSums::by_stack() {
  for (const auto& [stack, rest] : giants_)
    PHLOX_TRY(profile::Sum::from_wide(rest + table_[stack]).to_int64());
  profile::NodeSums sums{
      .by_stack = std::span(reinterpret_cast<std::int64_t*>(table_.data()), stack_count_)};
  if (!are_many()) sums.listed = sort_touched();
  return sums;
}

}  // namespace phlox::storage
