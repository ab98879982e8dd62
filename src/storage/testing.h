// For tests of stores and of what reads them: profiles written as text, a clock turned by hand, and
// a model that answers by adding up profile by profile.
#pragma once

#include <cstdlib>
#include <deque>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "format/folded.h"
#include "storage/split.h"
#include "storage/store.h"

namespace phlox::storage::testing {

// 2026-01-05 00:00 UTC, a Monday: begins a bucket of every level.
inline constexpr std::int64_t kMonday = 1'767'571'200;

class ManualClock final : public Clock {
 public:
  WallTime wall_now() const override { return now; }
  SteadyTime steady_now() const override { return SteadyTime(now.time_since_epoch()); }
  WallTime now = from_unix_ms((kMonday + 86400) * 1000);
};

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "phlox_test_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path = name;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  std::filesystem::path path;
};

struct Pushed {
  std::string folded;
  std::int64_t start_ns = 0;
  std::int64_t duration_ns = 10 * kNanosecondsPerSecond;
  std::vector<profile::Labels::Pair> labels = {{"service_name", "shop"}};
  std::string id;
  profile::ValueType sample_type = {"cpu", "nanoseconds"};
};

// What split() makes of it; owns the profile that the parts look at.
struct Parts {
  explicit Parts(const Pushed& pushed)
      : profile(format::decode_folded(pushed.folded, pushed.sample_type).value()),
        source(profile.symbols) {
    profile.start = from_unix_ns(pushed.start_ns);
    profile.duration = Nanoseconds(pushed.duration_ns);
    profile.period_type = pushed.sample_type;
    series = split(profile, source, "process_cpu",
                   profile::Labels::from_pairs(pushed.labels).value(), pushed.id)
                 .value();
  }
  Parts(const Parts&) = delete;
  profile::Profile profile;
  profile::SymbolsSource source;
  std::vector<SeriesProfile> series;
};

inline Result<WriteCounts> push(Store& store, const Pushed& pushed) {
  const Parts parts(pushed);
  return store.write(parts.series);
}

inline std::string stack_text(const profile::Symbols& symbols, profile::StackId stack) {
  std::string text;
  for (; stack != profile::StackId::kEmpty; stack = symbols.stack(stack).parent) {
    const auto& function = symbols.function(symbols.frame(symbols.stack(stack).frame).function);
    text = std::string(symbols.string(function.name)) + (text.empty() ? "" : ";") + text;
  }
  return text;
}

using StackSums = std::map<std::string, profile::Sum>;

inline StackSums by_text(const profile::Symbols& symbols,
                         std::span<const profile::StackValue> values) {
  StackSums sums;
  for (const auto& value : values)
    sums[stack_text(symbols, value.stack)] += profile::Sum(value.value);
  return sums;
}

inline StackSums by_text(const MergedView& view) {
  std::vector<profile::StackValue> values;
  for (std::uint32_t i = 0; i < view.sums.values.size(); ++i) {
    if (const std::int64_t value = view.sums.values[i]; value != 0)
      values.push_back({profile::id_at<profile::StackId>(view.sums.segments.end(i)), value});
  }
  return by_text(view.symbols, values);
}

inline Selector equals(std::string name, std::string value) {
  return {{Matcher::create(std::move(name), Matcher::Operator::kEqual, std::move(value)).value()}};
}

// Adds up profile by profile, second by second, with none of the store's means.
class Model {
 public:
  WriteCounts write(const Pushed& pushed) {
    const Parts parts(pushed);
    WriteCounts counts;
    for (const SeriesProfile& part : parts.series) {
      const std::string series = part.type.to_string() + part.labels.to_string();
      if (!part.id.empty() &&
          !ids_.insert(series + '\n' + part.id + std::to_string(pushed.start_ns)).second) {
        ++counts.duplicates;
        continue;
      }
      ++counts.stored;
      add(part, series, pushed.start_ns, pushed.duration_ns);
    }
    return counts;
  }

  StackSums merge(const Selector& selector, std::string_view type, std::int64_t from_s,
                  std::int64_t until_s) const {
    StackSums sums;
    std::map<SeriesKey, Cell> gauges;
    visit(selector, type, from_s, until_s,
          [&](std::int64_t, const Cell& cell, const SeriesKey& key) {
            if (key.type.is_gauge()) gauges[key].profiles += cell.profiles;
            for (const auto& [stack, sum] : cell.stacks)
              (key.type.is_gauge() ? gauges[key].stacks : sums)[stack] += sum;
          });
    for (const auto& [key, gauge] : gauges) {
      for (const auto& [stack, sum] : gauge.stacks) sums[stack] += rounded(sum, gauge.profiles);
    }
    std::erase_if(sums, [](const auto& entry) { return entry.second == profile::Sum(); });
    return sums;
  }

