#include "agent/recording.h"

#include <algorithm>
#include <vector>

namespace phlox::agent {

std::optional<std::size_t> column_of(const profile::Profile& profile,
                                     const profile::ValueType& type) {
  const auto at = std::ranges::find(profile.sample_types, type);
  if (at == profile.sample_types.end()) return std::nullopt;
  return static_cast<std::size_t>(at - profile.sample_types.begin());
}

Result<> Recording::add(const sampler::Window& window) {
  for (const sampler::NamedProfile& named : window.profiles)
    if (named.name == name_) PHLOX_TRY(add_profile(named.profile));
  return {};
}

Result<> Recording::add_profile(const profile::Profile& profile) {
  if (sum_.sample_types.empty()) {
    sum_.sample_types = profile.sample_types;
    sum_.period_type = profile.period_type;
    sum_.period = profile.period;
  }
  extend_time(profile);
  std::vector<std::optional<std::size_t>> columns;
  for (const auto& type : sum_.sample_types) columns.push_back(column_of(profile, type));

  profile::SymbolsImport import(profile.symbols, sum_.symbols);
  const std::vector<std::int64_t> zeros(columns.size());
  for (std::size_t sample = 0; sample < profile.sample_count(); ++sample) {
    const profile::StackId stack = import.stack(profile.stacks[sample]);
    const auto [row, is_new] = row_of_.try_emplace(stack, sum_.sample_count());
    if (is_new) sum_.add_sample(stack, zeros);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (!columns[i]) continue;
      std::int64_t& value = sum_.values[row->second * columns.size() + i];
      if (__builtin_add_overflow(value, profile.values_of(sample)[*columns[i]], &value))
        return Error::limit("the values of a stack do not fit 64 bits; record for a shorter time");
    }
  }
  return {};
}

void Recording::extend_time(const profile::Profile& profile) {
  const WallTime end = profile.start + profile.duration;
  if (sum_.start == WallTime()) {
    sum_.start = profile.start;
    sum_.duration = profile.duration;
    return;
  }
  const WallTime last = std::max(sum_.start + sum_.duration, end);
  sum_.start = std::min(sum_.start, profile.start);
  sum_.duration = last - sum_.start;
}

std::int64_t Recording::total(const profile::ValueType& type) const {
  const auto column = column_of(sum_, type);
  if (!column) return 0;
  std::int64_t total = 0;
  for (std::size_t i = 0; i < sum_.sample_count(); ++i) total += sum_.values_of(i)[*column];
  return total;
}

}  // namespace phlox::agent
