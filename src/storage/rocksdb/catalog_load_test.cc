#include <gmock/gmock.h>
#include <rocksdb/db.h>

#include <functional>
#include <map>
#include <ranges>

#include "storage/rocksdb/database.h"
#include "storage/rocksdb/testing.h"

namespace phlox::storage::testing {
namespace {

constexpr int kPushes = 40;
constexpr std::size_t kStretches = 3;

// A store whose table of stacks consists of several values: each push brings stacks of its own.
class Dictionary : public Kept {
 protected:
  Dictionary() {
    clock_.now += std::chrono::hours(1);
    const auto store = open_rocksdb_store(options()).value();
    for (int i = 0; i < kPushes; ++i)
      write(*store, {.folded = fmt::format("main;f{0};g{0};h {1}\nmain;g 3", i, i + 1),
                     .start_ns = (kMonday + i * 60) * kNanosecondsPerSecond});
  }

  std::unique_ptr<Database> database() {
    return Database::open(directory_.path / "rocksdb").value();
  }
  static std::map<std::string, std::string> stack_rows(Database& database) {
    std::map<std::string, std::string> rows;
    EXPECT_TRUE(database.scan_rows(kStackTable, 0, UINT32_MAX, [&](auto key, auto value) {
      rows.emplace(key, value);
      return Result<>();
    }));
    return rows;
  }
  using Rows = std::map<std::string, std::string>;
  using Damage = std::function<void(Rows& rows)>;
  // What opening says when the table is as `damage` makes it.
  std::string error_after(const Damage& damage) {
    Rows sound;
    {
      const auto opened = database();
      sound = stack_rows(*opened);
      Rows damaged = sound;
      damage(damaged);
      replace(*opened, damaged);
    }
    std::string error;
    if (const auto store = open_rocksdb_store(options()); !store) error = store.error().message();
    replace(*database(), sound);
    return error;
  }

 private:
  static void replace(Database& database, const Rows& rows) {
    for (const auto& [key, value] : stack_rows(database))
      ASSERT_TRUE(database.db().Delete({}, database.facts(), slice(key)).ok());
    for (const auto& [key, value] : rows)
      ASSERT_TRUE(database.db().Put({}, database.facts(), slice(key), slice(value)).ok());
  }
};

TEST_F(Dictionary, IsLoadedInStretches) {
  const auto store = open_rocksdb_store(options()).value();
  expect_all(*store, Level::k1h, 3600);
  write(*store, {.folded = "main;f7;g7;h 100\nmain;new 1",
                 .start_ns = (kMonday + 3000) * kNanosecondsPerSecond});
  expect_all(*store, Level::k1h, 3600);
}

TEST_F(Dictionary, StretchesBeginWhereValuesDo) {
  const auto opened = database();
  const auto rows = stack_rows(*opened);
  ASSERT_GT(rows.size(), 10u);
  const std::size_t last = read_u32(std::string_view(rows.rbegin()->first).substr(1));
  for (std::size_t count = 1; count <= 2 * rows.size(); ++count) {
    const auto starts = opened->row_stretches(kStackTable, 1, 2, count).value();
    ASSERT_GE(starts.size(), 2u);
    EXPECT_LE(starts.size(), count + 1);
    EXPECT_EQ(starts.front(), 1u);
    EXPECT_GT(starts.back(), last);
    EXPECT_THAT(starts, ::testing::WhenSortedBy(std::less_equal<>(), starts));
    for (const std::size_t start : starts | std::views::take(starts.size() - 1))
      EXPECT_TRUE(rows.contains(table_key(kStackTable, start))) << start;
  }
  EXPECT_EQ(opened->row_stretches(kStackTable, 1, 2, kStretches).value().size(), kStretches + 1);
  EXPECT_THAT(opened->row_stretches(kStackTable, last + 1, 2, kStretches).value(),
              ::testing::IsEmpty());
  EXPECT_THAT(opened->row_stretches('q', 0, 2, kStretches).value(), ::testing::IsEmpty());
}

TEST_F(Dictionary, DamageIsFoundWhereverItIs) {
  const auto expect_found = [&](const char* what, const Damage& damage) {
    EXPECT_EQ(error_after(damage),
              "the dictionary of stacks is damaged; restore the data directory from a backup")
        << what;
  };
  const std::size_t values = stack_rows(*database()).size();
  for (const std::size_t at : {std::size_t{0}, values / 4, values / 2, values - 2}) {
    const auto nth = [at](Rows& rows) { return std::next(rows.begin(), std::ptrdiff_t(at)); };
    expect_found("a value is missing", [&](Rows& rows) { rows.erase(nth(rows)); });
    expect_found("a value is there twice", [&](Rows& rows) {
      const std::size_t first = read_u32(std::string_view(nth(rows)->first).substr(1));
      rows[table_key(kStackTable, first + 1)] = nth(rows)->second;
    });
    expect_found("a value ends early", [&](Rows& rows) { nth(rows)->second.pop_back(); });
    expect_found("a frame that is not there",
                 [&](Rows& rows) { nth(rows)->second.replace(1, 1, "\xff\xff\x7f"); });
    expect_found("a caller that comes later",
                 [&](Rows& rows) { nth(rows)->second.replace(0, 1, "\xff\xff\x7f"); });
  }
  expect_found("the last value ends early", [&](Rows& rows) { rows.rbegin()->second.pop_back(); });
  expect_found("a value far behind all others",
               [&](Rows& rows) { rows[table_key(kStackTable, 0xFFFFFF)] = rows.begin()->second; });
  EXPECT_EQ(error_after([](Rows&) {}), "");
}

}  // namespace
}  // namespace phlox::storage::testing
