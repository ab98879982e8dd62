#include <gtest/gtest.h>

#include <stop_token>

#include "base/cancellation.h"
#include "storage/rocksdb/sum_tables.h"
#include "storage/rocksdb/testing.h"

namespace phlox::storage::testing {
namespace {

// Few stacks among many are listed: the sums are the same.
TEST_F(Kept, MergesInPlaceWhatIsFewOrMany) {
  const auto store = open_rocksdb_store(options()).value();
  std::string many;
  for (int i = 0; i < 1000; ++i) many += fmt::format("main;f{} {}\n", i, i + 1);
  write(*store, {.folded = many, .start_ns = kMonday * kNanosecondsPerSecond});
  write(*store, {.folded = "main;f7 5\nmain;g 3",
                 .start_ns = kMonday * kNanosecondsPerSecond,
                 .labels = {{"service_name", "cart"}}});
  const std::vector<Tile> tiles = {{Level::k10s, kMonday, kMonday + 10}};
  const auto stacks_listed = [&](const Selector& selector) {
    std::optional<std::size_t> stacks;
    EXPECT_TRUE(
        store->merge_in_place(selector, profile::kProcessCpu, tiles, [&](const MergedView& view) {
          if (view.sums.listed) stacks = view.sums.listed->size();
          EXPECT_EQ(by_text(view),
                    model_.merge(selector, profile::kProcessCpu, kMonday, kMonday + 10));
          return Result<>();
        }));
    return stacks;
  };
  EXPECT_EQ(stacks_listed({}), std::nullopt);
  const Selector cart{{Matcher::create("service_name", Matcher::Operator::kEqual, "cart").value()}};
  EXPECT_EQ(stacks_listed(cart), 2u);
  EXPECT_EQ(stacks_listed(cart), 2u) << "nothing of it was left behind";
}

// Some stacks are their own, some are shared.
TEST_F(Kept, MergesManyServicesInPlace) {
  const auto store = open_rocksdb_store(options()).value();
  for (int i = 0; i < 50; ++i)
    write(*store, {.folded = fmt::format("main;f{} {}\nmain 1\nmain;shared{} 7", i, i + 1, i % 3),
                   .start_ns = kMonday * kNanosecondsPerSecond,
                   .labels = {{"service_name", fmt::format("service-{}", i)}}});
  const std::vector<Tile> tiles = {{Level::k10s, kMonday, kMonday + 10}};
  StackSums found;
  ASSERT_TRUE(store->merge_in_place({}, profile::kProcessCpu, tiles, [&](const MergedView& view) {
    found = by_text(view);
    return Result<>();
  }));
  EXPECT_EQ(found, model_.merge({}, profile::kProcessCpu, kMonday, kMonday + 10));
  EXPECT_EQ(found.at("main"), profile::Sum(50));
}

// Stacks that end in the middle of another: by two who read side by side, and by one.
TEST_F(Kept, LearnsAgainAfterTheStartWhereStacksEnd) {
  const Selector one{
      {Matcher::create("service_name", Matcher::Operator::kEqual, "service-3").value()}};
  const std::vector<Tile> tiles = {{Level::k10s, kMonday, kMonday + 10}};
  {
    const auto store = open_rocksdb_store(options()).value();
    for (int i = 0; i < 20; ++i)
      write(*store,
            {.folded = fmt::format("main;a;b{0};c;d 3\nmain;a;b{0};c 5\nmain;a 1\nmain {0}", i),
             .start_ns = kMonday * kNanosecondsPerSecond,
             .labels = {{"service_name", fmt::format("service-{}", i)}}});
  }
  for (const Selector& first : {Selector(), one}) {
    const auto store = open_rocksdb_store(options()).value();
    for (const Selector& selector : {first, one, Selector(), first}) {
      const StackSums expected =
          model_.merge(selector, profile::kProcessCpu, kMonday, kMonday + 10);
      StackSums found;
      ASSERT_TRUE(
          store->merge_in_place(selector, profile::kProcessCpu, tiles, [&](const MergedView& view) {
            found = by_text(view);
            return Result<>();
          }));
      EXPECT_EQ(found, expected);
      profile::Symbols symbols;
      const auto merged = store->merge(selector, profile::kProcessCpu, tiles, symbols).value();
      EXPECT_EQ(by_text(symbols, merged.values), expected);
    }
  }
}

// Two read side by side, and find few stacks among many.
TEST_F(Kept, MergesFewStacksOfManyServicesInPlace) {
  const auto store = open_rocksdb_store(options()).value();
  std::string many;
  for (int i = 0; i < 5000; ++i) many += fmt::format("main;f{} {}\n", i, i + 1);
  write(*store, {.folded = many,
                 .start_ns = kMonday * kNanosecondsPerSecond,
                 .sample_type = {"inuse_space", "bytes"}});
  for (int i = 0; i < 20; ++i)
    write(*store, {.folded = fmt::format("main;f{} {}\nmain;f7 2", 10 + i / 2, i + 1),
                   .start_ns = kMonday * kNanosecondsPerSecond,
                   .labels = {{"service_name", fmt::format("service-{}", i)}}});
  const std::vector<Tile> tiles = {{Level::k10s, kMonday, kMonday + 10}};
  for (int again = 0; again < 2; ++again) {  // with the tables of the first time
    StackSums found;
    ASSERT_TRUE(store->merge_in_place({}, profile::kProcessCpu, tiles, [&](const MergedView& view) {
      EXPECT_TRUE(view.sums.listed);
      EXPECT_EQ(view.totals.profiles, 20u);
      found = by_text(view);
      return Result<>();
    }));
    EXPECT_EQ(found, model_.merge({}, profile::kProcessCpu, kMonday, kMonday + 10));
    EXPECT_EQ(found.at("main;f7"), profile::Sum(40));
  }
  std::stop_source gone;
  gone.request_stop();
  const CancellationScope scope(gone.get_token());
  const auto cancelled = store->merge_in_place({}, profile::kProcessCpu, tiles,
                                               [](const MergedView&) { return Result<>(); });
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().kind(), Error::Kind::kGone);
}

TEST(SumTables, KeepsTwoForAWhile) {
  ManualClock clock;
  SumTables tables(clock);
  std::set<std::uint64_t*> first;
  {
    SumTable a = tables.take(1000);
    SumTable b = tables.take(1000);
    SumTable c = tables.take(1000);
    EXPECT_EQ(std::count(b.data(), b.data() + 1000, 0u), 1000);
    first = {a.data(), b.data()};
    tables.give_back(std::move(a));
    tables.give_back(std::move(b));
    tables.give_back(std::move(c));
  }
  clock.now += std::chrono::minutes(4);
  tables.drop_unused();
  EXPECT_EQ(tables.kept_bytes(), 2 * 1125 * sizeof(std::uint64_t)) << "room for an eighth more";
  EXPECT_TRUE(first.contains(tables.take(900).data()));
  EXPECT_GE(tables.take(5000).size(), 5000u) << "none of those kept is large enough";
  tables.give_back(tables.take(1000));
  clock.now += std::chrono::minutes(6);
  tables.drop_unused();
  EXPECT_EQ(tables.kept_bytes(), 0u);
}

}  // namespace
}  // namespace phlox::storage::testing
