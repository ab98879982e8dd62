#include "storage/rocksdb/series_table.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <numeric>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace phlox::storage {
namespace {

using profile::StringId;

// Whether all series of a group have the same value of this label.
bool is_of_group(std::string_view label) {
  constexpr std::array<std::string_view, 7> kOfGroup = {profile::kServiceName,
                                                        profile::kProfileTypeLabel,
                                                        profile::kProfileName,
                                                        "__type__",
                                                        "__unit__",
                                                        "__period_type__",
                                                        "__period_unit__"};
  return std::ranges::find(kOfGroup, label) != kOfGroup.end();
}

std::string value_of_group(const profile::ProfileType& type, std::string_view service,
                           std::string_view label) {
  if (label == profile::kServiceName) return std::string(service);
  return label_of(type, {}, label);
}

// The conditions of a selector, asked once a group and once a value.
class Filter {
 public:
  explicit Filter(const Selector& selector) {
    for (const Matcher& matcher : selector.matchers) {
      if (is_of_group(matcher.name())) {
        of_group_.push_back(&matcher);
      } else {
        of_series_.push_back({&matcher, {}});
      }
    }
  }

  bool takes_group(const profile::ProfileType& type, std::string_view service) const {
    return std::ranges::all_of(of_group_, [&](const Matcher* matcher) {
      return matcher->matches(value_of_group(type, service, matcher->name()));
    });
  }
  // value_of(name) -> StringId, of one series of a group that is taken.
  template <class ValueOf>
  bool takes(const profile::Symbols& symbols, ValueOf value_of) {
    return std::ranges::all_of(of_series_, [&](Condition& condition) {
      const StringId value = value_of(condition.matcher->name());
      const auto [known, added] = condition.verdicts.try_emplace(value, false);
      if (added) known->second = condition.matcher->matches(symbols.string(value));
      return known->second;
    });
  }

 private:
  struct Condition {
    const Matcher* matcher;
    std::unordered_map<StringId, bool> verdicts;  // by value
  };
  std::vector<const Matcher*> of_group_;
  std::vector<Condition> of_series_;
};

// Numbers the values of a label as they are met, and sorts them in the end.
class Rows {
 public:
  std::uint32_t of(std::string_view label) {
    const auto found = numbers_.find(label);
    if (found != numbers_.end()) return found->second;
    const auto number = static_cast<std::uint32_t>(numbers_.size());
    numbers_.emplace(label, number);
    return number;
  }
  std::uint32_t of(StringId value, const profile::Symbols& symbols) {
    const auto [known, added] = by_id_.try_emplace(value, 0);
    if (added) known->second = of(symbols.string(value));
    return known->second;
  }

  void finish(SeriesSelection& selection) const {
    std::vector<std::uint32_t> place(numbers_.size());
    for (const auto& [label, number] : numbers_) {
      place[number] = static_cast<std::uint32_t>(selection.rows.size());
      selection.rows.push_back(label);
    }
    for (std::uint32_t& row : selection.row_of) {
      if (row != SeriesSelection::kNoRow) row = place[row];
    }
  }

 private:
  std::map<std::string, std::uint32_t, std::less<>> numbers_;
  std::unordered_map<StringId, std::uint32_t> by_id_;
};

// Whether an id is that of a label's name: texts are compared once an id.
class LabelName {
 public:
  LabelName(const profile::Symbols& symbols, std::string_view name)
      : symbols_(symbols), name_(name) {}
  bool is(StringId id) {
    for (const auto& [known, is_same] : known_) {
      if (known == id) return is_same;
    }
    return known_.emplace_back(id, symbols_.string(id) == name_).second;
  }

 private:
  const profile::Symbols& symbols_;
  std::string_view name_;
  std::vector<std::pair<StringId, bool>> known_;  // as few as there are names
};

// Numbers distinct combinations, of which one more value is added at a time.
class Combinations {
 public:
  explicit Combinations(std::size_t count) : of_(count) {}

  // value_of(index) -> std::uint32_t
  template <class ValueOf>
  void add(ValueOf value_of) {
    boost::unordered_flat_map<std::uint64_t, std::uint32_t> numbers;
    auto& parts = parts_.emplace_back();
    for (std::size_t i = 0; i < of_.size(); ++i) {
      const Part part{of_[i], value_of(i)};
      const auto next = static_cast<std::uint32_t>(parts.size());
      const auto [known, is_new] =
          numbers.try_emplace(std::uint64_t{part.before} << 32 | part.value, next);
      if (is_new) parts.push_back(part);
      of_[i] = known->second;
    }
  }
  // Each combination once, its values in the order in which they were added.
  std::vector<std::vector<std::uint32_t>> all() const {
    std::vector<std::vector<std::uint32_t>> out;
    if (parts_.empty()) return out;
    for (std::uint32_t number = 0; number < parts_.back().size(); ++number) {
      std::vector<std::uint32_t> values(parts_.size());
      std::uint32_t at = number;
      for (std::size_t column = parts_.size(); column-- > 0;) {
        values[column] = parts_[column][at].value;
        at = parts_[column][at].before;
      }
      out.push_back(std::move(values));
    }
    return out;
  }

