#include "storage/rocksdb/catalog.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_set>

namespace phlox::storage {

using profile::StackId;
using profile::StackValue;
using profile::StringId;

namespace {

Result<> add_up_by_stack(std::vector<StackValue>& values) {
  std::ranges::sort(values, {}, [](const StackValue& v) { return v.stack; });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (kept > 0 && values[kept - 1].stack == values[i].stack) {
      if (__builtin_add_overflow(values[kept - 1].value, values[i].value, &values[kept - 1].value))
        return Error::limit("the values of one stack do not fit 64 bits");
    } else {
      values[kept++] = values[i];
    }
  }
  values.resize(kept);
  return {};
}

}  // namespace

Catalog::Counts Catalog::counts() const {
  return {symbols_.string_count(), symbols_.function_count(), symbols_.frame_count(),
          symbols_.stack_count(), series_.size()};
}

Result<SeriesId> Catalog::intern_series(const SeriesProfile& profile) {
  if (const auto known = series_.find(profile.type, profile.labels)) return *known;
  if (series_.count() >= max_series_) return too_many_series();
  return series_.add(profile.type, profile.labels);
}

Error Catalog::too_many_series() {
  if (too_many_series_.empty()) {
    std::map<StringId, std::unordered_set<StringId>> values;
    for (SeriesId id = 0; id < series_.size(); ++id) {
      if (!series_.has(id)) continue;
      for (const auto& [name, value] : series_.labels(id)) values[name].insert(value);
    }
    const auto most =
        std::ranges::max_element(values, {}, [](const auto& entry) { return entry.second.size(); });
    too_many_series_ = fmt::format("the store holds {} series, its limit", series_.count());
    if (most != values.end())
      too_many_series_ += fmt::format(
          "; label '{}' has {} different values: drop it, or allow more with --max-series",
          symbols_.string(most->first), most->second.size());
  }
  return Error::limit("{}", too_many_series_);
}

Result<std::vector<NumberedProfile>> Catalog::number(std::span<const SeriesProfile> profiles) {
  // Made for the first stack of a source that is not known.
  std::unordered_map<const profile::StackSource*, std::unique_ptr<profile::StackImporter>>
      importers;
  const std::unique_lock lock(mutex_);
  std::vector<NumberedProfile> out;
  for (const SeriesProfile& profile : profiles) {
    PHLOX_TRY(const SeriesId series, intern_series(profile));
    NumberedProfile& numbered = out.emplace_back(
        NumberedProfile{.series = series, .group = series_.group(series), .values = {}});
    auto& importer = importers[profile.source];
    numbered.values.reserve(profile.values.size());
    for (const StackValue& value : profile.values) {
      const auto [known, added] = known_stacks_.try_emplace(profile.source->hash(value.stack));
      if (added) {
        if (!importer) importer = profile.source->importer(symbols_);
        known->second = importer->import(value.stack);
        runs_.mark_end(static_cast<std::uint32_t>(known->second));
      }
      numbered.values.push_back({known->second, value.value});
    }
    PHLOX_TRY(add_up_by_stack(numbered.values));
    if (watched_) {
      watched_->stacks.grow(symbols_.stack_count());
      for (const StackValue& value : numbered.values) watched_->stacks.add(value.stack);
      watched_->series.resize(series_.size());
      watched_->series[series] = true;
    }
  }
  runs_.extend(symbols_, kRowsAtOnce);
  return out;
}

bool Catalog::index_some() {
  const std::unique_lock lock(mutex_);
  return symbols_.index_some(kRowsAtOnce) || runs_.extend(symbols_, kRowsAtOnce);
}

void Catalog::extend_runs(std::size_t stack_count) {
  {
    const std::shared_lock lock(mutex_);
    if (runs_.node_count() >= stack_count) return;
  }
  const std::unique_lock lock(mutex_);
  runs_.extend(symbols_);
}

Result<> Catalog::visit_stacks(std::size_t stack_count, const Visitor& visit) {
  extend_runs(stack_count);
  const std::shared_lock lock(mutex_);
  return visit(symbols_, runs_);
}

