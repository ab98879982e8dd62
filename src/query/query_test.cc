#include <gtest/gtest.h>

#include <rapidcheck.h>

#include "query/comparison.h"
#include "query/flamebearer.h"
#include "query/largest.h"
#include "query/operator_timeline.h"
#include "query/planner.h"
#include "query/selector_parser.h"
#include "query/time_text.h"
#include "query/visible_tree.h"
#include "storage/rocksdb_store.h"
#include "storage/testing.h"

namespace phlox::query {
namespace {

using storage::Level;
using storage::Tile;
using storage::testing::kMonday;
using storage::testing::Pushed;

WallTime at(std::int64_t second) { return from_unix_ms(second * 1000); }

bool picks(std::string_view selector, const std::vector<profile::Labels::Pair>& labels) {
  const auto type = profile::ProfileType::parse(profile::kProcessCpu).value();
  return parse_selector(selector).value().selector.matches(
      type, profile::Labels::from_pairs(labels).value());
}

std::string selector_error(std::string_view text) {
  const auto parsed = parse_selector(text);
  return parsed ? "no error" : parsed.error().message();
}

TEST(Selector, MatchesAsPrometheusDoes) {
  EXPECT_TRUE(picks("{}", {}));
  EXPECT_TRUE(picks("", {}));
  EXPECT_TRUE(picks(R"({a="1"})", {{"a", "1"}}));
  EXPECT_FALSE(picks(R"({a="1"})", {{"a", "2"}}));
  EXPECT_TRUE(picks(R"({a!="1"})", {}));
  EXPECT_TRUE(picks(R"({a=""})", {})) << "no label is an empty one";
  EXPECT_TRUE(picks(R"( { pod =~ "web-.*" , a != 'x' , } )", {{"pod", "web-1"}}));
  EXPECT_FALSE(picks(R"({pod=~"web"})", {{"pod", "web-1"}})) << "anchored";
  EXPECT_FALSE(picks(R"({pod!~"web-\\d"})", {{"pod", "web-1"}}));
  EXPECT_TRUE(picks(R"({otel.scope.name="x"})", {{"otel.scope.name", "x"}}));
  EXPECT_TRUE(picks(R"({"odd name"=`a\b`})", {{"odd name", "a\\b"}}));
  EXPECT_TRUE(picks(R"({__profile_type__="process_cpu:cpu:nanoseconds:cpu:nanoseconds"})", {}));
}

TEST(Selector, NamesAServiceOrATypeInFront) {
  const auto classic = parse_selector(R"(shop.cpu{pod="a"})").value();
  EXPECT_EQ(classic.type, profile::kProcessCpu);
  EXPECT_TRUE(picks(R"(shop.cpu{pod="a"})", {{"service_name", "shop"}, {"pod", "a"}}));
  EXPECT_TRUE(picks("my.app", {{"service_name", "my.app"}}));
  EXPECT_EQ(parse_selector("a:b:c:d:e{}").value().type, "a:b:c:d:e");
}

TEST(Selector, FaultsSayWhereAndWhat) {
  EXPECT_EQ(selector_error("{a=1}"), "selector '{a=1}', character 4: expected a value in quotes");
  EXPECT_EQ(selector_error("{a}"), "selector '{a}', character 3: expected one of = != =~ !~");
  EXPECT_EQ(selector_error(R"({a="1" b="2"})"),
            R"(selector '{a="1" b="2"}', character 8: expected ',' or '}')");
  EXPECT_EQ(selector_error(R"({a="1)"),
            R"(selector '{a="1', character 6: expected a closing quote)");
  EXPECT_EQ(selector_error("{"), "selector '{', character 2: expected a label name");
  EXPECT_EQ(selector_error("{} x"), "selector '{} x', character 4: expected the end");
  EXPECT_EQ(selector_error(R"({a=~"("})"), "label 'a': pattern '(': missing ): (");
}

TEST(Selector, LabelsPrintASelectorThatPicksThem) {
  EXPECT_TRUE(rc::check("round trip", [](const std::map<std::string, std::string>& in) {
    std::vector<profile::Labels::Pair> pairs;
    for (const auto& [name, value] : in)
      pairs.emplace_back(fmt::format("l{}", pairs.size()), value);
    const auto labels = profile::Labels::from_pairs(pairs);
    if (!labels) return;
    const auto parsed = parse_selector(labels->to_string());
    RC_ASSERT(parsed.has_value());
    RC_ASSERT(parsed->selector.matches({}, *labels));
  }));
}

TEST(Time, ReadsWhatPeopleWrite) {
  const WallTime now = at(kMonday);
  const auto ms = [&](std::string_view text) { return to_unix_ms(parse_time(text, now).value()); };
  EXPECT_EQ(ms("now"), kMonday * 1000);
  EXPECT_EQ(ms("now-15m"), (kMonday - 900) * 1000);
  EXPECT_EQ(ms("now-2w"), (kMonday - 14 * 86400) * 1000);
  EXPECT_EQ(ms("1767571200001"), 1767571200001);
  EXPECT_EQ(ms("2026-01-05"), kMonday * 1000);
  EXPECT_EQ(ms("2026-01-05T00:00:01.25Z"), kMonday * 1000 + 1250);
  EXPECT_EQ(ms("2026-01-05T01:30"), (kMonday + 5400) * 1000);
  EXPECT_EQ(ms("2026-01-05T01:00:00+01:00"), kMonday * 1000);
  for (const auto* bad :
       {"", "9999-01-01", "1969-12-31", "yesterday", "now-", "now-5y", "2026-13-01", "2026-01-05T",
        "-5", "1e9", "99999999999999999999", "2026-01-05T00:00:00X"})
    EXPECT_FALSE(parse_time(bad, now)) << bad;
}

TEST(Planner, TakesTheCoarsestThatFit) {
  const Plan plan = plan_range(at(kMonday + 3590), at(kMonday + 7805), {}).value();
  EXPECT_EQ(plan.tiles, (std::vector<Tile>{{Level::k10s, kMonday + 3590, kMonday + 3600},
                                           {Level::k1h, kMonday + 3600, kMonday + 7200},
                                           {Level::k10min, kMonday + 7200, kMonday + 7800},
                                           {Level::k10s, kMonday + 7800, kMonday + 7810}}));
  EXPECT_EQ(plan.until_s, kMonday + 7810) << "widened to a whole bucket";
  EXPECT_FALSE(plan_range(at(5), at(5), {}));
}

TEST(Planner, TilesAreTheRangeAndAreKept) {
  EXPECT_TRUE(rc::check("contiguous, aligned, not expired", [] {
    storage::Horizons horizons{};
    for (std::size_t l = storage::kLevelCount; l-- > 0;) {
      const std::int64_t width = storage::kLevelWidths[std::min(l + 1, storage::kLevelCount - 1)];
      const std::int64_t before =
          l + 1 < storage::kLevelCount ? horizons[l + 1] : storage::align_down(kMonday, width);
      horizons[l] = before + width * *rc::gen::inRange<std::int64_t>(0, 4);
    }
    const std::int64_t from = kMonday + *rc::gen::inRange<std::int64_t>(0, 3'000'000);
    const std::int64_t until = from + *rc::gen::inRange<std::int64_t>(1, 3'000'000);
    const Plan plan = plan_range(at(from), at(until), horizons).value();
    if (until <= horizons.back()) {
      RC_ASSERT(plan.tiles.empty());
      return;
    }
    RC_ASSERT(plan.from_s <= std::max(from, horizons.back()));
    RC_ASSERT(plan.until_s >= until);
    std::int64_t expected = plan.from_s;
    for (const Tile& tile : plan.tiles) {
      RC_ASSERT(tile.from_s == expected);
      RC_ASSERT(tile.from_s < tile.until_s);
      RC_ASSERT(tile.from_s % width_s(tile.level) == 0);
      RC_ASSERT(tile.from_s >= horizons[index_of(tile.level)]);
      expected = tile.until_s;
    }
    RC_ASSERT(expected == plan.until_s);
    const auto step = *rc::gen::inRange<std::int64_t>(200, 50'000);  // under kMaxPoints
    const auto grid = *rc::gen::element(StepGrid::kAligned, StepGrid::kFromStart);
    const PointPlan points = plan_points(at(from), at(until), step, grid, horizons).value();
    RC_ASSERT(grid == StepGrid::kFromStart || points.points.size() == 1 ||
              points.first_s % points.step_s == 0);
    RC_ASSERT(grid == StepGrid::kAligned || points.first_s == points.from_s);
    RC_ASSERT(points.first_s <= points.from_s);
    RC_ASSERT(points.from_s < points.first_s + points.step_s);
    std::int64_t point_at = points.first_s;
    expected = points.from_s;
    for (const auto& tiles : points.points) {
      for (const Tile& tile : tiles) {
        RC_ASSERT(tile.from_s >= horizons[index_of(tile.level)]);
        RC_ASSERT(tile.from_s == expected);
        expected = tile.until_s;
      }
      point_at += points.step_s;
      RC_ASSERT(expected == std::min(point_at, points.until_s));
    }
    RC_ASSERT(expected == points.until_s);
  }));
}

class WithStore : public ::testing::Test {
 protected:
  void push(const Pushed& pushed) { ASSERT_TRUE(storage::testing::push(*store_, pushed)); }
  // `value` stands for cores: it is spent in each of `windows` windows of 10 s from `start`.
  void push_windows(std::string_view folded, std::int64_t start, int windows) {
    for (int i = 0; i < windows; ++i)
      push({.folded = std::string(folded), .start_ns = (start + 10 * i) * 1'000'000'000});
  }
  Selection selection(std::int64_t from, std::int64_t until) {
    return {.type = std::string(profile::kProcessCpu),
            .selector = {},
            .from = at(from),
            .until = at(until)};
  }
  std::string say(const Selection& before, const Selection& after) {
    const std::vector<Selection> both = {before, after};
    const MergedProfile merged = merge(*store_, both).value();
    const auto tree = merged.tree(profile::FunctionIdentity::kIgnoreFirstLine).value();
    const auto rates = Rate::of(merged.type, merged.sides);
    return headline(merged, tree, profile::top_table(tree), rates).sentence;
  }

  storage::testing::TemporaryDirectory directory_;
  storage::testing::ManualClock clock_;
  std::unique_ptr<storage::Store> store_ =
      storage::open_rocksdb_store(
          {.directory = directory_.path, .close_every = Nanoseconds::zero(), .clock = &clock_})
          .value();
};

TEST_F(WithStore, TheHeadlineTellsTheStoryInCores) {
  push_windows("main;foo 6550000000\nmain;bar 2190000000", kMonday, 3);
  push_windows("main;foo 700000000\nmain;bar 2190000000", kMonday + 600, 7);
  const std::vector<Selection> both = {selection(kMonday, kMonday + 60),
                                       selection(kMonday + 600, kMonday + 700)};
  const MergedProfile merged = merge(*store_, both).value();
  const auto tree = merged.tree(profile::FunctionIdentity::kIgnoreFirstLine).value();
  const auto rates = Rate::of(merged.type, merged.sides);
  auto rows = profile::top_table(tree);
  sort_by_change(rows, rates, merged.symbols);
  const Headline story = headline(merged, tree, rows, rates);
  EXPECT_EQ(story.sentence,
            "Total CPU fell by 67 %, from 0.874 to 0.289 cores. foo fell by 89 %, from 0.655 to "
            "0.070 cores. bar is unchanged at 0.219 cores.");
  EXPECT_EQ(merged.symbols.string(merged.symbols.function(rows.back().function).name), "bar");
  EXPECT_EQ(merged.sides[1].totals.covered_ns, 70'000'000'000u);
}

TEST_F(WithStore, AHeadlineWithoutDataSaysSo) {
  push_windows("f 1000000000", kMonday, 1);
  const Selection full = selection(kMonday, kMonday + 10);
  const Selection empty = selection(kMonday + 10, kMonday + 20);
  EXPECT_EQ(say(full, empty), "There is no data in the comparison.");
  EXPECT_EQ(say(empty, full), "There is no data in the baseline.");
  EXPECT_EQ(say(empty, empty), "There is no data on either side.");
  EXPECT_EQ(say(full, full),
            "Total CPU is unchanged at 0.100 cores. f is unchanged at 0.100 cores.");
}

TEST_F(WithStore, AHeadlineSaysWhatIsNewAndWhatIsGone) {
  push_windows("main;foo 5000000000\nmain;bar 1000000000", kMonday, 1);
  push_windows("main;bar 1000000000", kMonday + 10, 1);
  const Selection with_foo = selection(kMonday, kMonday + 10);
  const Selection without = selection(kMonday + 10, kMonday + 20);
  EXPECT_EQ(say(with_foo, without),
            "Total CPU fell by 83 %, from 0.600 to 0.100 cores. foo fell to 0, from 0.500 cores. "
            "bar is unchanged at 0.100 cores.");
  EXPECT_EQ(say(without, with_foo),
            "Total CPU rose by 500 %, from 0.100 to 0.600 cores. foo is new, at 0.500 cores. "
            "bar is unchanged at 0.100 cores.");
}

TEST_F(WithStore, HiddenNodesAreCountedWhereTheyHang) {
  push_windows("main;a;x 50\nmain;a;y 3\nmain;b;z;w 2\nmain 1", kMonday, 1);
  const std::vector<Selection> one = {selection(kMonday, kMonday + 10)};
  const MergedProfile merged = merge(*store_, one).value();
  const auto tree = merged.tree(profile::FunctionIdentity::kExact).value();
  const auto rates = Rate::of(merged.type, merged.sides);
  const VisibleTree visible = visible_part(tree, rates, 4);  // root main a x
  EXPECT_EQ(visible.rows, (std::vector<std::uint32_t>{0, 1, 2, 3}));
  EXPECT_EQ(visible.hidden_count, (std::vector<std::uint64_t>{0, 3, 1, 0}));
  EXPECT_EQ(visible.hidden_total[0], (std::vector<std::int64_t>{0, 2, 3, 0}));
  const Flamebearer flame = flamebearer(merged.symbols, tree, visible);
  EXPECT_EQ(flame.names, (std::vector<std::string>{"total", "main", "other", "a", "x"}));
  EXPECT_EQ(
      flame.levels,
      (std::vector<std::vector<std::int64_t>>{
          {0, 56, 0, 0}, {0, 56, 1, 1}, {1, 2, 2, 2, 0, 53, 0, 3}, {3, 3, 3, 2, 0, 50, 50, 4}}));
  EXPECT_EQ(flame.max_self, 50);
}

TEST_F(WithStore, APrunedTreeStillAddsUp) {
  EXPECT_TRUE(rc::check("total = self + children + hidden", [&] {
    storage::testing::Parts parts({.folded = "r 1"});
    auto& symbols = parts.profile.symbols;
    std::vector<profile::StackValue> values;
    for (int i = 0; i < 20; ++i) {
      profile::StackId stack = profile::StackId::kEmpty;
      for (int depth = *rc::gen::inRange(0, 6); depth > 0; --depth)
        stack = symbols.intern_child(
            stack, symbols.intern_synthetic(std::to_string(*rc::gen::inRange(0, 4))));
      values.push_back({stack, *rc::gen::inRange<std::int64_t>(0, 50)});
    }
    const auto tree = profile::CallTree::build(symbols, values).value();
    const std::vector<Side> sides(1);
    const auto rates = Rate::of(profile::ProfileType::parse(profile::kProcessCpu).value(), sides);
    const VisibleTree visible = visible_part(tree, rates, *rc::gen::inRange<std::size_t>(1, 40));
    std::vector<std::int64_t> sum(tree.size());
    std::size_t hidden = 0;
    for (std::size_t i = visible.rows.size(); i-- > 0;) {
      const auto row = visible.rows[i];
      sum[row] += tree.self[0][row] + visible.hidden_total[0][i];
      RC_ASSERT(sum[row] == tree.total[0][row]);
      if (row != 0) sum[tree.parent[row]] += tree.total[0][row];
      hidden += visible.hidden_count[i];
    }
    RC_ASSERT(visible.rows.size() + hidden == tree.size());
  }));
}

TEST_F(WithStore, TheLargestValueOfALabelIsTheFirstByNameOfThoseWithMost) {
  const Selection all = selection(kMonday, kMonday + 10);
  EXPECT_EQ(largest_value(*store_, all, "service_name").value(), std::nullopt);
  for (const auto& [service, folded] :
       {std::pair("c", "main 9"), std::pair("b", "main 5\nmain;foo 4"), std::pair("a", "main 8")})
    push({.folded = folded,
          .start_ns = kMonday * 1'000'000'000,
          .labels = {{"service_name", service}},
          .id = service});
  EXPECT_EQ(largest_value(*store_, all, "service_name").value(), "b");
  EXPECT_EQ(largest_value(*store_, all, "version").value(), "") << "a label that no series has";
  const Selection later = selection(kMonday + 10, kMonday + 20);
  EXPECT_EQ(largest_value(*store_, later, "service_name").value(), std::nullopt);
}

TEST_F(WithStore, ATimelineOfAFunctionCountsEachStackOnce) {
  push_windows("main;foo;foo 5\nmain;Food 3\nmain;bar 7", kMonday, 1);
  push_windows("main;bar 7", kMonday + 10, 1);
  using Argument = std::pair<std::string_view, std::string_view>;
  const auto values_of = [&](const std::vector<Argument>& wanted) {
    const PointPlan plan =
        plan_points(at(kMonday), at(kMonday + 30), 10, StepGrid::kAligned, store_->horizons())
            .value();
    std::vector<Operator> operators;
    for (const auto& [name, argument] : wanted)
      operators.push_back(parse_operator(name, argument).value());
    const auto points =
        operator_timeline(*store_, selection(kMonday, kMonday + 30), plan, operators).value();
    EXPECT_EQ(points[0].covered_ns, 10'000'000'000u);
    EXPECT_EQ(points[2], storage::Totals());
    return std::pair(points[0].value.to_int64().value(), points[1].value.to_int64().value());
  };
  const auto values = [&](std::string_view name, std::string_view argument) {
    return values_of({{name, argument}});
  };
  EXPECT_EQ(values("contains", "foo"), std::pair(5l, 0l));
  EXPECT_EQ(values("excludes", "foo"), std::pair(10l, 7l));
  EXPECT_EQ(values_of({{"contains", "main"}, {"excludes", "foo"}, {"excludes", "Food"}}),
            std::pair(7l, 7l));
  // By the tree, where values move or go, and where they are multiplied.
  EXPECT_EQ(values("drop", "foo"), std::pair(15l, 7l)) << "they move to main";
  EXPECT_EQ(values_of({{"below", "foo"}, {"contains", "foo"}}), std::pair(5l, 0l));
  EXPECT_EQ(values_of({{"contains", "bar"}, {"scale", "0.5*bar"}}), std::pair(4l, 4l));
  EXPECT_EQ(values("contains", R"({name=~"(?i)foo.*"})"), std::pair(8l, 0l));
  EXPECT_EQ(values("scale", "0.5*main"), std::pair(9l, 4l)) << "3 + 2 + 4: a stack is rounded";
  EXPECT_EQ(values("contains", "none"), std::pair(0l, 0l));
}

TEST_F(WithStore, EveryRangeEqualsBruteForce) {
  storage::testing::Model model;
  const auto add = [&](const Pushed& pushed) {
    model.write(pushed);
    push(pushed);
  };
  for (int i = 0; i < 300; ++i) {
    add({.folded = fmt::format("main;f{} {}\nmain 3", i % 7, i * 7919),
         .start_ns = (kMonday + 137 * i) * 1'000'000'000 + i,
         .duration_ns = i % 11 == 0 ? 700'000'000'000 : 10'000'000'000,
         .labels = {{"service_name", i % 2 == 0 ? "a" : "b"}},
         .id = std::to_string(i / 2)});
    if (i % 90 == 0) {
      ASSERT_TRUE(store_->close_buckets());
    }
  }
  EXPECT_TRUE(rc::check("any range at any time", [&] {
    const std::int64_t from = kMonday + *rc::gen::inRange<std::int64_t>(0, 50'000);
    const std::int64_t until = from + *rc::gen::inRange<std::int64_t>(1, 50'000);
    const std::vector<Selection> one = {selection(from, until)};
    const MergedProfile merged = merge(*store_, one).value();
    const Side& side = merged.sides[0];
    const auto [from_s, until_s] = std::pair(side.plan.from_s, side.plan.until_s);
    RC_ASSERT(storage::testing::by_text(merged.symbols, side.values) ==
              model.merge({}, profile::kProcessCpu, from_s, until_s));
    RC_ASSERT(side.totals == model.totals({}, profile::kProcessCpu, from_s, until_s));
    const auto step = *rc::gen::inRange<std::int64_t>(100, 9000);
    const PointPlan plan =
        plan_points(at(from), at(until), step, StepGrid::kAligned, store_->horizons()).value();
    const auto rows = store_->timeline({}, profile::kProcessCpu, plan.points, "").value();
    for (std::size_t i = 0; i < plan.points.size(); ++i) {
      const std::int64_t begin = plan.first_s + static_cast<std::int64_t>(i) * plan.step_s;
      const std::int64_t end = std::min(begin + plan.step_s, plan.until_s);
      RC_ASSERT((rows.empty() ? storage::Totals() : rows[0].points[i]) ==
                model.totals({}, profile::kProcessCpu, std::max(begin, plan.from_s), end));
    }
  }));
}

}  // namespace
}  // namespace phlox::query