 private:
  struct Part {
    std::uint32_t before;  // number of the combination without this value
    std::uint32_t value;
  };
  std::vector<std::uint32_t> of_;         // by index
  std::vector<std::vector<Part>> parts_;  // by column, then number
};

}  // namespace

std::vector<SeriesSelection::Part> SeriesSelection::parts(std::size_t count) const {
  std::vector<Part> out;
  std::span<const GroupKey> whole = whole_groups;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t begin = groups.size() * i / count;
    const std::size_t end = groups.size() * (i + 1) / count;
    if (begin == end) continue;
    const auto whole_count =
        static_cast<std::size_t>(std::ranges::upper_bound(whole, groups[end - 1]) - whole.begin());
    out.push_back({std::span(groups).subspan(begin, end - begin), whole.first(whole_count)});
    whole = whole.subspan(whole_count);
  }
  return out;
}

std::size_t SeriesTable::HashOfContent::operator()(const Content& content) const {
  const std::uint64_t seed =
      std::uint64_t{profile::index_of(content.tenant)} << 32 | profile::index_of(content.type);
  return static_cast<std::size_t>(
      XXH3_64bits_withSeed(content.labels.data(), content.labels.size_bytes(), seed));
}

bool SeriesTable::SameContent::operator()(const Content& content, SeriesId id) const {
  const Content other = table->content(id);
  return content.tenant == other.tenant && content.type == other.type &&
         std::ranges::equal(content.labels, other.labels);
}

std::optional<SeriesId> SeriesTable::find(const profile::ProfileType& type,
                                          const profile::Labels& labels) {
  const auto tenant = symbols_.find_string(kTenant);
  const auto type_id = symbols_.find_string(type.to_string());
  if (!tenant || !type_id) return std::nullopt;
  std::vector<LabelIds> ids;
  for (const auto& [name, value] : labels) {
    const auto name_id = symbols_.find_string(name);
    const auto value_id = symbols_.find_string(value);
    if (!name_id || !value_id) return std::nullopt;
    ids.push_back({*name_id, *value_id});
  }
  const auto found = by_content_.find(Content{*tenant, *type_id, ids});
  return found == by_content_.end() ? std::nullopt : std::optional(*found);
}

SeriesId SeriesTable::add(const profile::ProfileType& type, const profile::Labels& labels) {
  std::vector<LabelIds> ids;
  for (const auto& [name, value] : labels)
    ids.push_back({symbols_.intern_string(name), symbols_.intern_string(value)});
  const StringId tenant = symbols_.intern_string(kTenant);
  // The text of a type is one, so it cannot fail.
  static_cast<void>(append(tenant, symbols_.intern_string(type.to_string()), ids));
  return static_cast<SeriesId>(size() - 1);
}

Result<> SeriesTable::append(StringId tenant, StringId type, std::span<const LabelIds> labels) {
  const GroupKey key{tenant, value_of(labels, profile::kServiceName), type};
  const auto next_group = static_cast<std::uint32_t>(groups_.size());
  auto known = group_ids_.find(key);
  if (known == group_ids_.end()) {
    PHLOX_TRY(auto parsed, profile::ProfileType::parse(symbols_.string(type)));
    groups_.push_back({key, std::move(parsed), {}});
    known = group_ids_.emplace(key, next_group).first;
  }
  const auto id = static_cast<SeriesId>(size());
  group_of_.push_back(known->second);
  labels_.insert(labels_.end(), labels.begin(), labels.end());
  first_label_.push_back(labels_.size());
  if (is_dropped(labels)) return {};
  groups_[known->second].series.push_back(id);
  by_content_.insert(id);
  return {};
}

void SeriesTable::keep_only(const std::vector<bool>& kept) {
  const auto goes = [&](SeriesId id) { return !kept[id]; };
  for (Group& group : groups_) std::erase_if(group.series, goes);
  boost::unordered::erase_if(by_content_, goes);
  std::vector<LabelIds> labels;
  std::size_t first = 0;
  for (SeriesId id = 0; id < size(); ++id) {
    const auto of_series = std::span(labels_).subspan(first, first_label_[id + 1] - first);
    first = first_label_[id + 1];
    if (kept[id]) {
      labels.insert(labels.end(), of_series.begin(), of_series.end());
    } else {
      labels.emplace_back();
    }
    first_label_[id + 1] = labels.size();
  }
  labels.shrink_to_fit();
  labels_ = std::move(labels);
  by_content_.rehash(0);
}

StringId SeriesTable::value_of(std::span<const LabelIds> labels, std::string_view name) const {
  const auto found = std::ranges::find_if(
      labels, [&](const LabelIds& label) { return symbols_.string(label.name) == name; });
  return found == labels.end() ? StringId::kEmpty : found->value;
}

