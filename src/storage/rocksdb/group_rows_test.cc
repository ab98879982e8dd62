#include <gmock/gmock.h>
#include <rocksdb/db.h>

#include <fstream>

#include "storage/rocksdb/cell.h"
#include "storage/rocksdb/data_directory.h"
#include "storage/rocksdb/database.h"
#include "storage/rocksdb/keys.h"
#include "storage/rocksdb/testing.h"
#include "storage/rocksdb_check.h"

namespace phlox::storage::testing {
namespace {

// Four profiles of each of three pods, in two hours; the whole of it closed.
class Pods : public Kept {
 protected:
  Pods() { clock_.now += std::chrono::hours(1); }
  void write_pods(Store& store) {
    for (int i = 0; i < 12; ++i)
      write(store, {.folded = fmt::format("main;f{} {}\nmain;g 3", i % 5, i + 1),
                    .start_ns = (kMonday + i * 600) * kNanosecondsPerSecond,
                    .labels = of_pod(i % 3)});
    EXPECT_TRUE(store.close_buckets());
  }
  static std::vector<profile::Labels::Pair> of_pod(int pod) {
    return {{"service_name", "shop"}, {"pod", std::to_string(pod)}};
  }
  // Opened without a store beside.
  std::unique_ptr<Database> database() {
    return Database::open(directory_.path / "rocksdb").value();
  }
  std::size_t rows(rocksdb::ColumnFamilyHandle* (Database::*family)() const) {
    const auto opened = database();
    const std::unique_ptr<rocksdb::Iterator> it(
        opened->db().NewIterator(rocksdb::ReadOptions(), (*opened.*family)()));
    std::size_t count = 0;
    for (it->SeekToFirst(); it->Valid(); it->Next()) ++count;
    return count;
  }
  void expect_sound() {
    EXPECT_THAT(check_rocksdb_store(directory_.path).value().faults, ::testing::IsEmpty());
  }
};

TEST_F(Pods, AServiceOfSeveralSeriesHasRowsOfItsOwn) {
  {
    const auto store = open_rocksdb_store(options()).value();
    write_pods(*store);
    write(*store, {.folded = "alone 1",
                   .start_ns = kMonday * kNanosecondsPerSecond,
                   .labels = {{"service_name", "cart"}}});
    ASSERT_TRUE(store->close_buckets());
    expect_all(*store, Level::k1h, 7200);
    expect_all(*store, Level::k1d, 86400);
  }
  expect_sound();
  EXPECT_EQ(rows(&Database::group_cells), 3u)
      << "two hours and a day; ten minutes had one pod each";
  EXPECT_EQ(rows(&Database::group_totals), 3u + 3u)
      << "of all services: the first ten minutes, hour and day, when there was another one";
  {
    const auto opened = database();
    const std::unique_ptr<rocksdb::Iterator> it(
        opened->db().NewIterator(rocksdb::ReadOptions(), opened->group_cells()));
    it->SeekToLast();
    std::string wrong;
    append_cell(wrong, 0, {}, std::array{StackPair{1, 12345}});
    ASSERT_TRUE(opened->db().Put({}, opened->group_cells(), it->key(), slice(wrong)).ok());
  }
  const CheckReport damaged = check_rocksdb_store(directory_.path).value();
  ASSERT_EQ(damaged.fault_count, 1u);
  EXPECT_THAT(damaged.faults[0], ::testing::HasSubstr("is not the sum of the service's series"));
  const auto store = open_rocksdb_store(options()).value();
  const std::vector<Tile> day = {{Level::k1d, kMonday, kMonday + 86400}};
  const auto read = [&](const Selector& selector) {
    profile::Symbols symbols;
    const auto merged = store->merge(selector, profile::kProcessCpu, day, symbols).value();
    return by_text(symbols, merged.values);
  };
  EXPECT_EQ(read(equals("service_name", "shop")).at("main"), profile::Sum(12345)) << "it is read";
  EXPECT_EQ(read(equals("pod", "1")),
            model_.merge(equals("pod", "1"), profile::kProcessCpu, kMonday, kMonday + 86400));
}

TEST_F(Pods, LateDataReachesTheRowOfAServiceOnEveryLevel) {
  RocksOptions aged = options();
  aged.retention.keep = parse_retention("10s=1d,10m=2d,1h=3d,1d=forever").value();
  constexpr std::array<int, 4> kDays = {0, 1, 2, 4};
  for (std::size_t kept = 0; kept < kDays.size(); ++kept) {  // the finest level
    const auto store = open_rocksdb_store(aged).value();
    clock_.now = from_unix_ms((kMonday + 86400 * kDays[kept] + 4 * 3600) * 1000);
    if (kept == 0) write_pods(*store);
    ASSERT_TRUE(store->close_buckets());
    ASSERT_TRUE(kept == 0 || store->horizons()[kept - 1] > kMonday);
    for (const int pod : {1, 2, 7})  // one of them is new at first
      write(*store, {.folded = fmt::format("late{} {}", kept, pod),
                     .start_ns = kMonday * kNanosecondsPerSecond,
                     .labels = of_pod(pod)});
    for (int closed = 0; closed < 2; ++closed) {
      for (std::size_t l = kept; l < kLevelCount; ++l)
        expect_all(*store, level_at(l), std::max<std::int64_t>(7200, kLevelWidths[l]));
      ASSERT_TRUE(store->close_buckets());
    }
  }
  expect_sound();
}

TEST_F(Pods, ADirectoryWithoutRowsOfServicesAnswersAndGainsThem) {
  {
    const auto store = open_rocksdb_store(options()).value();
    write_pods(*store);
  }
  {
    const auto opened = database();
    for (auto* family : {opened->group_cells(), opened->group_totals()})
      ASSERT_TRUE(opened->db().DropColumnFamily(family).ok());
  }
  std::ofstream(directory_.path / "FORMAT") << "phlox data format 1\n";
  {
    const auto store = open_rocksdb_store(options()).value();
    expect_all(*store, Level::k1d, 86400);
    write(*store,
          {.folded = "late 1", .start_ns = kMonday * kNanosecondsPerSecond, .labels = of_pod(2)});
    ASSERT_TRUE(store->close_buckets());
    expect_all(*store, Level::k1h, 7200);
    expect_all(*store, Level::k1d, 86400);
  }
  expect_sound();
  EXPECT_EQ(rows(&Database::group_cells), 3u) << "what was closed again: ten minutes, hour, day";
  EXPECT_EQ(rows(&Database::group_totals), 3u) << "the same; there is one service only";
  std::string format;
  std::getline(std::ifstream(directory_.path / "FORMAT"), format);
  EXPECT_EQ(format, fmt::format("phlox data format {}", kDataFormat));
}

// Three pods of a service and one of another whose profiles overlap, so that no row says by itself
// what was covered; then the finest levels go.
class Overlapping : public Pods {
 protected:
  Overlapping() {
    aged_ = options();
    aged_.retention.keep = parse_retention("10s=1d,10m=2d,1h=3d,1d=forever").value();
    for (int i = 0; i < 60; ++i)
      pushed_.push_back({.folded = fmt::format("main;f{} {}", i % 5, i + 1),
                         .start_ns = (kMonday + i * 97) * kNanosecondsPerSecond,
                         .duration_ns = (40 + 30 * (i % 4)) * kNanosecondsPerSecond,
                         .labels = i % 4 == 3 ? other() : of_pod(i % 4)});
  }
  static std::vector<profile::Labels::Pair> other() {
    return {{"service_name", "cart"}, {"pod", "0"}};
  }
  void move_to_day(Store& store, int day) {
    clock_.now = from_unix_ms((kMonday + 86400 * day + 4 * 3600) * 1000);
    ASSERT_TRUE(store.close_buckets());
  }
  static std::vector<std::vector<Tile>> buckets(Level level) {
    const std::int64_t until = kMonday + std::max<std::int64_t>(7200, width_s(level));
    std::vector<std::vector<Tile>> points;
    for (std::int64_t at = align_down(kMonday, width_s(level)); at < until; at += width_s(level))
      points.push_back({{level, at, at + width_s(level)}});
    return points;
  }
  // By value of the label, point by point.
  static std::map<std::string, std::vector<Totals>> read(Store& store, const Selector& selector,
                                                         Level level, std::string_view group_by) {
    std::map<std::string, std::vector<Totals>> out;
    auto rows = store.timeline(selector, profile::kProcessCpu, buckets(level), group_by).value();
    for (SeriesPoints& row : rows) out[row.label] = std::move(row.points);
    return out;
  }
  std::vector<Totals> expected(const Selector& selector, Level level) const {
    std::vector<Totals> out;
    for (const auto& tiles : buckets(level))
      out.push_back(
          model_.totals(selector, profile::kProcessCpu, tiles[0].from_s, tiles[0].until_s));
    return out;
  }
  void expect_totals(Store& store, Level level) {
    SCOPED_TRACE(fmt::format("level {} s", width_s(level)));
    const Selector shop = equals("service_name", "shop");
    const Selector cart = equals("service_name", "cart");
    EXPECT_EQ(read(store, {}, level, "").at(""), expected({}, level));
    EXPECT_EQ(read(store, shop, level, "").at(""), expected(shop, level));
    const auto of_services = read(store, {}, level, "service_name");
    EXPECT_EQ(of_services.at("shop"), expected(shop, level));
    EXPECT_EQ(of_services.at("cart"), expected(cart, level));
  }

