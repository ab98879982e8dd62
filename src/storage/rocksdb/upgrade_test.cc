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

}  // namespace
}  // namespace phlox::storage::testing
