#include "storage/rocksdb/stack_sums.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace phlox::storage {

StackSums::~StackSums() {
  if (are_many()) {
    std::fill_n(table_.data(), segments_->size(), 0);
  } else {
    for (const std::uint32_t stack : std::span(touched_).first(touched_count_))
      table_[segments_->of(stack)] = 0;
  }
  tables_.give_back(std::move(table_));
}

// Of each pair, which are fetched while others are looked for. Those for which the table has no
// place are put by.
void StackSums::find_segments(PairBatch& batch, Segments& segments) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < batch.size; ++i) {
    const std::uint32_t stack = batch.stacks[i];
    const std::uint64_t value = batch.values[i];
    const auto [segment, is_end] = segments_->find(stack);
    if (!is_end || (batch.has_highs && batch.highs[i] != 0)) [[unlikely]] {
      put_by_.push_back({stack, batch.value(i)});
      continue;
    }
    __builtin_prefetch(table_.data() + segment, 1);
    batch.stacks[kept] = stack;
    batch.values[kept] = value;
    segments[kept] = segment;
    ++kept;
  }
  batch.size = kept;
}

void StackSums::add(std::uint32_t segment, std::uint64_t value) {
  std::uint64_t& sum = table_[segment];
  std::uint64_t next = 0;
  if (__builtin_add_overflow(sum, value, &next)) [[unlikely]] {
    giants_[segments_->end(segment)] += Wide{value};
  } else {
    sum = next;
  }
}

// Those whose sum is 0. Room for all of them, as a branch on whether one is new is guessed wrong
// too often.
void StackSums::list(std::span<const std::uint32_t> stacks,
                     std::span<const std::uint32_t> segments) {
  const std::size_t most = touched_count_ + stacks.size();
  if (touched_.size() < most) touched_.resize(std::max(most, 2 * touched_.size()));
  std::uint32_t* const touched = touched_.data();
  std::size_t count = touched_count_;
  for (std::size_t i = 0; i < stacks.size(); ++i) {
    touched[count] = stacks[i];
    count += table_[segments[i]] == 0 ? 1u : 0u;
  }
  touched_count_ = count;
}

// A stack is in a cell once.
void StackSums::add(const PairBatch& batch, const Segments& segments) {
  if (!are_many())
    list(std::span(batch.stacks).first(batch.size), std::span(segments).first(batch.size));
  for (std::size_t i = 0; i < batch.size; ++i) add(segments[i], batch.values[i]);
}

void StackSums::add_put_by() {
  if (put_by_.empty()) return;
  std::vector<std::uint32_t> stacks;
  stacks.reserve(put_by_.size());
  for (const PutBy& pair : put_by_) stacks.push_back(pair.stack);
  catalog_.mark_ends(stacks);
  spread_over(catalog_.segments(stack_count_));
  for (const auto& [stack, value] : put_by_) {
    const auto [segment, is_end] = segments_->find(stack);
    PHLOX_CHECK(is_end);
    if (!are_many()) list(std::span(&stack, 1), std::span(&segment, 1));
    if (value > Wide{UINT64_MAX}) {
      giants_[stack] += value;
    } else {
      add(segment, static_cast<std::uint64_t>(value));
    }
  }
  put_by_.clear();
}

// From the last sum on, as each moves up if it moves.
void StackSums::spread_over(std::shared_ptr<const profile::StackSegments> segments) {
  const bool has_room = table_.size() >= segments->size();
  SumTable larger = has_room ? SumTable() : tables_.take(segments->size());
  std::uint64_t* const to = has_room ? table_.data() : larger.data();
  const auto stack_count = static_cast<std::uint32_t>(stack_count_);
  segments_->visit_down(0, stack_count,
                        [&](std::uint32_t segment, std::uint32_t, std::uint32_t last) {
                          const std::uint64_t sum = std::exchange(table_[segment], 0);
                          to[segments->of(last)] = sum;
                        });
  segments_ = std::move(segments);
  if (!has_room) tables_.give_back(std::exchange(table_, std::move(larger)));
}

void StackSums::add(StackSums& other) {
  PHLOX_CHECK(other.stack_count_ == stack_count_);
  if (other.segments_ != segments_) {
    const auto latest = catalog_.segments(stack_count_);
    spread_over(latest);
    other.spread_over(latest);
  }
  for (const auto& [stack, rest] : std::exchange(other.giants_, {})) giants_[stack] += rest;
  if (other.are_many()) {
    touched_count_ = std::max(touched_count_, list_at_most_ + 1);
    for (std::uint32_t segment = 0; segment < segments_->size(); ++segment)
      add(segment, other.table_[segment]);
    return;
  }
  for (const std::uint32_t stack :
       std::span(other.touched_).first(std::exchange(other.touched_count_, 0))) {
    const std::uint32_t segment = segments_->of(stack);
    if (!are_many()) list(std::span(&stack, 1), std::span(&segment, 1));
    add(segment, std::exchange(other.table_[segment], 0));
  }
}

Result<> StackSums::add_cell(std::string_view value) {
  CellReader cell(value, &numbering_);
  Segments segments;
  PHLOX_TRY(visit_batches(cell, stack_count_, [&](PairBatch& batch) {
    find_segments(batch, segments);
    add(batch, segments);
  }));
  if (put_by_.size() >= kMostPutBy) add_put_by();
  return {};
}

// What was added for a stack; 0 afterwards.
profile::Sum StackSums::take(std::uint32_t stack) {
  Wide sum = std::exchange(table_[segments_->of(stack)], 0);
  if (!giants_.empty()) [[unlikely]]
    sum += std::exchange(giants_[stack], 0);
  return profile::Sum::from_wide(sum);
}

Result<> StackSums::add_row(const CellKey& key, std::string_view value) {
  return selection_.row(key.series) == SeriesSelection::kNoRow ? Result<>() : add_cell(value);
}

Result<> StackSums::add(std::span<const Tile> tiles, const SeriesSelection::Part& part) {
  const auto of_series = [&](const CellKey& key, std::string_view value) {
    return add_row(key, value);
  };
  const auto of_group = [&](std::size_t, const CellKey&, std::string_view value) {
    return add_cell(value);
  };
  for (const Tile& tile : tiles) {
    PHLOX_TRY(tile.level == Level::k10s
                  ? scan_.visit(tile, part.groups, of_series)
                  : visit_groups(group_scan_, scan_, tile, part, of_group, of_series));
  }
  add_put_by();
  return {};
}

// Each once.
std::span<const std::uint32_t> StackSums::sort_touched() {
  const auto touched = std::span(touched_).first(touched_count_);
  // Those of one cell come in order.
  if (!std::ranges::is_sorted(touched)) std::ranges::sort(touched);
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

Result<profile::SegmentSums> StackSums::in_place() {
  for (const auto& [stack, rest] : giants_)
    PHLOX_TRY(profile::Sum::from_wide(rest + table_[segments_->of(stack)]).to_int64());
  profile::SegmentSums sums{
      .segments = *segments_,
      .values = std::span(reinterpret_cast<std::int64_t*>(table_.data()), segments_->size())};
  if (!are_many()) sums.listed = sort_touched();
  return sums;
}

}  // namespace phlox::storage
