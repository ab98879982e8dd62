#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "terminal/api_answers.h"
#include "terminal/reports.h"
#include "terminal/table.h"
#include "terminal/times.h"

namespace phlox::terminal {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(Duration, HasANumberAndAUnit) {
  EXPECT_EQ(parse_duration("10s").value(), 10s);
  EXPECT_EQ(parse_duration("500ms").value(), 500ms);
  EXPECT_EQ(parse_duration("1m").value(), 1min);
  EXPECT_EQ(parse_duration("2h").value(), 2h);
  EXPECT_EQ(parse_duration("1w").value(), 24h * 7);
  for (const char* wrong : {"", "10", "s", "0s", "-1s", "1.5s", "10 s", "10y", "99999999999999w"})
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
}

TEST(Instant, IsRelativeOrFixed) {
  EXPECT_EQ(Instant::parse("now").value().to_query(), "now");
  EXPECT_EQ(Instant::parse("-10m").value().to_query(), "now-600s");
  EXPECT_EQ(Instant::parse("now-10m").value().to_query(), "now-600s");
  EXPECT_EQ(Instant::parse("-1500ms").value().to_query(), "now-2s");
  EXPECT_EQ(Instant::parse("1769860800000").value().to_query(), "1769860800000");
  EXPECT_EQ(Instant::parse("2026-01-31T12:00:00Z").value().to_query(), "1769860800000");
  EXPECT_EQ(Instant::parse("2026-01-31T12:00:00").value().to_query(), "1769860800000");
  EXPECT_EQ(Instant::parse("2026-01-31").value().to_query(), "1769817600000");
  EXPECT_EQ(to_unix_ms(Instant::parse("-10s").value().at(from_unix_ms(60'000))), 50'000);
  for (const char* wrong : {"", "yesterday", "10m", "-", "now-", "+5m", "2026-01-31T12:00:00+01:00",
                            "99999999999999999999", "2300-01-01"})
    EXPECT_FALSE(Instant::parse(wrong)) << wrong;
}

TEST(Selection, IsASelectorAndARange) {
  const auto selection = Selection::parse(R"({service_name="shop",mail="a@b"}@-10m..-5m)").value();
  EXPECT_EQ(selection.selector, R"({service_name="shop",mail="a@b"})");
  EXPECT_EQ(selection.range.from.to_query(), "now-600s");
  EXPECT_EQ(selection.range.until.to_query(), "now-300s");
  EXPECT_EQ(Selection::parse("{}@-10m").value().range.until.to_query(), "now");
  EXPECT_EQ(Selection::parse("shop.cpu{a=\"b\"}@-10m").value().selector, "shop.cpu{a=\"b\"}");
}

TEST(Selection, SaysWhatIsWrong) {
  const auto message = [](std::string_view text) {
    return Selection::parse(text).error().message();
  };
  EXPECT_THAT(message(R"({service_name="a@b"})"), HasSubstr("no range after the selector"));
  EXPECT_THAT(message("shop@-10m"), HasSubstr("expected a selector"));
  EXPECT_THAT(message("{}@-10x"), HasSubstr("duration '10x'"));
  EXPECT_THAT(message("{}@-10m..later"), HasSubstr("time 'later'"));
  EXPECT_THAT(message("{}@"), HasSubstr("time ''"));
}

TEST(Table, AlignsByCodePointsAndHidesControlCharacters) {
  Table table({{"CORES"}, {"FUNCTION", Align::kLeft}, {"FILE", Align::kLeft}});
  table.add_row({"0.655", "größe", "a.py:3"});
  table.add_row({"12.000", "x\x1b[31m", ""});
  EXPECT_EQ(table.to_string(),
            " CORES  FUNCTION  FILE\n"
            " 0.655  größe     a.py:3\n"
            "12.000  x?[31m\n");
}

constexpr std::string_view kProfile = R"({
  "type": "process_cpu:cpu:nanoseconds:cpu:nanoseconds", "unit": "nanoseconds",
  "side": {"range": {"from_ms": 1769860800000, "until_ms": 1769861400000, "level_s": 10},
           "total": 524400000000, "covered_ns": "600000000000", "profiles": 60},
  "functions": {"name": ["main", "foo"], "file": ["app.py", ""], "line": [1, 0],
                "module": ["app", ""], "kind": ["python", "python"]},
  "tree": {},
  "table": {"function": [0, 1], "self": [0, 393300000000], "total": [524400000000, "393300000000"]},
  "table_left_out": 7})";

TEST(TopReport, ShowsCoresSharesAndMoney) {
  EXPECT_EQ(top_report(decode_profile(kProfile).value(), 100000),
            "0.874 cores in 60 profiles, 2026-01-31 12:00:00 to 2026-01-31 12:10:00 UTC\n"
            "\n"
            " SELF   SHARE  TOTAL    SHARE      COST  FUNCTION  FILE\n"
            "0.000   0.0 %  0.874  100.0 %  $100,000  main      app.py:1\n"
            "0.655  75.0 %  0.655   75.0 %   $75,000  foo\n"
            "7 more functions left out; raise --limit to see them\n");
}

TEST(TopReport, AnEmptySelectionHasNoCores) {
  const ProfileAnswer nothing{.unit = "nanoseconds", .side = {}, .table = {}, .table_left_out = 0};
  EXPECT_THAT(top_report(nothing, std::nullopt), HasSubstr("- cores in 0 profiles"));
}

TEST(ApiAnswers, NameTheFieldThatIsWrong) {
  const auto message = [](std::string_view from, std::string_view to) {
    std::string json(kProfile);
    json.replace(json.find(from), from.size(), to);
    const auto answer = decode_profile(json);
    EXPECT_FALSE(answer) << to;
    return answer ? std::string() : answer.error().message();
  };
  EXPECT_THAT(message("\"unit\"", "\"Unit\""), HasSubstr("'unit' is not there"));
  EXPECT_THAT(message("\"600000000000\"", "\"6e11\""), HasSubstr("'covered_ns' is not a whole"));
  EXPECT_THAT(message("\"function\": [0, 1]", "\"function\": [0, 2]"), HasSubstr("an index"));
  EXPECT_THAT(message("\"function\": [0, 1]", "\"function\": [0]"), HasSubstr("one length"));
  EXPECT_THAT(message("\"table_left_out\"", "table_left_out"), HasSubstr("not what this phlox"));
}

TEST(ApiAnswers, ErrorsShowTheirMessage) {
  EXPECT_EQ(decode_error(R"({"code":"invalid_argument","message":"no such type"})"),
            "no such type");
  EXPECT_EQ(decode_error("<html>"), "<html>");
}

constexpr std::string_view kDiff = R"({
  "type": "process_cpu:cpu:nanoseconds:cpu:nanoseconds", "unit": "nanoseconds",
  "baseline": {"range": {"from_ms": 1769860800000, "until_ms": 1769861400000, "level_s": 10},
               "total": 600000000000, "covered_ns": 600000000000, "profiles": 60},
  "comparison": {"range": {"from_ms": 1769861400000, "until_ms": 1769861700000, "level_s": 10},
                 "total": 102000000000, "covered_ns": 300000000000, "profiles": 30},
  "functions": {"name": ["foo", "bar", "quick"], "file": ["app.py", "app.py", "app.py"],
                "line": [5, 9, 20], "module": [], "kind": []},
  "tree": {},
  "table": {"function": [0, 2, 1], "self": [[], []],
            "total": [[450000000000, 0, 150000000000], [24000000000, 3000000000, 75000000000]]},
  "table_left_out": 0,
  "headline": {"changed": 0, "unchanged": 1, "sentence": "Total CPU fell by 66 %."}})";