SeriesKey SeriesTable::key(SeriesId id) const {
  SeriesKey key{groups_[group_of_[id]].type, {}};
  for (const LabelIds& label : labels(id))
    key.labels.set(symbols_.string(label.name), symbols_.string(label.value));
  return key;
}

SeriesSelection SeriesTable::select(std::span<const Selector> any_of, std::string_view type,
                                    std::string_view group_by) const {
  SeriesSelection out;
  out.row_of.assign(size(), SeriesSelection::kNoRow);
  std::vector<Filter> filters(any_of.begin(), any_of.end());
  Rows rows;
  out.is_one_row_a_group = group_by.empty() || is_of_group(group_by);
  std::set<GroupKey> every_service;  // of each tenant and type, as many as there are
  bool are_all_whole = true;
  for (const auto& [key, index] : group_ids_) {
    const Group& group = groups_[index];
    if (group.series.empty()) continue;
    if (!type.empty() && symbols_.string(key.type) != type) continue;
    const std::string_view service = symbols_.string(group.key.service);
    std::vector<Filter*> open;
    for (Filter& filter : filters) {
      if (filter.takes_group(group.type, service)) open.push_back(&filter);
    }
    std::optional<std::uint32_t> row;
    std::size_t picked = 0;
    for (const SeriesId id : group.series) {
      const auto value = [&](std::string_view name) { return value_of(labels(id), name); };
      if (std::ranges::none_of(open, [&](Filter* f) { return f->takes(symbols_, value); }))
        continue;
      ++picked;
      if (!out.is_one_row_a_group) {
        out.row_of[id] = rows.of(value(group_by), symbols_);
        continue;
      }
      if (!row)
        row = rows.of(group_by.empty() ? std::string()
                                       : value_of_group(group.type, service, group_by));
      out.row_of[id] = *row;
    }
    if (picked > 0) out.groups.push_back(key);
    if (picked == group.series.size()) {
      out.whole_groups.push_back(key);
      out.group_members.push_back(group.series.front());
    }
    are_all_whole &= picked == group.series.size();
    every_service.insert({key.tenant, kEveryService, key.type});
  }
  if (are_all_whole && group_by.empty() && every_service.size() == 1)
    out.every_service = *every_service.begin();
  rows.finish(out);
  return out;
}

std::vector<std::vector<std::string>> SeriesTable::label_sets(
    std::span<const SeriesId> series, std::span<const std::string> names) const {
  Combinations combinations(series.size());
  for (const std::string& name : names) {
    if (is_of_group(name)) {
      combinations.add([&](std::size_t i) { return group_of_[series[i]]; });
      continue;
    }
    LabelName wanted(symbols_, name);
    combinations.add([&](std::size_t i) {
      for (const LabelIds& label : labels(series[i])) {
        if (wanted.is(label.name)) return static_cast<std::uint32_t>(index_of(label.value));
      }
      return std::uint32_t{0};
    });
  }
  std::set<std::vector<std::string>> texts;  // groups may share a value
  for (const auto& values : combinations.all()) {
    std::vector<std::string> set;
    for (std::size_t column = 0; column < names.size(); ++column) {
      const std::string& name = names[column];
      if (is_of_group(name)) {
        const Group& group = groups_[values[column]];
        set.push_back(value_of_group(group.type, symbols_.string(group.key.service), name));
      } else {
        set.emplace_back(symbols_.string(profile::id_at<StringId>(values[column])));
      }
    }
    texts.insert(std::move(set));
  }
  return {texts.begin(), texts.end()};
}

std::vector<std::string> SeriesTable::label_names(std::span<const SeriesId> series) const {
  std::unordered_set<StringId> ids;
  std::span<const LabelIds> last;  // most have the same names as the one before
  for (const SeriesId id : series) {
    const auto these = labels(id);
    if (!std::ranges::equal(these, last, {}, &LabelIds::name, &LabelIds::name)) {
      for (const LabelIds& label : these) ids.insert(label.name);
    }
    last = these;
  }
  std::vector<std::string> names;
  names.reserve(ids.size());
  for (const StringId id : ids) names.emplace_back(symbols_.string(id));
  std::ranges::sort(names);
  return names;
}

SeriesSelection SeriesTable::select_whole(const GroupKey& key) const {
  SeriesSelection out{.rows = {""}, .takes_every_series = true};
  if (key.service != kEveryService) {
    out.groups = {key};
  } else {
    out.every_service = key;
    for (const auto& [of_service, index] : group_ids_) {
      if (of_service.tenant == key.tenant && of_service.type == key.type)
        out.groups.push_back(of_service);
    }
  }
  out.whole_groups = out.groups;
  out.group_members.resize(out.groups.size());
  return out;
}

}  // namespace phlox::storage
