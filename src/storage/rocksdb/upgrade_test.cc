#include <gmock/gmock.h>
#include <rocksdb/db.h>

#include <fstream>

#include "base/varint.h"
#include "storage/rocksdb/database.h"
#include "storage/rocksdb/keys.h"
#include "storage/rocksdb/testing.h"
#include "storage/rocksdb_check.h"

namespace phlox::storage::testing {
namespace {

// A directory as it was before there were weeks.
class FormatTwo : public Kept {
 protected:
  void write_three_weeks() {
    clock_.now = from_unix_ms((kMonday + 30 * 86400) * 1000);
    const auto store = open_rocksdb_store(options()).value();
    for (int i = 0; i < 60; ++i)
      write(*store, {.folded = fmt::format("main;f{} {}", i % 5, i + 1),
                     .start_ns = (kMonday + i * 29'000) * kNanosecondsPerSecond,
                     .labels = {{"service_name", i % 2 == 0 ? "a" : "b"}}});
    ASSERT_TRUE(store->close_buckets());
  }
  void forget_weeks() {
    const auto database = Database::open(directory_.path / "rocksdb").value();
    for (auto* family : database->bucket_families()) {
      const std::string begin = first_cell_key(Level::k1w, 0);
      const std::string end = first_cell_key(Level::k1w, kEndOfTime);
      ASSERT_TRUE(database->db().DeleteRange({}, family, slice(begin), slice(end)).ok());
    }
    std::string horizons;
    for (std::size_t l = 0; l < 4; ++l)
      append_varint(horizons, l == 0 ? static_cast<std::uint64_t>(kMonday + 86400) : 0);
    ASSERT_TRUE(
        database->db().Put({}, database->facts(), slice(kHorizonsKey), slice(horizons)).ok());
    std::ofstream(directory_.path / "FORMAT") << "phlox data format 2\n";
  }
};

TEST_F(FormatTwo, GainsItsWeeks) {
  constexpr std::int64_t kThreeWeeks = 21 * 86400;
  write_three_weeks();
  forget_weeks();
  {
    const auto store = open_rocksdb_store(options()).value();
    EXPECT_EQ(store->horizons(), (Horizons{kMonday + 86400}));
    expect_all(*store, Level::k1w, kThreeWeeks);
  }
  const auto store = open_rocksdb_store(options()).value();
  ASSERT_TRUE(store->close_buckets());
  expect_all(*store, Level::k1w, kThreeWeeks);
  ASSERT_TRUE(store->delete_before(Level::k1d, from_unix_ms((kMonday + kThreeWeeks) * 1000)));
  expect_all(*store, Level::k1w, 14 * 86400);  // from weeks alone
}

TEST_F(FormatTwo, IsCheckedAsItIs) {
  write_three_weeks();
  forget_weeks();
  EXPECT_THAT(check_rocksdb_store(directory_.path).value().faults, ::testing::IsEmpty());
}

// As it was before cells were packed.
class FormatThree : public Kept {
 protected:
  // Profiles of two hours and the same ones, later, for the second time.
  void write_hours(Store& store, std::string_view function) {
    for (int i = 0; i < 200; ++i)
      write(store, {.folded = fmt::format("main;{}{} {}\nmain 1", function, i % 90, i * 1000 + 1),
                    .start_ns = (kMonday + i * 36) * kNanosecondsPerSecond,
                    .labels = {{"service_name", "a"}, {"pod", i % 2 == 0 ? "1" : "2"}}});
    ASSERT_TRUE(store.close_buckets());
  }
  // Says how many.
  std::size_t unpack_cells() {
    std::size_t count = 0;
    const auto database = Database::open(directory_.path / "rocksdb").value();
    for (auto* family : {database->cells(), database->group_cells()}) {
      const std::unique_ptr<rocksdb::Iterator> it(
          database->db().NewIterator(rocksdb::ReadOptions(), family));
      for (it->SeekToFirst(); it->Valid(); it->Next(), ++count) {
        CellReader cell(view(it->value()));
        std::vector<StackPair> pairs;
        cell.each([&](std::uint32_t stack, Wide value) { pairs.push_back({stack, value}); });
        const std::string old = varint_cell(cell.head(), pairs);
        EXPECT_TRUE(database->db().Put({}, family, it->key(), slice(old)).ok());
      }
    }
    std::ofstream(directory_.path / "FORMAT") << "phlox data format 3\n";
    return count;
  }
};

TEST_F(FormatThree, IsReadAndAddedTo) {
  clock_.now = from_unix_ms((kMonday + 7 * 86400) * 1000);
  write_hours(*open_rocksdb_store(options()).value(), "f");
  EXPECT_GT(unpack_cells(), 200u);
  EXPECT_THAT(check_rocksdb_store(directory_.path).value().faults, ::testing::IsEmpty());
  {
    const auto store = open_rocksdb_store(options()).value();
    for (const Level level : {Level::k10s, Level::k10min, Level::k1h, Level::k1d})
      expect_all(*store, level, 7200);
    write_hours(*store, "g");
    for (const Level level : {Level::k10s, Level::k10min, Level::k1h, Level::k1d})
      expect_all(*store, level, 7200);
  }
  EXPECT_THAT(check_rocksdb_store(directory_.path).value().faults, ::testing::IsEmpty());
}

}  // namespace
}  // namespace phlox::storage::testing
