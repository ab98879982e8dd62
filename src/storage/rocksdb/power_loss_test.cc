// What is answered under `sync` survives the loss of all bytes that were not synced.
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "storage/rocksdb/losing_file_system.h"
#include "storage/rocksdb/rocks_store.h"
#include "storage/rocksdb_check.h"
#include "storage/testing.h"

namespace phlox::storage::testing {
namespace {

constexpr int kPushers = 4;
constexpr std::int64_t kStart = kMonday;
constexpr std::int64_t kRange = 600;

// Each pushes profiles of its own until the power is off; the stacks' values say which. An answer
// counts if the power was still on after it.
class Pushers {
 public:
  explicit Pushers(const LosingFileSystem& files) : files_(files) {}

  void run(Store& store) {
    for (int i = 0; i < kPushers; ++i) threads_.emplace_back([this, &store] { push_all(store); });
  }
  void join() { threads_.clear(); }
  std::size_t answered_count() {
    const std::lock_guard lock(mutex_);
    return answered_.size();
  }
  const std::set<std::int64_t>& answered() const { return answered_; }
  const std::set<std::int64_t>& unanswered() const { return unanswered_; }

 private:
  void push_all(Store& store) {
    while (true) {
      const std::int64_t number = ++next_;
      const auto written =
          push(store, {.folded = fmt::format("main;f{0} {0}", number),
                       .start_ns = (kStart + number % 60 * 10) * kNanosecondsPerSecond,
                       .id = fmt::format("{}", number)});
      const bool is_answered = files_.is_on();
      // Without power RocksDB may miss what it thinks it wrote.
      EXPECT_TRUE(written || !is_answered) << written.error().message();
      const std::lock_guard lock(mutex_);
      (is_answered ? answered_ : unanswered_).insert(number);
      if (!is_answered) return;
    }
  }

  const LosingFileSystem& files_;
  std::atomic<std::int64_t> next_ = 0;
  std::mutex mutex_;
  std::set<std::int64_t> answered_;
  std::set<std::int64_t> unanswered_;
  std::vector<std::jthread> threads_;
};

class PowerLoss : public ::testing::Test {
 protected:
  std::unique_ptr<Store> open(bool sync) {
    DataDirectory directory = DataDirectory::open(directory_.path / "data").value();
    auto database = Database::open(directory.database_path(), env_.get()).value();
    const RocksOptions options{.directory = directory_.path / "data",
                               .sync = sync,
                               .close_every = Nanoseconds::zero(),
                               .clock = &clock_};
    auto store = std::make_unique<RocksStore>(options, std::move(directory), std::move(database));
    EXPECT_TRUE(store->start());
    return store;
  }
  // Pushes, loses power once as many were answered, and all that was not synced.
  void lose_power_after(std::size_t answers, bool sync) {
    auto store = open(sync);
    pushers_.run(*store);
    const std::size_t target = pushers_.answered_count() + answers;
    const SteadyTime deadline = Clock::system().steady_now() + std::chrono::seconds(60);
    while (pushers_.answered_count() < target && Clock::system().steady_now() < deadline)
      std::this_thread::yield();
    if (answers % 2 == 0) {
      ASSERT_TRUE(store->close_buckets());
    }
    files_->power_off();
    pushers_.join();
    store.reset();
    files_->lose_unsynced();
  }
  // Number of each profile that is there; each once.
  std::set<std::int64_t> found(Store& store) {
    profile::Symbols symbols;
    const std::vector<Tile> tiles = {{Level::k10s, kStart, kStart + kRange}};
    const Merged merged = store.merge({}, profile::kProcessCpu, tiles, symbols).value();
    std::set<std::int64_t> numbers;
    for (const auto& [text, value] : by_text(symbols, merged.values)) {
      EXPECT_EQ(text, fmt::format("main;f{}", value.to_int64().value())) << "counted twice";
      numbers.insert(value.to_int64().value());
    }
    EXPECT_EQ(merged.totals.profiles, numbers.size());
    return numbers;
  }
  void expect_sound() {
    const CheckReport report = check_rocksdb_store(directory_.path / "data").value();
    EXPECT_EQ(report.fault_count, 0u) << (report.faults.empty() ? "" : report.faults[0]);
  }

  TemporaryDirectory directory_;
  ManualClock clock_;
  const std::shared_ptr<LosingFileSystem> files_ = std::make_shared<LosingFileSystem>();
  const std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(files_);
  Pushers pushers_{*files_};
};

TEST_F(PowerLoss, NothingThatWasAnsweredUnderSyncIsLostOrDoubled) {
  std::mt19937 random(std::random_device{}());
  for (int round = 0; round < 6; ++round) {
    const std::size_t answers = 1 + random() % 200;
    SCOPED_TRACE(fmt::format("round {}, after {} answers", round, answers));
    lose_power_after(answers, true);
    expect_sound();
    const auto store = open(true);
    const std::set<std::int64_t> there = found(*store);
    for (const std::int64_t number : pushers_.answered())
      EXPECT_TRUE(there.contains(number)) << "profile " << number << " is lost";
    for (const std::int64_t number : there)
      EXPECT_TRUE(pushers_.answered().contains(number) || pushers_.unanswered().contains(number));
  }
}

TEST_F(PowerLoss, WithoutSyncThePowerTakesAnswersWithItAndLeavesTheRestSound) {
  lose_power_after(100, false);
  expect_sound();
  EXPECT_LT(found(*open(false)).size(), pushers_.answered().size());
}

}  // namespace
}  // namespace phlox::storage::testing