std::shared_ptr<const profile::StackSegments> Catalog::segments(std::size_t stack_count) {
  extend_runs(stack_count);
  const std::shared_lock lock(mutex_);
  const std::lock_guard segments_lock(segments_mutex_);
  auto& [last, version] = segments_;
  if (!last || version != runs_.segments_version() || last->node_count() != stack_count) {
    last = std::make_shared<const profile::StackSegments>(
        runs_.segments(static_cast<std::uint32_t>(stack_count)));
    version = runs_.segments_version();
  }
  return last;
}

void Catalog::mark_ends(std::span<const std::uint32_t> stacks) {
  const std::unique_lock lock(mutex_);
  for (const std::uint32_t stack : stacks) runs_.mark_end(stack);
}

SeriesSelection Catalog::select(std::span<const Selector> any_of, std::string_view type,
                                std::string_view group_by) const {
  const std::shared_lock lock(mutex_);
  return series_.select(any_of, type, group_by);
}

SeriesSelection Catalog::select_whole(const GroupKey& key) const {
  const std::shared_lock lock(mutex_);
  return series_.select_whole(key);
}

SeriesKey Catalog::series_key(SeriesId id) const {
  const std::shared_lock lock(mutex_);
  return series_.key(id);
}

GroupKey Catalog::group_of(SeriesId id) const {
  const std::shared_lock lock(mutex_);
  return series_.group(id);
}

Catalog::SeenSeries Catalog::find_seen(const SeriesSelection& selection,
                                       std::span<const Tile> tiles) const {
  SeenSeries out{.is_found = std::vector<bool>(selection.row_of.size()), .open_groups = {}};
  const std::shared_lock lock(mutex_);
  for (SeriesId id = 0; id < selection.row_of.size(); ++id) {
    if (selection.row(id) == SeriesSelection::kNoRow) continue;
    const std::int64_t seen_s = id < seen_s_.size() ? seen_s_[id] : 0;
    const bool is_found = seen_s > 0 && std::ranges::any_of(tiles, [&](const Tile& tile) {
                            return tile.from_s <= seen_s && seen_s < tile.until_s;
                          });
    out.is_found[id] = is_found;
    // Series of a group often come one behind the other.
    if (!is_found && (out.open_groups.empty() || out.open_groups.back() != series_.group(id)))
      out.open_groups.push_back(series_.group(id));
  }
  std::ranges::sort(out.open_groups);
  const auto twice = std::ranges::unique(out.open_groups);
  out.open_groups.erase(twice.begin(), twice.end());
  return out;
}

std::vector<std::vector<std::string>> Catalog::label_sets(
    std::span<const SeriesId> series, std::span<const std::string> names) const {
  const std::shared_lock lock(mutex_);
  return series_.label_sets(series, names);
}

std::vector<std::string> Catalog::label_names(std::span<const SeriesId> series) const {
  const std::shared_lock lock(mutex_);
  return series_.label_names(series);
}

bool Catalog::is_gauge(SeriesId id) const {
  const std::shared_lock lock(mutex_);
  return series_.type(id).is_gauge();
}

std::size_t Catalog::series_count() const {
  const std::shared_lock lock(mutex_);
  return series_.count();
}

bool Catalog::has_series(SeriesId id) const {
  const std::shared_lock lock(mutex_);
  return series_.has(id);
}

std::size_t Catalog::stack_count() const {
  const std::shared_lock lock(mutex_);
  return symbols_.stack_count();
}

Result<std::vector<StackValue>> Catalog::Export::values(std::span<const StackSum> sums) {
  std::vector<StackId> stacks;
  std::vector<StackValue> out;
  stacks.reserve(sums.size());
  out.reserve(sums.size());
  const std::shared_lock lock(catalog_.mutex_);
  const profile::Symbols& symbols = catalog_.symbols_;
  for (const StackSum& stack : sums) {
    if (stack.stack >= symbols.stack_count())
      return Error::corrupt("a cell names stack {}, which is not in the dictionary", stack.stack);
    stacks.push_back(profile::id_at<StackId>(stack.stack));
    PHLOX_TRY(const std::int64_t value, stack.sum.to_int64());
    out.push_back({.stack = {}, .value = value});
  }
  if (into_.is_empty()) {
    into_ = profile::Symbols::extract(symbols, stacks);
  } else {
    for (StackId& stack : stacks) stack = import_.stack(stack);
  }
  for (std::size_t i = 0; i < out.size(); ++i) out[i].stack = stacks[i];
  return out;
}

}  // namespace phlox::storage
