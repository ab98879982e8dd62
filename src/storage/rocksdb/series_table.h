// SeriesTable: which series there are, by number, and which of them a query means.
//
// A series is its profile type and labels, kept as ids of strings: about 60 bytes with five labels,
// beside the strings themselves. One that is dropped keeps its number and 20 bytes: a row with one
// label, which has no name. Series of one tenant, service and type form a group; conditions on
// these are checked once a group, others once for each value of a label.
//
// For one writer or many readers; the catalog sees to it.
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "profile/symbols.h"
#include "storage/rocksdb/keys.h"
#include "storage/store.h"

namespace phlox::storage {

struct LabelIds {
  profile::StringId name{};
  profile::StringId value{};
  bool operator==(const LabelIds&) const = default;
};

// Series that a query reads, by where they lie. `row_of` is by SeriesId; series that are not meant
// have kNoRow.
struct SeriesSelection {
  static constexpr std::uint32_t kNoRow = UINT32_MAX;
  std::vector<GroupKey> groups;        // ascending
  std::vector<GroupKey> whole_groups;  // those of which all series are meant
  // If all groups of a tenant and type are meant as a whole, and all in one row.
  std::optional<GroupKey> every_service;
  bool is_one_row_a_group = true;
  std::vector<SeriesId> group_members;  // by whole group, one of its series
  std::vector<std::uint32_t> row_of;
  std::vector<std::string> rows;    // value of the label they are grouped by
  bool takes_every_series = false;  // of the groups, in row 0; `row_of` is not filled in then

  std::uint32_t row(SeriesId series) const {
    if (takes_every_series) return 0;
    return series < row_of.size() ? row_of[series] : kNoRow;
  }
  std::uint32_t row_of_whole_group(std::size_t index) const { return row(group_members[index]); }
  // Some of the groups, of those that are meant as a whole among them.
  struct Part {
    std::span<const GroupKey> groups;
    std::span<const GroupKey> whole_groups;
  };
  Part all() const { return {groups, whole_groups}; }
  // At most so many parts of about as many groups each, for several who read side by side.
  std::vector<Part> parts(std::size_t count) const;
};

class SeriesTable {
 public:
  // The strings are those of `symbols`, which outlives the table.
  explicit SeriesTable(profile::Symbols& symbols)
      : symbols_(symbols), by_content_(0, HashOfContent{this}, SameContent{this}) {}
  SeriesTable(const SeriesTable&) = delete;
  SeriesTable& operator=(const SeriesTable&) = delete;

  std::size_t size() const { return group_of_.size(); }  // numbers given, dropped ones too
  std::size_t count() const { return by_content_.size(); }
  bool has(SeriesId id) const { return id < size() && !is_dropped(labels(id)); }

  // Adds nothing, no string either.
  std::optional<SeriesId> find(const profile::ProfileType& type, const profile::Labels& labels);
  // One that find() did not find.
  SeriesId add(const profile::ProfileType& type, const profile::Labels& labels);
  // For loading: a row as it was written down, labels sorted by name. kInvalid if the string is no
  // profile type.
  Result<> append(profile::StringId tenant, profile::StringId type,
                  std::span<const LabelIds> labels);

  // Drops all others; `kept` is by number. Their labels are as good as new when they come again.
  void keep_only(const std::vector<bool>& kept);
  // Each string that a group, or a series that `is_meant`, is made of, some more than once.
  template <class IsMeant, class Visit>
  void each_string(IsMeant is_meant, Visit visit) const {
    for (const Group& group : groups_) {
      for (const profile::StringId id : {group.key.tenant, group.key.service, group.key.type})
        visit(id);
      for (const SeriesId series : group.series) {
        if (!is_meant(series)) continue;
        for (const LabelIds& label : labels(series)) {
          visit(label.name);
          visit(label.value);
        }
      }
    }
  }

  const GroupKey& group(SeriesId id) const { return groups_[group_of_[id]].key; }
  const profile::ProfileType& type(SeriesId id) const { return groups_[group_of_[id]].type; }
  std::span<const LabelIds> labels(SeriesId id) const {
    return std::span(labels_).subspan(first_label_[id], first_label_[id + 1] - first_label_[id]);
  }
  SeriesKey key(SeriesId id) const;

  // An empty type means any; rows are told apart by `group_by`, by nothing if it is empty.
  SeriesSelection select(std::span<const Selector> any_of, std::string_view type,
                         std::string_view group_by) const;
  // As Store says.
  std::vector<std::vector<std::string>> label_sets(std::span<const SeriesId> series,
                                                   std::span<const std::string> names) const;
  std::vector<std::string> label_names(std::span<const SeriesId> series) const;
  // All series of a service, or of kEveryService, in one row. Costs nothing for each series.
  SeriesSelection select_whole(const GroupKey& key) const;

 private:
  struct Content {
    profile::StringId tenant;
    profile::StringId type;
    std::span<const LabelIds> labels;
  };
  struct HashOfContent {
    using is_transparent = void;
    using is_avalanching = void;
    const SeriesTable* table;
    std::size_t operator()(const Content& content) const;
    std::size_t operator()(SeriesId id) const { return (*this)(table->content(id)); }
  };
  struct SameContent {
    using is_transparent = void;
    const SeriesTable* table;
    bool operator()(SeriesId a, SeriesId b) const { return a == b; }
    bool operator()(const Content& content, SeriesId id) const;
    bool operator()(SeriesId id, const Content& content) const { return (*this)(content, id); }
  };
  struct Group {
    GroupKey key;
    profile::ProfileType type;
    std::vector<SeriesId> series;  // none, if all have been dropped
  };

  static bool is_dropped(std::span<const LabelIds> labels) {
    return labels.size() == 1 && labels[0].name == profile::StringId::kEmpty;
  }
  Content content(SeriesId id) const { return {group(id).tenant, group(id).type, labels(id)}; }
  profile::StringId value_of(std::span<const LabelIds> labels, std::string_view name) const;

  profile::Symbols& symbols_;
  std::vector<Group> groups_;
  std::map<GroupKey, std::uint32_t> group_ids_;
  std::vector<std::uint32_t> group_of_;         // by series
  std::vector<std::size_t> first_label_ = {0};  // by series, and one behind the last
  std::vector<LabelIds> labels_;
  boost::unordered_flat_set<SeriesId, HashOfContent, SameContent> by_content_;
};

}  // namespace phlox::storage
