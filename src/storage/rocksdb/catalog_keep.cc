// Dropping what no cell names any more.
#include <algorithm>

#include "storage/rocksdb/catalog.h"

namespace phlox::storage {
namespace {

using profile::StackId;
using profile::StringId;

// It is worth its while where a part of so many is not used.
constexpr std::size_t kWorthwhilePart = 4;
bool is_worthwhile(std::size_t dropped, std::size_t all) {
  return dropped > 0 && dropped * kWorthwhilePart >= all;
}

}  // namespace

Catalog::Used Catalog::watch() {
  const std::unique_lock lock(mutex_);
  return watched_.emplace(StackSet(symbols_.stack_count()), std::vector<bool>(series_.size()));
}

void Catalog::unwatch() {
  const std::unique_lock lock(mutex_);
  watched_.reset();
}

Catalog::Kept Catalog::find_kept(Used used) const {
  const std::shared_lock lock(mutex_);
  const std::size_t count = symbols_.stack_count();
  used.stacks.grow(count);
  used.series.resize(series_.size());
  if (watched_) {
    watched_->stacks.each([&](StackId stack) { used.stacks.add(stack); });
    for (SeriesId id = 0; id < watched_->series.size(); ++id) {
      if (watched_->series[id]) used.series[id] = true;
    }
  }
  Kept kept{.named = used.stacks,
            .stacks = std::move(used.stacks),
            .series = std::move(used.series),
            .strings = profile::IdSubset<StringId>(symbols_.string_count())};
  // Callers have smaller numbers, so each has been met as a callee before.
  for (std::size_t i = count; --i > 0;) {
    const auto stack = profile::id_at<StackId>(i);
    if (kept.stacks.has(stack)) kept.stacks.add(symbols_.stack(stack).parent);
  }
  kept.stacks.add(StackId::kEmpty);
  kept.stacks.number();
  kept.drops_stacks = is_worthwhile(count - kept.stacks.size(), count);
  std::size_t unused_series = 0;
  for (SeriesId id = 0; id < series_.size(); ++id) {
    if (series_.has(id) && !kept.series[id]) ++unused_series;
  }
  kept.drops_series = is_worthwhile(unused_series, series_.count());
  if (!kept.drops_stacks && !kept.drops_series) return kept;
  add_strings(kept);
  kept.strings.number();
  const std::size_t texts = symbols_.text_count() + 1;  // "" is kept too
  kept.drops_strings = is_worthwhile(texts - kept.strings.size(), texts);
  return kept;
}

// What is not dropped needs.
void Catalog::add_strings(Kept& kept) const {
  profile::IdSubset<profile::FunctionId> functions(symbols_.function_count());
  const auto add_function = [&](profile::FunctionId id) {
    if (!functions.add(id)) return;
    const profile::Function& function = symbols_.function(id);
    for (const StringId text : {function.name, function.file, function.module})
      kept.strings.add(text);
  };
  kept.strings.add(StringId::kEmpty);
  if (kept.drops_stacks) {
    kept.stacks.each([&](StackId stack) {
      if (stack != StackId::kEmpty)
        add_function(symbols_.frame(symbols_.stack(stack).frame).function);
    });
  } else {
    for (std::size_t i = 0; i < symbols_.function_count(); ++i)
      add_function(profile::id_at<profile::FunctionId>(i));
  }
  series_.each_string([&](SeriesId id) { return !kept.drops_series || kept.series[id]; },
                      [&](StringId text) { kept.strings.add(text); });
}

void Catalog::keep(const Kept& kept) {
  const std::unique_lock lock(mutex_);
  if (kept.drops_stacks) keep_stacks(kept);
  if (kept.drops_series) {
    series_.keep_only(kept.series);
    too_many_series_.clear();
  }
  if (kept.drops_strings) symbols_.forget_strings(kept.strings);
  written_ = counts();
  if (kept.drops_stacks) kept_ = written_;
  watched_.reset();
}

void Catalog::keep_stacks(const Kept& kept) {
  symbols_.keep_only(kept.stacks);
  boost::unordered::erase_if(known_stacks_,
                             [&](const auto& known) { return !kept.stacks.has(known.second); });
  for (auto& [hash, stack] : known_stacks_) stack = kept.stacks.place(stack);
  runs_ = {};
  kept.named.each(
      [&](StackId stack) { runs_.mark_end(static_cast<std::uint32_t>(kept.stacks.place(stack))); });
  const std::lock_guard segments_lock(segments_mutex_);
  segments_ = {};
}

}  // namespace phlox::storage
