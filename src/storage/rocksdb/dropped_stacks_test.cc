// Stacks and series that no cell names any more are dropped, other stacks numbered anew: at every
// moment of that, and whatever happens in between, answers are those of the model.
#include <gtest/gtest.h>

#include <rapidcheck.h>

#include <array>
#include <atomic>
#include <thread>

#include "storage/rocksdb/rocks_store.h"
#include "storage/rocksdb/testing.h"
#include "storage/rocksdb_check.h"

namespace phlox::storage::testing {
namespace {

constexpr std::int64_t kWeek = width_s(Level::k1w);
constexpr std::int64_t kFirst = align_up(kMonday, kWeek);  // where the first week begins
constexpr int kWeeks = 4;

std::int64_t week_start(int week) { return kFirst + week * kWeek; }

// A store and its model; weeks from `kept_from_` on are kept.
struct Weeks {
  explicit Weeks(std::filesystem::path path) : path_(std::move(path)) {
    clock_.now = from_unix_ms(week_start(kWeeks + 1) * 1000);
    open();
  }

  RocksOptions options() const {
    return {.directory = path_, .close_every = Nanoseconds::zero(), .clock = &clock_};
  }
  void open() {
    store_.reset();
    DataDirectory directory = DataDirectory::open(path_).value();
    auto database = Database::open(directory.database_path()).value();
    database_ = database.get();
    store_ = std::make_unique<RocksStore>(options(), std::move(directory), std::move(database));
    ASSERT_TRUE(store_->start());
  }
  RocksStore& store() const { return *store_; }

  void write(int week, const std::string& folded, std::int64_t after_s, const std::string& pod) {
    const Pushed pushed{.folded = folded,
                        .start_ns = (week_start(week) + after_s) * kNanosecondsPerSecond,
                        .labels = {{"service_name", "shop"}, {"pod", pod}}};
    ASSERT_TRUE(push(store(), pushed));
    model_.write(pushed);
  }
  // Stacks of the week's own, and some that all weeks have, from two pods that all weeks have and
  // one that only this one has.
  void write_week(int week, int stacks) {
    for (int pod = 0; pod < 3; ++pod) {
      std::string folded = "main;always 3\n";
      for (int i = 0; i < stacks; ++i)
        folded += fmt::format("main;week{};f{};g{} {}\n", week, i, i % 7, i + pod + 1);
      for (const std::int64_t after_s : {0, 1800, 86400})
        write(week, folded, after_s, pod < 2 ? std::to_string(pod) : pod_of(week));
    }
  }
  static std::string pod_of(int week) { return fmt::format("of-week-{}", week); }
  void delete_weeks_before(int week) {
    kept_from_ = std::max(kept_from_, week);
    ASSERT_TRUE(
        store().delete_before(Level::k1w, from_unix_ms(week_start(week) * 1000)).has_value());
  }
  bool is_settled() const { return database_->numbering()->is_settled(); }
  std::uint32_t generation() const { return database_->numbering()->generation(); }

  void expect_answers(Store& store) const {
    for (std::size_t l = 0; l < kLevelCount; ++l) {
      const Tile tile{level_at(l), week_start(kept_from_), week_start(kWeeks)};
      const std::array selectors = {Selector(), equals("pod", "1"),
                                    equals("pod", pod_of(kept_from_))};
      for (const Selector& selector : selectors) {
        profile::Symbols symbols;
        const auto merged =
            store.merge(selector, profile::kProcessCpu, std::span(&tile, 1), symbols);
        ASSERT_TRUE(merged) << merged.error().message();
        const auto expected =
            model_.merge(selector, profile::kProcessCpu, tile.from_s, tile.until_s);
        EXPECT_EQ(by_text(symbols, merged.value().values), expected) << "level " << l;
        const auto visited =
            store.merge_in_place(selector, profile::kProcessCpu, std::span(&tile, 1),
                                 [&](const MergedView& view) -> Result<> {
                                   EXPECT_EQ(by_text(view), expected) << "level " << l;
                                   return {};
                                 });
        ASSERT_TRUE(visited) << visited.error().message();
      }
    }
  }
  void expect_answers() { expect_answers(store()); }
  std::vector<std::string> pods(Store& store) const {
    const Tile all{Level::k1w, week_start(kept_from_), week_start(kWeeks)};
    const std::vector<std::string> names = {"pod"};
    const Selector every;
    const auto sets = store.label_sets(std::span(&every, 1), std::span(&all, 1), names).value();
    std::vector<std::string> pods;
    for (const auto& set : sets) pods.push_back(set[0]);
    return pods;
  }
  void expect_sound() {
    store_.reset();
    const CheckReport report = check_rocksdb_store(path_).value();
    EXPECT_EQ(report.fault_count, 0u) << (report.faults.empty() ? "" : report.faults[0]);
    open();
  }

