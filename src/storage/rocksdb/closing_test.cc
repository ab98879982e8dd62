// The sums of a bucket of many series are written part by part. Answers are right in between, and a
// server that ends there leaves nothing that the next one does not make up for.
#include <gmock/gmock.h>
#include <rocksdb/db.h>

#include <atomic>
#include <thread>

#include "storage/rocksdb/data_directory.h"
#include "storage/rocksdb/database.h"
#include "storage/rocksdb/keys.h"
#include "storage/rocksdb/testing.h"
#include "storage/rocksdb_check.h"

namespace phlox::storage::testing {
namespace {

constexpr int kServices = 3;
constexpr int kPods = 40;
constexpr std::array kClosedLevels = {Level::k10min, Level::k1h, Level::k1d};

std::string service_name(int service) { return fmt::format("service-{}", service); }

class ClosingInParts : public Kept {
 protected:
  ClosingInParts() {
    clock_.now += std::chrono::hours(1);  // the day has ended
    in_parts_ = options();
    in_parts_.bytes_at_once = 1;  // one series
    store_ = open_rocksdb_store(in_parts_).value();
  }
  // All in the same ten minutes.
  void write_round(int round) {
    for (int i = 0; i < kServices * kPods; ++i)
      write(*store_, {.folded = fmt::format("main;f{} {}\nmain;g{} 3", i % 7, i + 1, round),
                      .start_ns = (kMonday + (i + 17 * round) % 590) * kNanosecondsPerSecond,
                      .labels = {{"service_name", service_name(i % kServices)},
                                 {"pod", std::to_string(i / kServices)}}});
  }
  void expect_all_covered(Store& store, Level level, const Selector& selector) {
    EXPECT_EQ(expect_all(store, level, 600, selector),
              model_.totals(selector, profile::kProcessCpu, kMonday, kMonday + width_s(level)));
  }
  void expect_answers(Store& store) {
    for (const Level level : kClosedLevels) {
      SCOPED_TRACE(fmt::format("level {} s", width_s(level)));
      expect_all(store, level, 600);
      for (int service = 0; service < kServices; ++service)
        expect_all_covered(store, level, equals("service_name", service_name(service)));
    }
  }
  static void expect_sound(const std::filesystem::path& path) {
    EXPECT_THAT(check_rocksdb_store(path).value().faults, ::testing::IsEmpty());
  }
  // Series of the bucket at each level that have not been closed.
  static std::array<int, kClosedLevels.size()> marks(const std::filesystem::path& path) {
    const DataDirectory directory = DataDirectory::open(path).value();
    const auto database = Database::open(directory.database_path()).value();
    const std::unique_ptr<rocksdb::Iterator> it(
        database->db().NewIterator(rocksdb::ReadOptions(), database->facts()));
    std::array<int, kClosedLevels.size()> counts{};
    for (std::size_t i = 0; i < counts.size(); ++i) {
      for (it->Seek(slice(encode(StaleKey{kClosedLevels[i], 0, 0}))); it->Valid(); it->Next()) {
        const auto key = decode_stale_key(view(it->key()));
        if (!key || key->level != kClosedLevels[i]) break;
        ++counts[i];
      }
    }
    return counts;
  }

  RocksOptions in_parts_;
  std::unique_ptr<Store> store_;
};

// What a backup holds is what a server finds that ended at that moment.
TEST_F(ClosingInParts, AnEndInBetweenIsMadeUpFor) {
  PHLOX_SKIP_COPIES_BESIDE_WRITES();
  constexpr int kMostRounds = 20;
  std::set<Level> met;
  int copy_count = 0;
  for (int round = 0; round < kMostRounds && met.size() < kClosedLevels.size(); ++round) {
    write_round(round);
    std::vector<std::filesystem::path> copies;
    std::atomic<bool> is_done = false;
    {
      const std::jthread copying([&] {
        while (!is_done) {
          copies.push_back(directory_.path / fmt::format("copy{}", copy_count++));
          ASSERT_TRUE(store_->backup(copies.back().string()));
        }
      });
      EXPECT_TRUE(store_->close_buckets());
      is_done = true;
    }
    for (const auto& path : copies) {
      SCOPED_TRACE(path);
      expect_sound(path);
      const auto left = marks(path);
      for (std::size_t i = 0; i < left.size(); ++i)
        if (left[i] > 0 && left[i] < kServices * kPods) met.insert(kClosedLevels[i]);
      {
        RocksOptions options = in_parts_;
        options.directory = path;
        const auto store = open_rocksdb_store(options).value();
        expect_answers(*store);
        ASSERT_TRUE(store->close_buckets());
        expect_answers(*store);
      }
      expect_sound(path);
      EXPECT_THAT(marks(path), ::testing::Each(0));
      std::filesystem::remove_all(path);
    }
    expect_answers(*store_);
  }
  EXPECT_EQ(met.size(), kClosedLevels.size()) << "no copy was made between the parts of a bucket";
}

TEST_F(ClosingInParts, AnswersAreRightInBetween) {
  constexpr int kRounds = 3;
  for (int round = 0; round < kRounds; ++round) {
    write_round(round);
    std::atomic<bool> is_done = false;
    const std::jthread reading([&] {
      do expect_answers(*store_);
      while (!is_done);
    });
    EXPECT_TRUE(store_->close_buckets());
    is_done = true;
  }
  expect_answers(*store_);
}

}  // namespace
}  // namespace phlox::storage::testing