  Totals totals(const Selector& selector, std::string_view type, std::int64_t from_s,
                std::int64_t until_s) const {
    Totals totals;
    std::map<std::int64_t, std::uint64_t> best;
    std::map<SeriesKey, Totals> gauges;
    visit(selector, type, from_s, until_s,
          [&](std::int64_t bucket, const Cell& cell, const SeriesKey& key) {
            Totals& into = key.type.is_gauge() ? gauges[key] : totals;
            for (const auto& [stack, sum] : cell.stacks) into.value += sum;
            into.profiles += cell.profiles;
            best[bucket] = std::max(best[bucket], std::min(cell.covered_ns, kFullBucket));
          });
    for (const auto& [key, gauge] : gauges) {
      totals.value += rounded(gauge.value, gauge.profiles);
      totals.profiles += gauge.profiles;
    }
    for (const auto& [bucket, covered] : best) totals.covered_ns += covered;
    return totals;
  }

  std::set<SeriesKey> series(const Selector& selector, std::int64_t from_s,
                             std::int64_t until_s) const {
    std::set<SeriesKey> found;
    visit(selector, "", from_s, until_s,
          [&](std::int64_t, const Cell&, const SeriesKey& key) { found.insert(key); });
    return found;
  }

 private:
  static constexpr std::uint64_t kFullBucket = 10'000'000'000;
  static profile::Sum rounded(const profile::Sum& sum, std::uint64_t count) {
    const auto whole = sum.wide() / static_cast<std::int64_t>(count);
    const auto rest = sum.wide() % static_cast<std::int64_t>(count);
    return profile::Sum::from_wide(whole + (2 * rest >= static_cast<std::int64_t>(count) ? 1 : 0));
  }
  struct Cell {
    StackSums stacks;
    std::uint64_t covered_ns = 0;
    std::uint64_t profiles = 0;
  };

  void add(const SeriesProfile& part, const std::string& series, std::int64_t start,
           std::int64_t duration) {
    keys_.insert_or_assign(series, SeriesKey{part.type, part.labels});
    auto& buckets = cells_[series];
    if (!part.type.is_gauge() || duration == 0) buckets[start / 10'000'000'000 * 10].profiles += 1;
    std::map<std::string, std::int64_t> values;  // of one profile's stack, before it is spread
    profile::Symbols symbols;
    const auto importer = part.source->importer(symbols);
    for (const auto& value : part.values)
      values[stack_text(symbols, importer->import(value.stack))] += value.value;
    for (const auto& [stack, value] : values) {
      if (duration == 0) buckets[start / 10'000'000'000 * 10].stacks[stack] += value;
      profile::Sum::Wide given = 0;
      for (std::int64_t at = start; at < start + duration;) {
        const std::int64_t bucket = at / 10'000'000'000;
        at = std::min(start + duration, (bucket + 1) * 10'000'000'000);
        const profile::Sum::Wide due = profile::Sum::Wide{value} * (at - start) / duration;
        buckets[bucket * 10].stacks[stack] +=
            profile::Sum::from_wide(part.type.is_gauge() ? value : due - given);
        given = due;
      }
    }
    for (std::int64_t at = start; at < start + duration;) {
      const std::int64_t bucket = at / 10'000'000'000;
      const std::int64_t end = std::min(start + duration, (bucket + 1) * 10'000'000'000);
      buckets[bucket * 10].covered_ns += static_cast<std::uint64_t>(end - at);
      if (part.type.is_gauge()) buckets[bucket * 10].profiles += 1;
      at = end;
    }
  }

  template <class Visit>
  void visit(const Selector& selector, std::string_view type, std::int64_t from_s,
             std::int64_t until_s, Visit visit_cell) const {
    for (const auto& [name, buckets] : cells_) {
      const SeriesKey& key = keys_.at(name);
      if (!type.empty() && key.type.to_string() != type) continue;
      if (!selector.matches(key.type, key.labels)) continue;
      for (auto at = buckets.lower_bound(from_s); at != buckets.end() && at->first < until_s; ++at)
        visit_cell(at->first, at->second, key);
    }
  }

  std::set<std::string> ids_;
  std::map<std::string, SeriesKey> keys_;
  std::map<std::string, std::map<std::int64_t, Cell>> cells_;
};

}  // namespace phlox::storage::testing
