#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "api/answers.h"
#include "api/ingest_name.h"
#include "api/last_minute.h"
#include "api/metrics.h"
#include "api/multipart.h"
#include "api/pprof_name.h"

namespace phlox::api {
namespace {

std::string name_error(std::string_view text) {
  const auto name = parse_ingest_name(text);
  return name ? "no error" : name.error().message();
}

TEST(IngestName, ReadsApplicationAndTags) {
  const IngestName name = parse_ingest_name(" my.app {a=1, b.c = x y,empty=}ignored").value();
  EXPECT_EQ(name.application, "my.app");
  EXPECT_EQ(name.tags.to_string(), R"({a="1",b.c="x y"})");
  EXPECT_EQ(parse_ingest_name("app{a=1,b=2")->tags.to_string(), R"({a="1"})") << "no '}'";
  EXPECT_TRUE(parse_ingest_name("app")->tags.empty());
}

TEST(IngestName, FaultsNameTheCharacterSet) {
  EXPECT_EQ(name_error("my app"), "name 'my app': only letters, digits and _ . - / are taken");
  EXPECT_EQ(name_error("app{a-b=1}"), "tag 'a-b': only letters, digits and _ . are taken");
  EXPECT_EQ(name_error("app{__name__=x}"),
            "tag '__name__': only letters, digits and _ . are taken");
  EXPECT_EQ(name_error(""), "parameter 'name' is missing: app.name{key=value}");
  EXPECT_EQ(name_error("app{a=1,a=2}"), "label 'a' is given twice");
}

TEST(IngestName, TheLastPartSaysWhatIsMeasured) {
  EXPECT_EQ(measured_name("web.cpu")->application, "web");
  EXPECT_EQ(measured_name("web")->type.to_string(), profile::kProcessCpu);
  EXPECT_EQ(measured_name("a.b.alloc_space")->type.name, "memory");
  EXPECT_EQ(measured_name("my.app").error().message(), "unknown profile type: app");
}

TEST(IngestTime, LengthTellsTheUnit) {
  const WallTime now = from_unix_ms(1'767'571'200'000);
  const auto ns = [&](std::string_view text) {
    return to_unix_ns(parse_ingest_time(text, now).value());
  };
  EXPECT_EQ(ns(""), to_unix_ns(now));
  EXPECT_EQ(ns("1767571200"), 1'767'571'200'000'000'000);
  EXPECT_EQ(ns("1767571200123"), 1'767'571'200'123'000'000);
  EXPECT_EQ(ns("1767571200123456"), 1'767'571'200'123'456'000);
  EXPECT_EQ(ns("1767571200123456789"), 1'767'571'200'123'456'789);
  EXPECT_EQ(ns("20260105"), 1'767'571'200'000'000'000);
  EXPECT_EQ(ns("now-1h"), to_unix_ns(now) - 3'600'000'000'000);
  EXPECT_EQ(ns("yesterday-1h"), to_unix_ns(now) - 3'600'000'000'000);
  EXPECT_EQ(ns("1_767,571 200"), 1'767'571'200'000'000'000);
  EXPECT_FALSE(parse_ingest_time("now-1y", now));
  EXPECT_FALSE(parse_ingest_time("999999999999", now));
}

TEST(Multipart, FindsPartsByName) {
  const std::string body =
      "--B\r\nContent-Disposition: form-data; name=\"profile\"; filename=\"x\"\r\n\r\nby\r\ntes\r\n"
      "--B\r\nContent-Disposition: form-data; filename=\"y\"; name=other\r\n\r\n\r\n--B--\r\n";
  const auto parts = parse_multipart("multipart/form-data; boundary=B", body).value();
  EXPECT_EQ(parts.at("profile"), "by\r\ntes");
  EXPECT_EQ(parts.at("other"), "");
  EXPECT_FALSE(parse_multipart("multipart/form-data", body));
  for (std::size_t size = 0; size + 4 < body.size(); ++size)
    EXPECT_FALSE(parse_multipart("multipart/form-data; boundary=B", body.substr(0, size))) << size;
}

std::string pprof_name(std::vector<profile::ValueType> types, std::string_view config = "{}") {
  profile::Profile profile;
  profile.sample_types = std::move(types);
  return name_of_pprof(profile, parse_sample_type_config(config).value());
}

TEST(PprofName, IsThatOfPyroscope) {
  EXPECT_EQ(pprof_name({{"samples", "count"}, {"cpu", "nanoseconds"}}), "process_cpu");
  EXPECT_EQ(pprof_name({{"samples", "count"}, {"wall", "nanoseconds"}, {"cpu", "nanoseconds"}}),
            "wall");
  EXPECT_EQ(pprof_name({{"inuse_objects", "count"}}), "memory");
  EXPECT_EQ(pprof_name({{"contentions", "count"}, {"delay", "nanoseconds"}}), "mutex");
  EXPECT_EQ(pprof_name({{"contentions", "count"}, {"delay", "nanoseconds"}},
                       R"({"contentions": {"display-name": "block_count", "units": "x"}})"),
            "block");
  EXPECT_EQ(pprof_name({{"exceptions", "count"}}), "exceptions");
}

TEST(PprofName, FaultsOfTheConfigurationAreNamed) {
  EXPECT_EQ(parse_sample_type_config("[").error().message(),
            "sample_type_config: not an object in JSON");
  EXPECT_EQ(parse_sample_type_config(R"({"cpu": 1})").error().message(),
            "sample_type_config: 'cpu' is not an object");
  EXPECT_EQ(parse_sample_type_config(R"({"cpu": {"cumulative": true}})").error().message(),
            "sample_type_config: 'cpu' is cumulative; update the client to one that sends "
            "differences");
}

TEST(Numbers, AboveDoublesAreDigits) {
  EXPECT_EQ(number(std::int64_t{1} << 53).dump(), "9007199254740992");
  EXPECT_EQ(number((std::int64_t{1} << 53) + 1).dump(), "\"9007199254740993\"");
}

TEST(Metrics, ReadAsPrometheusDoes) {
  Metrics metrics;
  metrics.add_written({.stored = 3, .duplicates = 1});
  metrics.add_rejected("limit");
  metrics.add_request("/ready", 200, std::chrono::milliseconds(1500));
  const std::string text =
      metrics.text({.series = 2, .stacks = 5, .bytes_on_disk = 7, .query_table_bytes = 5});
  for (const auto* line :
       {"phlox_profiles_ingested_total 3\n", "phlox_profiles_duplicate_total 1\n",
        "phlox_requests_rejected_total{reason=\"limit\"} 1\n",
        "phlox_http_request_seconds_sum{path=\"/ready\",code=\"200\"} 1.5\n",
        "phlox_store_bytes 7\n", "phlox_store_series 2\n", "phlox_store_query_table_bytes 5\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line;
}

TEST(Metrics, CountWhatTheServersRefusedBeforeAnyHandler) {
  Metrics metrics;
  metrics.http_load.of(http::Lane::kIngest).requests = 7;
  metrics.http_load.of(http::Lane::kIngest).refused = 2;
  metrics.grpc_load.of(http::Lane::kIngest).refused = 3;
  metrics.http_load.of(http::Lane::kQuery).refused = 4;
  metrics.http_load.refused_bodies = 5;
  const std::string text = metrics.text({});
  for (const auto* line : {"phlox_lane_requests{protocol=\"http\",lane=\"ingest\"} 7\n",
                           "phlox_requests_rejected_total{reason=\"busy\"} 5\n",
                           "phlox_requests_rejected_total{reason=\"busy_queries\"} 4\n",
                           "phlox_requests_rejected_total{reason=\"bodies\"} 5\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
}

TEST(LastMinute, CountsWholeSecondsOnly) {
  const auto at = [](double s) {
    return SteadyTime(Nanoseconds(static_cast<std::int64_t>((1000 + s) * 1e9)));
  };
  LastMinute counted;
  counted.add(at(0.5), 30);
  EXPECT_EQ(counted.per_second(at(0.9)), 0) << "not over";
  EXPECT_EQ(counted.per_second(at(1)), 0.5);
  counted.add(at(59.9), 60);
  EXPECT_EQ(counted.per_second(at(60)), 1.5);
  EXPECT_EQ(counted.per_second(at(61)), 1) << "the first second is more than a minute ago";
  EXPECT_EQ(counted.per_second(at(120)), 0);
  counted.add(at(500), 6);
  EXPECT_EQ(counted.per_second(at(501)), 0.1) << "after a pause";
}

TEST(Metrics, CountRequestsUpToEachBoundOfTime) {
  Metrics metrics;
  for (const std::int64_t us : {1000, 1001, 300'000, 60'000'000})
    metrics.add_request("/p", 200, std::chrono::microseconds(us));
  const std::string text = metrics.text({});
  for (const auto* line : {"le=\"0.001\"} 1\n", "le=\"0.0025\"} 2\n", "le=\"0.25\"} 2\n",
                           "le=\"0.5\"} 3\n", "le=\"10\"} 3\n", "le=\"+Inf\"} 4\n",
                           "phlox_http_request_seconds_count{path=\"/p\",code=\"200\"} 4\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
}

}  // namespace
}  // namespace phlox::api