TEST(DiffReport, PutsTheSentenceFirstAndComparesInCores) {
  EXPECT_EQ(diff_report(decode_diff(kDiff).value(), 100000),
            "Total CPU fell by 66 %.\n"
            "\n"
            "baseline    2026-01-31 12:00:00 to 2026-01-31 12:10:00 UTC\n"
            "comparison  2026-01-31 12:10:00 to 2026-01-31 12:15:00 UTC\n"
            "cost        $100,000 → $34,000\n"
            "amounts in cores\n"
            "\n"
            "BASELINE  COMPARISON  CHANGE  CHANGE %  FUNCTION  FILE\n"
            "   1.000       0.340  -0.660   -66.0 %  (total)\n"
            "   0.750       0.080  -0.670   -89.3 %  foo       app.py:5\n"
            "   0.000       0.010  +0.010       new  quick     app.py:20\n"
            "   0.250       0.250  +0.000    +0.0 %  bar       app.py:9\n");
}

TEST(TimelineReport, ShowsGapsAsDashes) {
  const auto answer = decode_timeline(R"({
    "range": {"from_ms": 1769860805000, "until_ms": 1769860830000, "level_s": 10},
    "step_ms": 10000, "first_ms": 1769860800000, "unit": "nanoseconds",
    "series": [{"labels": {"version": "1"}, "total": 5, "values": [5000000000, 0, 0],
                "covered_ns": [10000000000, 0, 10000000000]},
               {"labels": {"version": ""}, "total": 5, "values": [0, 0, 10000000000],
                "covered_ns": [0, 0, 10000000000]}],
    "series_left_out": 0})");
  EXPECT_EQ(timeline_report(answer.value()),
            "TIME (UTC)           1 (cores)  none (cores)\n"
            "2026-01-31 12:00:05      0.500             -\n"
            "2026-01-31 12:00:10          -             -\n"
            "2026-01-31 12:00:20      0.000         1.000\n");
}

TEST(ServicesReport, ListsCoresAndCpuTime) {
  const auto answer = decode_services(R"({
    "range": {"from_ms": 1769860800000, "until_ms": 1769864400000, "level_s": 10},
    "services": [{"name": "shop", "total": 1800000000000, "covered_ns": 3600000000000,
                  "profiles": 360}]})");
  EXPECT_EQ(services_report(answer.value()),
            "2026-01-31 12:00:00 to 2026-01-31 13:00:00 UTC\n"
            "\n"
            "CORES  CPU SECONDS  PROFILES  SERVICE\n"
            "0.500       1800.0       360  shop\n");
}

}  // namespace
}  // namespace phlox::terminal
