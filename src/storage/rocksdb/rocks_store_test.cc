#include <gmock/gmock.h>

#include <rocksdb/perf_context.h>

#include <fstream>
#include <stop_token>
#include <thread>

#include "base/cancellation.h"
#include "storage/rocksdb/cell.h"
#include "storage/rocksdb/data_directory.h"
#include "storage/rocksdb/database.h"
#include "storage/rocksdb/keys.h"
#include "storage/rocksdb/testing.h"
#include "storage/rocksdb_check.h"
#include "storage/rocksdb_store.h"
#include "storage/store_contract_tests.h"

namespace phlox::storage::testing {
namespace {

class RocksWorld final : public StoreWorld {
 public:
  RocksWorld() { open(); }
  Store& store() override { return *store_; }
  void reopen() override {
    store_.reset();
    open();
  }

 private:
  void open() {
    store_ = open_rocksdb_store({.directory = directory_.path / "data",
                                 .close_every = Nanoseconds::zero(),
                                 .bytes_at_once = 600,  // two or three series
                                 .clock = &clock})
                 .value();
  }
  TemporaryDirectory directory_;
  std::unique_ptr<Store> store_;
};

std::unique_ptr<StoreWorld> make_rocks_world() { return std::make_unique<RocksWorld>(); }

INSTANTIATE_TEST_SUITE_P(Embedded, StoreContract, ::testing::Values(make_rocks_world),
                         [](const auto&) { return std::string("RocksDB"); });

std::string open_error(const std::filesystem::path& directory) {
  const auto store = open_rocksdb_store({.directory = directory});
  return store ? "opened" : store.error().message();
}

TEST(RocksStore, ASecondServerIsToldWhoHasTheDirectory) {
  const TemporaryDirectory directory;
  const auto store = open_rocksdb_store({.directory = directory.path}).value();
  EXPECT_EQ(open_error(directory.path),
            fmt::format("data directory {} is in use by another phlox server; stop that one, or "
                        "choose another directory with --data DIR",
                        directory.path.string()));
}

TEST(RocksStore, ANewerFormatIsRefused) {
  const TemporaryDirectory directory;
  std::ofstream(directory.path / "FORMAT") << "phlox data format 99\n";
  EXPECT_EQ(open_error(directory.path),
            fmt::format("data directory {} has format 99, this phlox reads up to {}; update phlox "
                        "or choose another directory with --data DIR",
                        directory.path.string(), kDataFormat));
}

TEST(RocksStore, AFileInPlaceOfTheDirectoryIsNamed) {
  const TemporaryDirectory directory;
  std::ofstream(directory.path / "data") << "x";
  EXPECT_THAT(open_error(directory.path / "data"), ::testing::HasSubstr("cannot be made"));
}

TEST(RocksStore, SyncedWritesSurvive) {
  const TemporaryDirectory directory;
  {
    const auto store = open_rocksdb_store({.directory = directory.path, .sync = true}).value();
    EXPECT_TRUE(push(*store, {.folded = "f 1", .start_ns = kMonday * kNanosecondsPerSecond}));
  }
  const auto store = open_rocksdb_store({.directory = directory.path}).value();
  EXPECT_EQ(store->size().series, 1u);
}

TEST(Retention, IsReadAsItIsWritten) {
  using std::chrono::hours;
  EXPECT_EQ(parse_retention("10s=7d,10m=90d,1h=1y,1d=forever").value(),
            (std::array<Nanoseconds, kLevelCount>{hours(7 * 24), hours(90 * 24), hours(365 * 24)}));
  EXPECT_EQ(parse_retention("10s=7d,10m=90d,1h=1y,1d=5y").value().back(), 5 * hours(365 * 24))
      << "weeks as long as days";
  EXPECT_EQ(parse_retention("10s=7d,10m=90d,1h=1y,1d=2y,1w=5y").value().back(),
            5 * hours(365 * 24));
  for (const auto* bad :
       {"", "10s=7d", "10s=7d,10m=90d,1h=1y,1d=5y,1w=1y", "10s=7d,10m=6d,1h=1y,1d=5y",
        "10s=forever,10m=1d,1h=1d,1d=1d", "10s=7,10m=7d,1h=7d,1d=7d", "5s=7d,10m=7d,1h=7d,1d=7d",
        "10s=7d,10s=7d,10m=7d,1h=7d,1d=7d", "10s=-1d,10m=7d,1h=7d,1d=7d"})
    EXPECT_FALSE(parse_retention(bad)) << bad;
  EXPECT_EQ(parse_size("50GB").value(), 50'000'000'000u);
  EXPECT_EQ(parse_size("1.5GiB").value(), 1'610'612'736u);
  EXPECT_EQ(parse_size("0").value(), 0u);
  for (const auto* bad : {"", "GB", "-1GB", "1XB", "nan", "1e30"})
    EXPECT_FALSE(parse_size(bad)) << bad;
}

TEST_F(Kept, EachLevelGoesByItsAge) {
  RocksOptions aged = options();
  aged.retention.keep = parse_retention("10s=1d,10m=2d,1h=3d,1d=forever").value();
  const auto store = open_rocksdb_store(aged).value();
  clock_.now = from_unix_ms((kMonday + 4 * 3600) * 1000);
  for (int i = 0; i < 40; ++i)
    write(*store, {.folded = fmt::format("main;f{} {}", i % 5, i + 1),
                   .start_ns = (kMonday + i * 300) * kNanosecondsPerSecond});
  for (const int day : {1, 2, 3}) {
    clock_.now = from_unix_ms((kMonday + 86400 * (day + 1)) * 1000);
    ASSERT_TRUE(store->close_buckets());
    const Horizons horizons = store->horizons();
    for (std::size_t l = 0; l < 3; ++l)
      EXPECT_EQ(horizons[l] > kMonday, day > static_cast<int>(l)) << "level " << l;
    expect_all(*store, Level::k1d, 86400);
  }
  EXPECT_EQ(store->size().horizons, store->horizons());
  write(*store, {.folded = "late 7", .start_ns = kMonday * kNanosecondsPerSecond});
  expect_all(*store, Level::k1d, 86400);
}

TEST_F(Kept, AStoreThatGrowsTooLargeForgetsItsFinestLevelFirst) {
  RocksOptions small = options();
  small.retention.max_bytes = 1;
  const auto store = open_rocksdb_store(small).value();
  clock_.now = from_unix_ms((kMonday + 4 * 3600) * 1000);
  for (int i = 0; i < 40; ++i)
    write(*store, {.folded = fmt::format("main;f{} {}", i, i + 1),
                   .start_ns = (kMonday + i * 300) * kNanosecondsPerSecond});
  ASSERT_TRUE(store->close_buckets());
  EXPECT_EQ(store->horizons()[0], kMonday + 3 * 3600) << "but for what is being written";
  expect_all(*store, Level::k1h, 4 * 3600);
}

// Of all families: the first bucket of a level that still has a row.
std::optional<std::int64_t> oldest_row(const std::filesystem::path& path, Level level) {
  const auto database = Database::open(path / "rocksdb").value();
  std::optional<std::int64_t> oldest;
  for (auto* family : database->bucket_families()) {
    const std::unique_ptr<rocksdb::Iterator> it(
        database->db().NewIterator(rocksdb::ReadOptions(), family));
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      const auto key = decode_cell_key(view(it->key()));
      if (key->level == level) oldest = std::min(oldest.value_or(key->bucket_s), key->bucket_s);
    }
  }
  return oldest;
}

TEST_F(Kept, RowsOfDaysAndWeeksGoWhenTheyHaveExpired) {
  RocksOptions aged = options();
  aged.retention.keep = parse_retention("10s=1d,10m=2d,1h=3d,1d=30d,1w=60d").value();
  {
    const auto store = open_rocksdb_store(aged).value();
    for (int day = 0; day < 90; ++day) {
      clock_.now = from_unix_ms((kMonday + day * 86400 + 3600) * 1000);
      for (int service = 0; service < 3; ++service)
        write(*store, {.folded = fmt::format("main;f{} {}", day % 5, day + 1),
                       .start_ns = (kMonday + day * 86400) * kNanosecondsPerSecond,
                       .labels = {{"service_name", std::to_string(service)}}});
    }
    ASSERT_TRUE(store->close_buckets());
    EXPECT_GT(store->horizons()[index_of(Level::k1w)], kMonday + 20 * 86400);
  }
  for (const Level level : {Level::k1d, Level::k1w}) {
    const auto oldest = oldest_row(directory_.path, level);
    const auto store = open_rocksdb_store(aged).value();
    ASSERT_TRUE(oldest);
    EXPECT_EQ(*oldest, store->horizons()[index_of(level)]);
  }
}

TEST_F(Kept, AStoreThatStaysTooLargeForgetsDaysAndWeeks) {
  RocksOptions small = options();
  small.retention.max_bytes = 1;
  const auto store = open_rocksdb_store(small).value();
  std::size_t stacks = 0;
  for (int day = 0; day < 120; day += 2) {
    clock_.now = from_unix_ms((kMonday + day * 86400 + 3600) * 1000);
    write(*store, {.folded = fmt::format("main;f{};g;h {}", day, day + 1),
                   .start_ns = (kMonday + day * 86400) * kNanosecondsPerSecond,
                   .labels = {{"service_name", day < 100 ? "a" : "b"}}});
    stacks = store->size().stacks;
  }
  ASSERT_TRUE(store->close_buckets());
  for (const Level level : {Level::k1d, Level::k1w}) {
    EXPECT_GT(store->horizons()[index_of(level)], kMonday + 60 * 86400);
    EXPECT_LT(store->horizons()[index_of(level)], kMonday + 119 * 86400);
  }
  EXPECT_LT(store->size().stacks, stacks);
}

TEST_F(Kept, ACheckOfTheDirectorySaysWhetherItAddsUp) {
  {
    RocksOptions aged = options();
    aged.retention.keep = parse_retention("10s=1d,10m=2d,1h=3d,1d=forever").value();
    const auto store = open_rocksdb_store(aged).value();
    for (int i = 0; i < 300; ++i)
      write(*store, {.folded = fmt::format("main;f{} {}\nmain;g 3", i % 5, i + 1),
                     .start_ns = (kMonday + i * 287) * kNanosecondsPerSecond,
                     .labels = {{"service_name", i % 2 == 0 ? "a" : "b"}}});
    ASSERT_TRUE(store->close_buckets());
    write(*store, {.folded = "late 1", .start_ns = (kMonday + 50'000) * kNanosecondsPerSecond});
  }
  const CheckReport sound = check_rocksdb_store(directory_.path).value();
  EXPECT_THAT(sound.faults, ::testing::IsEmpty());
  EXPECT_GT(sound.pairs, 300u);
  EXPECT_EQ(sound.series, 3u);
  {
    const auto database = Database::open(directory_.path / "rocksdb").value();
    const std::unique_ptr<rocksdb::Iterator> it(
        database->db().NewIterator(rocksdb::ReadOptions(), database->totals()));
    it->SeekToLast();
    const std::string wrong =
        encode(TotalsRow{.head = {.covered_ns = 1, .profiles = 1}, .value = 1});
    ASSERT_TRUE(database->db().Put({}, database->totals(), it->key(), slice(wrong)).ok());
  }
  const CheckReport damaged = check_rocksdb_store(directory_.path).value();
  EXPECT_EQ(damaged.fault_count, 3u) << "nor do the totals of all services, of which it is one";
  EXPECT_THAT(damaged.faults,
              ::testing::Contains(::testing::HasSubstr("the cell does not add up to its totals")));
  EXPECT_FALSE(check_rocksdb_store(directory_.path / "none"));
}

// Each closed bucket leaves a deleted mark of each series.
TEST_F(Kept, AReadDoesNotPassOverMarksOfClosedBuckets) {
  constexpr int kSeries = 300;
  const auto store = open_rocksdb_store(options()).value();
  const auto write_all = [&](std::int64_t start_s) {
    for (int i = 0; i < kSeries; ++i)
      write(*store, {.folded = "f 1",
                     .start_ns = start_s * kNanosecondsPerSecond,
                     .labels = {{"service_name", "shop"}, {"pod", std::to_string(i)}}});
  };
  for (const std::int64_t hour : {0, 1, 2}) write_all(kMonday + 3600 * hour);
  clock_.now += std::chrono::days(1);
  ASSERT_TRUE(store->close_buckets());
  write_all(kMonday + 3 * 3600);
  const std::vector<std::vector<Tile>> day = {{{Level::k1d, kMonday, kMonday + 86400}}};
  const auto skipped = [&] {
    rocksdb::SetPerfLevel(rocksdb::PerfLevel::kEnableCount);
    rocksdb::get_perf_context()->Reset();
    const auto rows = store->timeline({}, profile::kProcessCpu, day, "").value();
    rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);
    EXPECT_EQ(rows[0].points[0], model_.totals({}, profile::kProcessCpu, kMonday, kMonday + 86400));
    return rocksdb::get_perf_context()->internal_delete_skipped_count;
  };
  EXPECT_LT(skipped(), kSeries) << "with marks of the last hour";
  ASSERT_TRUE(store->close_buckets());
  EXPECT_LT(skipped(), kSeries);
  write(*store, {.folded = "late 5", .start_ns = kMonday * kNanosecondsPerSecond});
  EXPECT_GE(skipped(), kSeries) << "a mark in front of the others is found all the same";
}

TEST_F(Kept, TooManySeriesNameTheLabelToBlame) {
  RocksOptions few = options();
  few.max_series = 3;
  const auto store = open_rocksdb_store(few).value();
  const auto pushed = [](int i) {
    return Pushed{.folded = "f 1",
                  .start_ns = kMonday * kNanosecondsPerSecond,
                  .labels = {{"service_name", "shop"}, {"request", std::to_string(i)}}};
  };
  for (int i = 0; i < 3; ++i) write(*store, pushed(i));
  EXPECT_EQ(push(*store, pushed(3)).error().message(),
            "the store holds 3 series, its limit; label 'request' has 3 different values: drop it, "
            "or allow more with --max-series");
  write(*store, pushed(0));
  expect_all(*store, Level::k10s, 10);
}

TEST_F(Kept, ABackupOfARunningStoreIsAStore) {
  PHLOX_SKIP_COPIES_BESIDE_WRITES();
  const auto store = open_rocksdb_store(options()).value();
  clock_.now = from_unix_ms((kMonday + 3600) * 1000);
  for (int i = 0; i < 50; ++i)
    write(*store, {.folded = fmt::format("main;f{} {}", i % 5, i + 1),
                   .start_ns = (kMonday + i * 60) * kNanosecondsPerSecond});
  ASSERT_TRUE(store->close_buckets());
  std::jthread writer([&](const std::stop_token& stop) {
    for (int i = 0; !stop.stop_requested(); ++i)
      EXPECT_TRUE(push(*store, {.folded = fmt::format("main;g{} 1", i),
                                .start_ns = (kMonday + i % 3600) * kNanosecondsPerSecond,
                                .labels = {{"service_name", fmt::format("other-{}", i % 9)}}}));
  });
  const TemporaryDirectory copies;
  for (const auto* name : {"a", "b"}) {
    ASSERT_TRUE(store->backup((copies.path / name).string()));
    const CheckReport report = check_rocksdb_store(copies.path / name).value();
    EXPECT_THAT(report.faults, ::testing::IsEmpty());
    EXPECT_FALSE(std::filesystem::exists((copies.path / name).string() + ".new"));
  }
  writer = {};
  EXPECT_EQ(store->backup((copies.path / "a").string()).error().kind(), Error::Kind::kInvalid);
  const auto restored =
      open_rocksdb_store(
          {.directory = copies.path / "a", .close_every = Nanoseconds::zero(), .clock = &clock_})
          .value();
  const Selector shop{{Matcher::create("service_name", Matcher::Operator::kEqual, "shop").value()}};
  profile::Symbols symbols;
  const std::vector<Tile> tiles = {{Level::k10min, kMonday, kMonday + 3600}};
  const Merged merged = restored->merge(shop, profile::kProcessCpu, tiles, symbols).value();
  EXPECT_EQ(by_text(symbols, merged.values),
            model_.merge({}, profile::kProcessCpu, kMonday, kMonday + 3600));
  write(*restored, {.folded = "later 1", .start_ns = kMonday * kNanosecondsPerSecond});
}

TEST_F(Kept, ACancelledReadEnds) {
  const auto store = open_rocksdb_store(options()).value();
  write(*store, {.folded = "f 1", .start_ns = kMonday * kNanosecondsPerSecond});
  const std::stop_source gone;
  const CancellationScope scope(gone.get_token());
  expect_all(*store, Level::k10s, 10);
  gone.request_stop();
  profile::Symbols symbols;
  const std::vector<Tile> tiles = {{Level::k10s, kMonday, kMonday + 10}};
  const auto merged = store->merge({}, profile::kProcessCpu, tiles, symbols);
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.error().kind(), Error::Kind::kGone);
}

TEST_F(Kept, AFullDiskHasNoRoomForProfilesAndAnswersQueries) {
  std::uint64_t free_bytes = 10'000;
  RocksOptions full = options();
  full.reserve_bytes = 1000;
  full.disk_space = [&](const auto&) { return DiskSpace{free_bytes, 1'000'000}; };
  const auto store = open_rocksdb_store(full).value();
  const Pushed pushed{.folded = "f 1", .start_ns = kMonday * kNanosecondsPerSecond, .id = "a"};
  write(*store, pushed);
  free_bytes = 999;
  clock_.now += std::chrono::seconds(2);
  const auto refused = store->check_room();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), ::testing::HasSubstr("--max-size"));
  expect_all(*store, Level::k10s, 10);
  ASSERT_TRUE(store->close_buckets());
  free_bytes = 1000;
  clock_.now += std::chrono::seconds(2);
  EXPECT_TRUE(store->check_room());
  write(*store, {.folded = "g 1", .start_ns = pushed.start_ns, .id = "b"});
  expect_all(*store, Level::k10s, 10);
}

}  // namespace
}  // namespace phlox::storage::testing