  const std::filesystem::path path_;
  ManualClock clock_;
  Model model_;
  int kept_from_ = 0;
  Database* database_ = nullptr;
  std::unique_ptr<RocksStore> store_;
};

class DroppedStacks : public ::testing::Test {
 protected:
  TemporaryDirectory directory_;
  Weeks weeks_{directory_.path / "data"};
};

TEST_F(DroppedStacks, AreThoseThatOnlyDeletedBucketsNamed) {
  for (int week = 0; week < 3; ++week) weeks_.write_week(week, 50);
  const TemporaryDirectory other;
  Weeks without_the_first(other.path / "data");
  for (int week = 1; week < 3; ++week) without_the_first.write_week(week, 50);

  ASSERT_TRUE(weeks_.store().close_buckets());
  EXPECT_EQ(weeks_.generation(), 0u) << "nothing has been deleted";
  weeks_.delete_weeks_before(1);
  ASSERT_TRUE(weeks_.store().close_buckets());
  EXPECT_EQ(weeks_.store().size().stacks, without_the_first.store().size().stacks);
  EXPECT_EQ(weeks_.generation(), 1u);
  EXPECT_TRUE(weeks_.is_settled());
  weeks_.expect_answers();
  weeks_.expect_sound();
  EXPECT_EQ(weeks_.store().size().stacks, without_the_first.store().size().stacks);
  weeks_.expect_answers();

  weeks_.write(3, "main;week0;f1;g1 5\nmain;always 2\n", 60, "1");  // it comes back
  weeks_.expect_answers();
  weeks_.expect_sound();
  weeks_.expect_answers();
}

TEST_F(DroppedStacks, SeriesGoWithThem) {
  for (int week = 0; week < 3; ++week) weeks_.write_week(week, 50);
  ASSERT_EQ(weeks_.store().size().series, 5u);
  weeks_.delete_weeks_before(2);
  ASSERT_TRUE(weeks_.store().close_buckets());
  const std::vector<std::string> left = {"0", "1", "of-week-2"};
  for (int opened = 0; opened < 2; ++opened) {
    EXPECT_EQ(weeks_.store().size().series, 3u);
    EXPECT_EQ(weeks_.pods(weeks_.store()), left);
    weeks_.expect_answers();
    weeks_.expect_sound();
  }
  // One that comes back, beside a new one, is a series like any other.
  weeks_.write_week(3, 50);
  weeks_.write(3, "main;always 2\n", 60, Weeks::pod_of(0));
  for (int opened = 0; opened < 2; ++opened) {
    EXPECT_EQ(weeks_.store().size().series, 5u);
    EXPECT_EQ(weeks_.pods(weeks_.store()),
              (std::vector<std::string>{"0", "1", "of-week-0", "of-week-2", "of-week-3"}));
    weeks_.expect_answers();
    weeks_.expect_sound();
  }
}

TEST_F(DroppedStacks, SeriesGoAlone) {
  for (int pod = 0; pod < 20; ++pod)
    weeks_.write(0, "main;always 3\n", 60, fmt::format("pod-{}", pod));
  weeks_.write(1, "main;always 2\n", 60, "0");
  weeks_.delete_weeks_before(1);
  ASSERT_TRUE(weeks_.store().close_buckets());
  EXPECT_EQ(weeks_.generation(), 0u) << "all stacks are needed";
  for (int opened = 0; opened < 2; ++opened) {
    EXPECT_EQ(weeks_.store().size().series, 1u);
    EXPECT_EQ(weeks_.pods(weeks_.store()), std::vector<std::string>{"0"});
    weeks_.expect_answers();
    weeks_.expect_sound();
  }
}

TEST_F(DroppedStacks, MakeRoomForSeriesWhereThereWasNone) {
  RocksOptions options = weeks_.options();
  options.directory = directory_.path / "few";
  options.max_series = 3;
  const auto store = open_rocksdb_store(options).value();
  const auto push_pod = [&](int week, int pod) {
    return push(*store,
                {.folded = "main 1",
                 .start_ns = week_start(week) * kNanosecondsPerSecond,
                 .labels = {{"service_name", "shop"}, {"pod", fmt::format("pod-{}", pod)}}});
  };
  for (int pod = 0; pod < 3; ++pod) ASSERT_TRUE(push_pod(0, pod));
  EXPECT_FALSE(push_pod(1, 3));
  ASSERT_TRUE(store->delete_before(Level::k1w, from_unix_ms(week_start(1) * 1000)));
  ASSERT_TRUE(store->close_buckets());
  for (int pod = 3; pod < 6; ++pod) EXPECT_TRUE(push_pod(1, pod));
  const auto refused = push_pod(1, 6);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("3 series, its limit"), std::string::npos);
  EXPECT_NE(refused.error().message().find("label 'pod' has 3"), std::string::npos);
}

TEST_F(DroppedStacks, AreNoneIfTheyAreFew) {
  weeks_.write_week(0, 10);
  weeks_.write_week(1, 50);
  const std::size_t before = weeks_.store().size().stacks;
  weeks_.delete_weeks_before(1);
  ASSERT_TRUE(weeks_.store().close_buckets());
  EXPECT_EQ(weeks_.store().size().stacks, before);
  EXPECT_EQ(weeks_.generation(), 0u);
  weeks_.expect_answers();
  weeks_.write_week(2, 50);
  weeks_.delete_weeks_before(2);
  ASSERT_TRUE(weeks_.store().close_buckets());
  EXPECT_LT(weeks_.store().size().stacks, before) << "of both weeks";
  weeks_.expect_answers();
  weeks_.expect_sound();
}

TEST_F(DroppedStacks, LeaveCellsThatAreReadWithOldNumbersAndAddedTo) {
  for (int week = 0; week < 3; ++week) weeks_.write_week(week, 50);
  weeks_.delete_weeks_before(1);
  ASSERT_TRUE(weeks_.store().drop_unused());
  EXPECT_FALSE(weeks_.is_settled());
  weeks_.expect_answers();
  // Into cells of both weeks, whose sums are closed and open; new stacks and such as were dropped.
  weeks_.write(1, "main;week1;f3;g3 7\nmain;week0;f3;g3 8\n", 1805, "0");
  weeks_.write(2, "main;week2;f3;g3 7\nmain;late 9\n", 86400, "1");
  weeks_.expect_answers();
  weeks_.expect_sound();
  EXPECT_FALSE(weeks_.is_settled());
  weeks_.expect_answers();
  weeks_.write(1, "main;later 3\nmain;week1;f4;g4 7\n", 1805, "0");
  weeks_.expect_answers();
  ASSERT_TRUE(weeks_.store().close_buckets());
  EXPECT_TRUE(weeks_.is_settled());
  weeks_.expect_answers();
  weeks_.expect_sound();
  weeks_.expect_answers();
}

TEST_F(DroppedStacks, LeaveNothingOfTheGenerationBefore) {
  for (int week = 0; week < 2; ++week) weeks_.write_week(week, 20);
  weeks_.delete_weeks_before(1);
  ASSERT_TRUE(weeks_.store().close_buckets());
  Database& database = *weeks_.database_;
  EXPECT_EQ(database.get(kKeptStacksKey).value(), "");
  std::size_t rows = 0;
  for (const char table : {kFunctionTable, kFrameTable, kStackTable}) {
    const std::string prefix(1, table_of(table, 0));
    ASSERT_TRUE(database.scan(prefix, prefix, [&](auto, auto) {
      ++rows;
      return Result<>();
    }));
  }
  EXPECT_EQ(rows, 0u);
  std::size_t cells = 0;
  for (auto* family : {database.cells(), database.group_cells()}) {
    const std::unique_ptr<rocksdb::Iterator> it(
        database.db().NewIterator(rocksdb::ReadOptions(), family));
    for (it->SeekToFirst(); it->Valid(); it->Next(), ++cells)
      EXPECT_TRUE(is_of(view(it->value()), mark_of(1)));
  }
  EXPECT_GT(cells, 0u);
}

// What a backup holds is what a server finds that ended at that moment.
TEST_F(DroppedStacks, AreDroppedWholeByWhomeverComesAfterAnEndAtAnyMoment) {
  PHLOX_SKIP_COPIES_BESIDE_WRITES();
  for (int week = 0; week < 3; ++week) weeks_.write_week(week, 1500);
  ASSERT_TRUE(weeks_.store().close_buckets());
  weeks_.delete_weeks_before(1);
  std::vector<std::filesystem::path> copies;
  std::atomic<bool> is_done = false;
  const auto copy = [&] {
    copies.push_back(directory_.path / fmt::format("copy{}", copies.size()));
    ASSERT_TRUE(weeks_.store().backup(copies.back().string()));
  };
  {
    const std::jthread copying([&] {
      while (!is_done) copy();
    });
    EXPECT_TRUE(weeks_.store().drop_unused());
    is_done = true;
  }
  copy();
  is_done = false;
  {
    const std::jthread copying([&] {
      while (!is_done) copy();
    });
    EXPECT_TRUE(weeks_.store().settle_numbering());
    is_done = true;
  }
  EXPECT_TRUE(weeks_.is_settled());
  std::set<std::pair<std::uint32_t, bool>> seen;
  for (const auto& path : copies) {
    const CheckReport report = check_rocksdb_store(path).value();
    EXPECT_EQ(report.fault_count, 0u) << (report.faults.empty() ? "" : report.faults[0]);
    {
      const DataDirectory directory = DataDirectory::open(path).value();
      const auto row = read_numbering(*Database::open(directory.database_path()).value()).value();
      seen.emplace(row.generation, row.is_settled);
    }
    RocksOptions options = weeks_.options();
    options.directory = path;
    const auto store = open_rocksdb_store(options).value();
    weeks_.expect_answers(*store);
    ASSERT_TRUE(store->close_buckets());
    weeks_.expect_answers(*store);
    EXPECT_EQ(store->size().stacks, weeks_.store().size().stacks);
  }
  EXPECT_TRUE(seen.contains({1, false}));
}

TEST_F(DroppedStacks, AreDroppedWhileOthersReadAndWrite) {
  constexpr int kStacks = 60;
  constexpr int kMostWrites = 300;
  for (int week = 0; week < kWeeks; ++week) weeks_.write_week(week, kStacks);
  ASSERT_TRUE(weeks_.store().close_buckets());
  std::atomic<bool> is_done = false;
  std::atomic<int> answers = 0;
  std::vector<Pushed> written;
  {
    const std::jthread writer([&] {
      for (int i = 0; !is_done && i < kMostWrites; ++i) {
        written.push_back({.folded = fmt::format("main;week{};f{};g 4\nmain;fresh{} 2\n",
                                                 i % kWeeks, i % kStacks, i),
                           .start_ns = (week_start(kWeeks - 1) + i % 3000) * kNanosecondsPerSecond,
                           .labels = {{"service_name", "shop"}, {"pod", "1"}}});
        ASSERT_TRUE(push(weeks_.store(), written.back()));
      }
    });
    const std::jthread reader([&] {
      const Tile tile{Level::k1h, week_start(kWeeks - 1), week_start(kWeeks)};
      while (!is_done) {
        profile::Symbols symbols;
        const Merged merged =
            weeks_.store().merge({}, profile::kProcessCpu, std::span(&tile, 1), symbols).value();
        profile::Sum sum;
        for (const auto& [text, value] : by_text(symbols, merged.values)) {
          EXPECT_TRUE(text.starts_with("main;"));
          sum += value;
        }
        EXPECT_EQ(sum, merged.totals.value);
        ++answers;
      }
    });
    for (int week = 1; week < kWeeks; ++week) {
      weeks_.delete_weeks_before(week);
      EXPECT_TRUE(weeks_.store().close_buckets());
      const int before = answers;
      while (answers < before + 2) std::this_thread::yield();
    }
    is_done = true;
  }
  for (const Pushed& pushed : written) weeks_.model_.write(pushed);
  EXPECT_GT(weeks_.generation(), 0u);
  weeks_.expect_answers();
  weeks_.expect_sound();
  weeks_.expect_answers();
}

TEST(DroppedStacksProperty, AnswersAreTheModels) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "one thread, for a minute";
#endif
  EXPECT_TRUE(rc::check("whatever is done in whatever order", [] {
    const TemporaryDirectory directory;
    Weeks weeks(directory.path / "data");
    const int count = *rc::gen::inRange(5, 24);
    for (int i = 0; i < count; ++i) {
      const int what = *rc::gen::inRange(0, 11);
      const int week = *rc::gen::inRange(weeks.kept_from_, kWeeks);
      if (what < 5) {
        const std::array<std::string, 3> pods = {"0", "1", Weeks::pod_of(week)};
        const int first = *rc::gen::inRange(0, 12);
        std::string folded;
        for (int stack = first; stack < first + *rc::gen::inRange(1, 6); ++stack)
          folded += fmt::format("main;f{};week{} {}\n", stack % 5, week, stack + 1);
        weeks.write(week, folded, *rc::gen::element<std::int64_t>(0, 3, 4000, 90'000),
                    pods[*rc::gen::inRange<std::size_t>(0, pods.size())]);
      } else if (what < 7) {
        weeks.delete_weeks_before(std::min(weeks.kept_from_ + 1, kWeeks - 1));
        RC_ASSERT(weeks.store().drop_unused().has_value());
      } else if (what == 7) {
        RC_ASSERT(weeks.store().settle_numbering().has_value());
      } else if (what == 8) {
        RC_ASSERT(weeks.store().close_buckets().has_value());
      } else {
        weeks.open();
      }
    }
    weeks.expect_answers();
    weeks.expect_sound();
    RC_ASSERT(!::testing::Test::HasFailure());
  }));
}

}  // namespace
}  // namespace phlox::storage::testing
