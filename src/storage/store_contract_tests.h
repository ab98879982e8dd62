// The tests of store_contract.h; included once by each implementation's test program.
#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <thread>

#include "storage/store_contract.h"

namespace phlox::storage::testing {

inline const std::vector<Tile> kDay = {{Level::k1d, kMonday, kMonday + 86400}};

TEST_P(StoreContract, AnswersWhatWasWrittenAtEveryLevelBeforeAndAfterClosing) {
  write({.folded = "main;foo 75\nmain;bar 25", .start_ns = ns(kMonday)});
  write({.folded = "main;foo 5", .start_ns = ns(kMonday + 700)});
  for (int closed = 0; closed < 2; ++closed) {
    EXPECT_EQ(merged({{Level::k10s, kMonday, kMonday + 10}}), "main;bar 25\nmain;foo 75\n");
    EXPECT_EQ(merged({{Level::k10min, kMonday + 600, kMonday + 1200}}), "main;foo 5\n");
    EXPECT_EQ(merged({{Level::k1h, kMonday, kMonday + 3600}}), "main;bar 25\nmain;foo 80\n");
    EXPECT_EQ(merged(kDay), "main;bar 25\nmain;foo 80\n");
    EXPECT_EQ(totals(kDay), (Totals{profile::Sum(105), 20'000'000'000, 2}));
    ASSERT_TRUE(store().close_buckets());
  }
}

TEST_P(StoreContract, SurvivesClosingAndOpening) {
  write({.folded = "main;foo 75", .start_ns = ns(kMonday), .id = "a"});
  world_->reopen();
  EXPECT_EQ(merged(kDay), "main;foo 75\n");
  EXPECT_EQ(write({.folded = "main;foo 75", .start_ns = ns(kMonday), .id = "a"}).duplicates, 1u);
  write({.folded = "main;bar 1", .start_ns = ns(kMonday)});
  world_->reopen();
  EXPECT_EQ(merged(kDay), "main;bar 1\nmain;foo 75\n");
}

TEST_P(StoreContract, CountsAnIdOnceForADayAndAnEmptyOneAlways) {
  const Pushed profile{.folded = "f 1", .start_ns = ns(kMonday), .id = "x"};
  EXPECT_EQ(write(profile), (WriteCounts{1, 0}));
  EXPECT_EQ(write(profile), (WriteCounts{0, 1}));
  Pushed later = profile;
  later.start_ns += ns(10);
  EXPECT_EQ(write(later), (WriteCounts{1, 0})) << "another window";
  Pushed other = profile;
  other.labels = {{"service_name", "other"}};
  EXPECT_EQ(write(other), (WriteCounts{1, 0})) << "another series";
  Pushed anonymous = profile;
  anonymous.id = "";
  EXPECT_EQ(write(anonymous), (WriteCounts{1, 0}));
  EXPECT_EQ(write(anonymous), (WriteCounts{1, 0}));
  world_->clock.now += kDay.size() * std::chrono::hours(25);
  EXPECT_EQ(write(profile), (WriteCounts{1, 0})) << "forgotten";
}

TEST_P(StoreContract, CountsAnIdOnceWithinOneWrite) {
  const Parts a({.folded = "f 1", .start_ns = ns(kMonday), .id = "x"});
  const std::vector<SeriesProfile> twice = {a.series[0], a.series[0]};
  EXPECT_EQ(store().write(twice).value(), (WriteCounts{1, 1}));
  EXPECT_EQ(merged(kDay), "f 1\n");
}

TEST_P(StoreContract, SpreadsALongProfileAndKeepsTheRemainder) {
  write({.folded = "f 10", .start_ns = ns(kMonday + 5), .duration_ns = ns(15)});
  EXPECT_EQ(merged({{Level::k10s, kMonday, kMonday + 10}}), "f 3\n");
  EXPECT_EQ(merged({{Level::k10s, kMonday + 10, kMonday + 20}}), "f 7\n");
  EXPECT_EQ(totals({{Level::k10s, kMonday, kMonday + 10}}),
            (Totals{profile::Sum(3), 5'000'000'000, 1}));
  EXPECT_EQ(totals({{Level::k10s, kMonday + 10, kMonday + 20}}),
            (Totals{profile::Sum(7), 10'000'000'000, 0}));
}

TEST_P(StoreContract, CoverageSaturatesAtTheBucket) {
  for (int worker = 0; worker < 3; ++worker) write({.folded = "f 1", .start_ns = ns(kMonday)});
  EXPECT_EQ(totals(kDay).covered_ns, 10'000'000'000u) << "at the same time";
  for (int half = 0; half < 2; ++half)
    write({.folded = "f 1", .start_ns = ns(kMonday + 100 + 5 * half), .duration_ns = ns(5)});
  EXPECT_EQ(totals(kDay).covered_ns, 20'000'000'000u) << "one after the other";
  write({.folded = "f 1", .start_ns = ns(kMonday), .labels = {{"service_name", "b"}}});
  EXPECT_EQ(totals(kDay).covered_ns, 20'000'000'000u) << "another series, the same time";
  write({.folded = "f 1", .start_ns = ns(kMonday + 60), .labels = {{"service_name", "b"}}});
  EXPECT_EQ(totals(kDay).covered_ns, 30'000'000'000u) << "another series, another time";
  ASSERT_TRUE(store().close_buckets());
  EXPECT_EQ(totals(kDay).covered_ns, 30'000'000'000u) << "from the sums";
}

TEST_P(StoreContract, AnIdleProfileCoversTime) {
  write({.folded = "", .start_ns = ns(kMonday)});
  EXPECT_EQ(merged(kDay), "");
  EXPECT_EQ(totals(kDay), (Totals{profile::Sum(), 10'000'000'000, 1}));
}

// Three looks at a heap of 300 bytes are 300 bytes, two pods of that size 600, for every stretch of
// time and before and after closing.
TEST_P(StoreContract, AveragesAGaugeOverTimeAndAddsUpItsSeries) {
  for (const char* pod : {"1", "2"}) {
    for (int i = 0; i < 4; ++i)
      write({.folded = "f 100\ng 200",
             .start_ns = ns(kMonday + 15 * i),
             .duration_ns = ns(15),
             .labels = {{"service_name", "shop"}, {"pod", pod}},
             .sample_type = {"inuse_space", "bytes"}});
  }
  const auto bucket = [](int i) {
    return std::vector<Tile>{{Level::k10s, kMonday + 10 * i, kMonday + 10 * i + 10}};
  };
  for (int closed = 0; closed < 2; ++closed) {
    for (int i = 0; i < 6; ++i) {
      EXPECT_EQ(merged(bucket(i), {}, kHeap), "f 200\ng 400\n") << i;
      EXPECT_EQ(totals(bucket(i), kHeap).value, profile::Sum(600)) << i;
    }
    EXPECT_EQ(merged(kDay, {}, kHeap), "f 200\ng 400\n");
    EXPECT_EQ(totals(kDay, kHeap).value, profile::Sum(600));
    ASSERT_TRUE(store().close_buckets());
  }
}

TEST_P(StoreContract, RoundsTheMeanOfAGauge) {
  for (const int value : {1, 2, 0})
    write({.folded = fmt::format("f {}", value),
           .start_ns = ns(kMonday),
           .duration_ns = 0,
           .sample_type = {"inuse_space", "bytes"}});
  EXPECT_EQ(merged(kDay, {}, kHeap), "f 1\n");
  write({.folded = "f 3", .start_ns = ns(kMonday), .sample_type = {"inuse_space", "bytes"}});
  EXPECT_EQ(merged(kDay, {}, kHeap), "f 2\n") << "1.5 goes up";
}

TEST_P(StoreContract, LateDataReachesClosedBuckets) {
  write({.folded = "f 1", .start_ns = ns(kMonday)});
  ASSERT_TRUE(store().close_buckets());
  write({.folded = "f 2", .start_ns = ns(kMonday)});
  EXPECT_EQ(merged(kDay), "f 3\n");
  ASSERT_TRUE(store().close_buckets());
  EXPECT_EQ(merged(kDay), "f 3\n");
}

TEST_P(StoreContract, DeletingAFineLevelKeepsTheSums) {
  write({.folded = "f 1", .start_ns = ns(kMonday)});
  write({.folded = "f 2", .start_ns = ns(kMonday + 4000)});
  ASSERT_TRUE(store().delete_before(Level::k10s, from_unix_ms((kMonday + 3700) * 1000)));
  EXPECT_EQ(store().horizons()[0], kMonday + 3600);
  EXPECT_EQ(merged({{Level::k10s, kMonday, kMonday + 10}}),
            "data of this resolution has just expired; ask again");
  EXPECT_EQ(merged({{Level::k10s, kMonday + 4000, kMonday + 4010}}), "f 2\n");
  EXPECT_EQ(merged({{Level::k10min, kMonday, kMonday + 600}}), "f 1\n");
  EXPECT_EQ(merged(kDay), "f 3\n");
  // Late data below the horizon is added where the sums are.
  write({.folded = "f 4", .start_ns = ns(kMonday + 10)});
  EXPECT_EQ(merged({{Level::k10min, kMonday, kMonday + 600}}), "f 5\n");
  ASSERT_TRUE(store().close_buckets());
  world_->reopen();
  EXPECT_EQ(merged(kDay), "f 7\n");
  EXPECT_EQ(totals(kDay).covered_ns, 30'000'000'000u);
  EXPECT_EQ(store().horizons()[0], kMonday + 3600);
}

TEST_P(StoreContract, DeletingTheCoarsestLevelForgets) {
  constexpr std::int64_t kWeek = kLevelWidths[index_of(Level::k1w)];
  constexpr std::int64_t kBegin = align_down(kMonday, kWeek);
  write({.folded = "f 1", .start_ns = ns(kMonday)});
  const WallTime end = from_unix_ms((kBegin + kWeek) * 1000);
  ASSERT_TRUE(store().delete_before(Level::k1d, end));
  EXPECT_EQ(merged(kDay), "data of this resolution has just expired; ask again");
  EXPECT_EQ(merged({{Level::k1w, kBegin, kBegin + kWeek}}), "f 1\n");
  ASSERT_TRUE(store().delete_before(Level::k1w, end));
  EXPECT_EQ(merged({{Level::k1w, kBegin + kWeek, kBegin + 2 * kWeek}}), "");
  const auto refused = push(store(), {.folded = "f 1", .start_ns = ns(kMonday)});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(), "a profile is older than anything that is kept");
}

TEST_P(StoreContract, RefusesWhatCannotBeAndWritesNothing) {
  const auto message = [&](const Pushed& pushed) {
    const auto counts = push(store(), pushed);
    return counts ? std::string("taken") : counts.error().message();
  };
  const std::int64_t now = to_unix_ns(world_->clock.now);
  EXPECT_EQ(message({.folded = "f 1", .start_ns = now + ns(599)}), "taken");
  EXPECT_EQ(message({.folded = "f 1", .start_ns = now + ns(601)}),
            "a profile begins 601 s in the future, at most 600 s are taken; is the sender's clock "
            "right?");
  EXPECT_EQ(message({.folded = "f 1", .start_ns = -1}),
            "a profile begins before 1970; is the sender's clock right?");
  EXPECT_EQ(message({.folded = "f 1", .start_ns = ns(kMonday), .duration_ns = ns(86401)}),
            "a profile lasts 86401 s, at most 86400 s");
  Parts good({.folded = "g 1", .start_ns = ns(kMonday)});
  Parts bad({.folded = "f 1", .start_ns = ns(kMonday)});
  bad.series[0].values[0].value = profile::kMaxPushedValue + 1;
  const std::vector<SeriesProfile> both = {good.series[0], bad.series[0]};
  EXPECT_EQ(store().write(both).error().message(),
            "value 9007199254740993 is negative or over 2^53");
  EXPECT_EQ(merged(kDay), "");
}

TEST_P(StoreContract, GiantSumsStayExactOrAreRefused) {
  for (int i = 0; i < 1023; ++i)
    write({.folded = "f 9007199254740992", .start_ns = ns(kMonday + 10 * i)});
  EXPECT_EQ(merged(kDay), "f 9214364837600034816\n");
  ASSERT_TRUE(store().close_buckets());
  EXPECT_EQ(merged(kDay), "f 9214364837600034816\n");
  for (int i = 0; i < 4; ++i) write({.folded = "f 9007199254740992", .start_ns = ns(kMonday)});
  EXPECT_EQ(merged(kDay), "a sum does not fit 64 bits; ask for a shorter range or fewer series");
  const auto wide = profile::Sum::Wide{9007199254740992} * 1027;
  EXPECT_EQ(totals(kDay).value, profile::Sum::from_wide(wide));
}

TEST_P(StoreContract, GroupsATimelineByALabel) {
  write({.folded = "f 1", .start_ns = ns(kMonday), .labels = {{"service_name", "a"}}});
  write({.folded = "f 2", .start_ns = ns(kMonday + 10), .labels = {{"service_name", "b"}}});
  const std::vector<std::vector<Tile>> points = {{{Level::k10s, kMonday, kMonday + 10}},
                                                 {{Level::k10s, kMonday + 10, kMonday + 20}}};
  const auto rows = store().timeline({}, kCpu, points, "service_name").value();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].label, "a");
  EXPECT_EQ(rows[0].points[0].value, profile::Sum(1));
  EXPECT_EQ(rows[0].points[1], Totals());
  EXPECT_EQ(rows[1].points[1].value, profile::Sum(2));
}

TEST_P(StoreContract, DocumentsHaveVersions) {
  EXPECT_EQ(store().put_document("price", "shop", "{}", 0).value().version, 1u);
  EXPECT_EQ(store().put_document("price", "shop", "{}", 0).error().message(),
            "document 'shop' has version 1, not 0; read it again");
  EXPECT_EQ(store().put_document("price", "shop", "[]", 1).value().version, 2u);
  world_->reopen();
  EXPECT_EQ(store().document("price", "shop").value().value().json, "[]");
  EXPECT_FALSE(store().document("price", "other").value());
  EXPECT_EQ(store().documents("price").value().size(), 1u);
  ASSERT_TRUE(store().delete_document("price", "shop"));
  EXPECT_TRUE(store().documents("price").value().empty());
}

TEST_P(StoreContract, WritersReadersAndClosersMayMeet) {
  constexpr int kProfiles = 60;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kProfiles; ++i)
        write({.folded = fmt::format("main;f{} 1\nmain;common 1", i),
               .start_ns = ns(kMonday + 100 * i),
               .labels = {{"service_name", fmt::format("s{}", t)}}});
    });
  }
  threads.emplace_back([&] {
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(store().close_buckets());
  });
  threads.emplace_back([&] {
    for (int i = 0; i < 40; ++i) {
      const Totals seen = totals(kDay);
      EXPECT_EQ(seen.value, profile::Sum(static_cast<std::int64_t>(2 * seen.profiles)));
      merged(kDay);
    }
  });
  threads.clear();
  EXPECT_EQ(totals(kDay).value, profile::Sum(4 * kProfiles));
}

// A profile of a property test: few names and times, so that things meet.
inline Pushed arbitrary_profile() {
  Pushed out;
  const int stacks = *rc::gen::inRange(0, 4);
  for (int i = 0; i < stacks; ++i)
    out.folded += fmt::format("main;f{} {}\n", *rc::gen::inRange(0, 5),
                              *rc::gen::inRange<std::int64_t>(0, 1000));
  const std::int64_t second =
      *rc::gen::oneOf(rc::gen::inRange(0, 40), rc::gen::inRange(0, 1300),
                      rc::gen::inRange(0, 86'000), rc::gen::inRange(0, 900'000));
  out.start_ns = (kMonday + second) * kNanosecondsPerSecond +
                 *rc::gen::element<std::int64_t>(0, 0, 123'456'789);
  out.duration_ns =
      *rc::gen::element<std::int64_t>(10'000'000'000, 10'000'000'000, 0, 5'000'000'000,
                                      15'000'000'001, 95'000'000'000, 1'900'000'000'000);
  out.labels = {{"service_name", *rc::gen::element<std::string>("a", "b")},
                {"pod", *rc::gen::element<std::string>("1", "2", "3")}};
  out.id = *rc::gen::element<std::string>("", "", "x", "y");
  if (*rc::gen::inRange(0, 3) == 0) out.sample_type = {"inuse_space", "bytes"};
  return out;
}

TEST_P(StoreContract, EveryAnswerEqualsBruteForce) {
  EXPECT_TRUE(rc::check("store and model agree", [&] {
    world_ = GetParam()();
    world_->clock.now += std::chrono::days(21);  // so that whole weeks are closed
    Model model;
    const int steps = *rc::gen::inRange(1, 25);
    for (int i = 0; i < steps; ++i) {
      const int what = *rc::gen::inRange(0, 10);
      if (what == 0) {
        world_->reopen();
      } else if (what <= 2) {
        RC_ASSERT(store().close_buckets().has_value());
      } else {
        const Pushed profile = arbitrary_profile();
        RC_ASSERT(push(store(), profile).value() == model.write(profile));
      }
    }
    const std::string_view type = *rc::gen::element(kCpu, kHeap);
    const Selector selector = *rc::gen::element(Selector(), equals("pod", "1"));
    for (std::size_t l = 0; l < kLevelCount; ++l) {
      const std::int64_t width = kLevelWidths[l];
      const std::int64_t from =
          align_down(kMonday, width) + width * *rc::gen::inRange<std::int64_t>(0, 3);
      const std::int64_t until = from + width * *rc::gen::inRange<std::int64_t>(1, 200);
      const std::vector<Tile> tiles = {{level_at(l), from, until}};
      profile::Symbols symbols;
      const Merged merged = store().merge(selector, type, tiles, symbols).value();
      RC_ASSERT(by_text(symbols, merged.values) == model.merge(selector, type, from, until));
      const auto rows = store().timeline(selector, type, std::span(&tiles, 1), "").value();
      const Totals totals = rows.empty() ? Totals() : rows[0].points[0];
      RC_ASSERT(totals == model.totals(selector, type, from, until));
      RC_ASSERT(merged.totals == totals);
      const std::int64_t middle =
          from + width * *rc::gen::inRange<std::int64_t>(1, (until - from) / width + 1);
      std::vector<std::vector<Tile>> points = {{{level_at(l), from, middle}}};
      if (middle < until) points.push_back({{level_at(l), middle, until}});
      if (*rc::gen::arbitrary<bool>()) std::ranges::reverse(points);
      const auto parts = store().timeline(selector, type, points, "").value();
      for (std::size_t i = 0; i < points.size(); ++i) {
        RC_ASSERT((parts.empty() ? Totals() : parts[0].points[i]) ==
                  model.totals(selector, type, points[i][0].from_s, points[i][0].until_s));
      }
      StackSums viewed;
      RC_ASSERT(store().merge_in_place(selector, type, tiles, [&](const MergedView& view) {
        RC_ASSERT(view.totals == totals);
        RC_ASSERT(view.runs.node_count() >= view.sums.segments.node_count());
        viewed = by_text(view);
        return Result<>();
      }));
      RC_ASSERT(viewed == model.merge(selector, type, from, until));
      const auto series = store().series(std::span(&selector, 1), tiles).value();
      const std::set<SeriesKey> expected = model.series(selector, from, until);
      RC_ASSERT(std::set<SeriesKey>(series.begin(), series.end()) == expected);
      const std::vector<std::string> labels = {"pod", "__name__", "none", "service_name"};
      std::set<std::vector<std::string>> sets;
      std::set<std::string> names;
      for (const SeriesKey& key : expected) {
        std::vector<std::string> values;
        for (const std::string& label : labels)
          values.push_back(label_of(key.type, key.labels, label));
        sets.insert(std::move(values));
        for (const auto& [name, value] : key.labels) names.insert(name);
      }
      RC_ASSERT(store().label_sets(std::span(&selector, 1), tiles, labels).value() ==
                std::vector(sets.begin(), sets.end()));
      RC_ASSERT(store().label_names(std::span(&selector, 1), tiles).value() ==
                std::vector(names.begin(), names.end()));
    }
  }));
}

}  // namespace phlox::storage::testing
