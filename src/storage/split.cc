#include "storage/split.h"

#include <algorithm>
#include <map>
#include <unordered_map>

namespace phlox::storage {
namespace {

using profile::Labels;
using profile::Samples;

Result<profile::ProfileType> type_of(const Samples& profile, std::string_view name,
                                     std::size_t index) {
  profile::ProfileType type{std::string(name), profile.sample_types[index], profile.period_type};
  // Written out and read again, an ambiguous one would be another type.
  PHLOX_TRY(const profile::ProfileType read, profile::ProfileType::parse(type.to_string()));
  if (read != type)
    return Error::invalid("profile type '{}': a part holds a ':'", type.to_string());
  return type;
}

Result<Labels> merged(const Labels& labels, const Labels& of_sample) {
  Labels all = labels;
  for (const auto& [name, value] : of_sample) all.set(name, value);
  if (!all.has(profile::kServiceName)) all.set(profile::kServiceName, profile::kUnknownService);
  return Labels::from_pairs(all.pairs());
}

}  // namespace

Result<std::vector<SeriesProfile>> split(const Samples& profile, const profile::StackSource& source,
                                         std::string_view name, const Labels& labels,
                                         std::string_view id) {
  // Label sets that come to the same are one series, hence the map.
  std::map<Labels, std::size_t> series_of_labels;
  constexpr std::size_t kUnknown = SIZE_MAX;
  std::vector<std::size_t> series_of_set(profile.label_sets.size(), kUnknown);
  std::vector<std::vector<std::size_t>> samples;  // by series
  const auto series_of = [&](std::size_t set) -> Result<std::size_t> {
    if (series_of_set[set] != kUnknown) return series_of_set[set];
    PHLOX_TRY(Labels all, merged(labels, profile.label_sets[set]).context("labels of a sample"));
    const auto [entry, added] = series_of_labels.try_emplace(std::move(all), samples.size());
    if (added) samples.emplace_back();
    return series_of_set[set] = entry->second;
  };
  for (std::size_t i = 0; i < profile.sample_count(); ++i) {
    PHLOX_TRY(const std::size_t series, series_of(profile.label_set_of[i]));
    samples[series].push_back(i);
  }
  if (samples.empty()) PHLOX_TRY(series_of(0));
  const std::size_t type_count = profile.sample_types.size();
  if (samples.size() * type_count > kMaxSeriesPerProfile)
    return Error::limit("a profile of {} series, at most {}; drop sample labels with many values",
                        samples.size() * type_count, kMaxSeriesPerProfile);

  std::vector<SeriesProfile> out;
  for (std::size_t t = 0; t < type_count; ++t) {
    PHLOX_TRY(const profile::ProfileType type, type_of(profile, name, t));
    for (const auto& [all, series] : series_of_labels) {
      SeriesProfile& part = out.emplace_back(SeriesProfile{.type = type,
                                                           .labels = all,
                                                           .id = std::string(id),
                                                           .start = profile.start,
                                                           .duration = profile.duration,
                                                           .source = &source,
                                                           .values = {}});
      for (const std::size_t i : samples[series]) {
        if (const auto value = profile.values_of(i)[t]; value != 0)
          part.values.push_back({profile.stacks[i], value});
      }
    }
  }
  return out;
}

}  // namespace phlox::storage
