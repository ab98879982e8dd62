#include "storage/rocksdb/series_table.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>

namespace phlox::storage {
namespace {

using profile::Labels;
using profile::ProfileType;

const ProfileType kCpu = ProfileType::parse(profile::kProcessCpu).value();
const ProfileType kWall = ProfileType::parse("wall:wall:nanoseconds:wall:nanoseconds").value();

Labels labels_of(std::vector<Labels::Pair> pairs) {
  return Labels::from_pairs(std::move(pairs)).value();
}

SeriesKey arbitrary_key() {
  std::vector<Labels::Pair> pairs;
  for (const char* name : {"service_name", "pod", "region"})
    pairs.emplace_back(name, *rc::gen::element<std::string>("", "a", "b", "c"));
  return {*rc::gen::element(kCpu, kWall), labels_of(std::move(pairs))};
}

Matcher arbitrary_matcher() {
  using Operator = Matcher::Operator;
  const auto name = *rc::gen::element<std::string>("service_name", "pod", "region", "none",
                                                   "__name__", "__profile_type__", "__unit__");
  const auto op = *rc::gen::element(Operator::kEqual, Operator::kNotEqual, Operator::kMatches,
                                    Operator::kNotMatches);
  return Matcher::create(name, op, *rc::gen::element<std::string>("", "a", "b", "a|c", "wall"))
      .value();
}

TEST(SeriesTable, FindsWhatWasAddedAndAddsNoStringBefore) {
  profile::Symbols symbols;
  SeriesTable table(symbols);
  const Labels shop = labels_of({{"service_name", "shop"}, {"pod", "1"}});
  EXPECT_FALSE(table.find(kCpu, shop));
  EXPECT_EQ(symbols.string_count(), 1u);
  const SeriesId id = table.add(kCpu, shop);
  EXPECT_EQ(table.find(kCpu, shop), id);
  EXPECT_FALSE(table.find(kWall, shop));
  EXPECT_FALSE(table.find(kCpu, labels_of({{"service_name", "shop"}})));
  EXPECT_EQ(table.key(id), (SeriesKey{kCpu, shop}));
  EXPECT_EQ(symbols.string(table.group(id).service), "shop");
}

TEST(SeriesTable, ThoseThatAreDroppedAreGoneAndNewWhenTheyComeAgain) {
  EXPECT_TRUE(rc::check("as a table that has only the others", [] {
    profile::Symbols symbols;
    SeriesTable table(symbols);
    std::map<SeriesKey, SeriesId> keys;
    const auto add = [&] {
      const SeriesKey key = arbitrary_key();
      if (!table.find(key.type, key.labels)) keys[key] = table.add(key.type, key.labels);
    };
    for (int i = *rc::gen::inRange(0, 30); i > 0; --i) add();
    std::vector<bool> kept(table.size());
    for (std::size_t i = 0; i < kept.size(); ++i) kept[i] = *rc::gen::inRange(0, 2) == 0;
    table.keep_only(kept);
    const auto dropped = std::erase_if(keys, [&](const auto& key) { return !kept[key.second]; });
    RC_ASSERT(table.count() == keys.size());
    RC_ASSERT(table.size() == keys.size() + dropped);
    for (int i = *rc::gen::inRange(0, 10); i > 0; --i) add();

    // Also as it is after its rows have been written and loaded.
    SeriesTable loaded(symbols);
    for (SeriesId id = 0; id < table.size(); ++id)
      RC_ASSERT(loaded.append(table.group(id).tenant, table.group(id).type, table.labels(id))
                    .has_value());
    const Selector all;
    for (SeriesTable* one : {&table, &loaded}) {
      RC_ASSERT(one->count() == keys.size());
      const SeriesSelection selection = one->select(std::span(&all, 1), "", "");
      for (SeriesId id = 0; id < one->size(); ++id)
        RC_ASSERT((selection.row(id) != SeriesSelection::kNoRow) == one->has(id));
      for (const auto& [key, id] : keys) {
        RC_ASSERT(one->find(key.type, key.labels) == id);
        RC_ASSERT(one->key(id) == key);
      }
      RC_ASSERT(selection.groups.size() == selection.whole_groups.size());
    }
  }));
}

TEST(SeriesTable, SelectsWhatTheSelectorsMatch) {
  EXPECT_TRUE(rc::check("equal to asking each series", [] {
    profile::Symbols symbols;
    SeriesTable table(symbols);
    std::map<SeriesKey, SeriesId> keys;
    const int count = *rc::gen::inRange(0, 30);
    for (int i = 0; i < count; ++i) {
      const SeriesKey key = arbitrary_key();
      const auto known = table.find(key.type, key.labels);
      RC_ASSERT(known.has_value() == keys.contains(key));
      if (!known) keys.emplace(key, table.add(key.type, key.labels));
    }
    std::vector<Selector> any_of(*rc::gen::inRange<std::size_t>(0, 3));
    for (Selector& selector : any_of) {
      const int matchers = *rc::gen::inRange(0, 3);
      for (int i = 0; i < matchers; ++i) selector.matchers.push_back(arbitrary_matcher());
    }
    const auto type = *rc::gen::element<std::string>("", kCpu.to_string(), kWall.to_string());
    const auto group_by = *rc::gen::element<std::string>("", "pod", "service_name", "__name__");

    const SeriesSelection found = table.select(any_of, type, group_by);
    std::set<std::string> rows;
    std::set<GroupKey> groups;
    for (const auto& [key, id] : keys) {
      const bool is_meant = (type.empty() || key.type.to_string() == type) &&
                            std::ranges::any_of(any_of, [&](const Selector& s) {
                              return s.matches(key.type, key.labels);
                            });
      RC_ASSERT((found.row(id) != SeriesSelection::kNoRow) == is_meant);
      if (!is_meant) continue;
      const std::string row = group_by.empty() ? "" : label_of(key.type, key.labels, group_by);
      RC_ASSERT(found.rows.at(found.row(id)) == row);
      rows.insert(row);
      groups.insert(table.group(id));
    }
    RC_ASSERT(found.rows == std::vector<std::string>(rows.begin(), rows.end()));
    RC_ASSERT(found.groups == std::vector<GroupKey>(groups.begin(), groups.end()));
  }));
}

TEST(SeriesTable, RefusesARowThatIsNoProfileType) {
  profile::Symbols symbols;
  SeriesTable table(symbols);
  const auto refused =
      table.append(symbols.intern_string("anonymous"), symbols.intern_string("nonsense"), {});
  EXPECT_EQ(refused.error().kind(), Error::Kind::kInvalid);
  EXPECT_EQ(table.size(), 0u);
}

}  // namespace
}  // namespace phlox::storage