  RocksOptions aged_;
  std::vector<Pushed> pushed_;
};

TEST_F(Overlapping, WhatWasCoveredIsKnownWhenTheFinerLevelsAreGone) {
  const auto store = open_rocksdb_store(aged_).value();
  for (const Pushed& pushed : pushed_) write(*store, pushed);
  for (std::size_t l = 0; l < kLevelCount; ++l) expect_totals(*store, level_at(l));
  for (const int day : {0, 1, 2, 4}) {
    move_to_day(*store, day);
    for (std::size_t l = 0; l < kLevelCount; ++l) {
      if (store->horizons()[l] <= kMonday) expect_totals(*store, level_at(l));
    }
  }
  EXPECT_GT(store->horizons()[2], kMonday) << "only days are left";
}

TEST_F(Overlapping, ValuesOfALabelThatTellsSeriesApartAreTheirs) {
  const auto store = open_rocksdb_store(aged_).value();
  for (const Pushed& pushed : pushed_) write(*store, pushed);
  move_to_day(*store, 0);
  for (const Level level : {Level::k10min, Level::k1h, Level::k1d}) {
    const auto of_pods = read(*store, equals("service_name", "shop"), level, "pod");
    EXPECT_EQ(of_pods.size(), 3u);
    EXPECT_EQ(of_pods.at("1"), expected(equals("pod", "1"), level));
    EXPECT_EQ(read(*store, {}, level, "pod").at("0"), expected(equals("pod", "0"), level))
        << "of two services";
  }
}

TEST_F(Overlapping, ABucketThatIsClosedAgainKeepsTheOtherServices) {
  const auto store = open_rocksdb_store(aged_).value();
  for (const Pushed& pushed : pushed_) write(*store, pushed);
  move_to_day(*store, 0);
  for (const auto& labels : {other(), of_pod(1), of_pod(9)}) {
    write(*store, {.folded = "late 3",
                   .start_ns = (kMonday + 1000) * kNanosecondsPerSecond,
                   .duration_ns = 700 * kNanosecondsPerSecond,
                   .labels = labels});
    for (int closed = 0; closed < 2; ++closed) {
      for (std::size_t l = 0; l < kLevelCount; ++l) expect_totals(*store, level_at(l));
      ASSERT_TRUE(store->close_buckets());
    }
  }
}

TEST_F(Overlapping, LateDataOnACoarseLevelAddsUpAndCoversNoMoreThanThereIs) {
  const auto store = open_rocksdb_store(aged_).value();
  for (const Pushed& pushed : pushed_) write(*store, pushed);
  for (const int day : {0, 1, 2, 4}) {
    move_to_day(*store, day);
    const auto before = read(*store, {}, Level::k1d, "").at("")[0];
    write(*store, {.folded = "late 5",
                   .start_ns = (kMonday + 20'000 * day) * kNanosecondsPerSecond,
                   .duration_ns = 600 * kNanosecondsPerSecond,
                   .labels = of_pod(day)});
    ASSERT_TRUE(store->close_buckets());
    const auto after = read(*store, {}, Level::k1d, "").at("")[0];
    const auto model = expected({}, Level::k1d)[0];
    EXPECT_EQ(after.value, model.value);
    EXPECT_EQ(after.profiles, model.profiles);
    EXPECT_EQ(after.covered_ns - before.covered_ns,
              day == 0 ? model.covered_ns - before.covered_ns : 600u * kNanosecondsPerSecond)
        << "where nothing else is, all of it is new";
  }
  const std::int64_t all_day = 86400 * kNanosecondsPerSecond;
  for (const int pod : {1, 2})
    write(*store, {.folded = "late 5",
                   .start_ns = kMonday * kNanosecondsPerSecond,
                   .duration_ns = all_day,
                   .labels = of_pod(pod)});
  EXPECT_EQ(read(*store, {}, Level::k1d, "").at("")[0].covered_ns, 86400u * kNanosecondsPerSecond);
}

TEST_F(Overlapping, ACheckFindsWrongTotalsOfServices) {
  {
    const auto store = open_rocksdb_store(aged_).value();
    for (const Pushed& pushed : pushed_) write(*store, pushed);
    move_to_day(*store, 0);
  }
  expect_sound();
  const auto damage = [&](auto change) {
    const auto opened = database();
    const std::unique_ptr<rocksdb::Iterator> it(
        opened->db().NewIterator(rocksdb::ReadOptions(), opened->group_totals()));
    it->SeekToLast();
    TotalsRow row = decode_totals(view(it->value())).value();
    change(row);
    const std::string wrong = encode(row);
    ASSERT_TRUE(opened->db().Put({}, opened->group_totals(), it->key(), slice(wrong)).ok());
  };
  damage([](TotalsRow& row) { ++row.value; });
  CheckReport report = check_rocksdb_store(directory_.path).value();
  ASSERT_EQ(report.fault_count, 1u);
  EXPECT_THAT(report.faults[0], ::testing::HasSubstr("the totals of all services are not the sum"));
  damage([](TotalsRow& row) {
    --row.value;
    --row.head.covered_ns;
  });
  report = check_rocksdb_store(directory_.path).value();
  EXPECT_EQ(report.fault_count, 1u) << "what they cover counts too";
}

}  // namespace
}  // namespace phlox::storage::testing
