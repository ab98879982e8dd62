#include "format/speedscope.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "format/folded.h"
#include "format/testing.h"

namespace phlox::format {
namespace {

using nlohmann::json;

TEST(Speedscope, HoldsStacksRootFirstWithTheirWeights) {
  auto profile = decode_folded("main (app.py:3);foo (app.py:10) 75\nmain (app.py:3) 25\nbar 0",
                               {"cpu", "nanoseconds"});
  ASSERT_TRUE(profile);
  const auto text = encode_speedscope(*profile, "shop");
  ASSERT_TRUE(text);
  const json file = json::parse(*text);
  ASSERT_EQ(file["profiles"].size(), 1u);
  const json& sampled = file["profiles"][0];
  EXPECT_EQ(sampled["unit"], "nanoseconds");
  EXPECT_EQ(sampled["endValue"], 100);
  ASSERT_EQ(sampled["samples"].size(), 2u);
  const json& frames = file["shared"]["frames"];
  json stacks;
  for (std::size_t i = 0; i < 2; ++i) {
    std::string names;
    for (const json& index : sampled["samples"][i])
      names += frames[index.get<std::size_t>()]["name"].get<std::string>() + ';';
    stacks[names] = sampled["weights"][i];
  }
  EXPECT_EQ(stacks, json({{"main;foo;", 75}, {"main;", 25}}));
  EXPECT_EQ(frames[0], json({{"name", "main"}, {"file", "app.py"}, {"line", 3}}));
}

TEST(Speedscope, HasOneProfileForEachSampleType) {
  profile::Profile profile;
  profile.sample_types = {{"samples", "count"}, {"cpu", "nanoseconds"}};
  const auto frame = profile.symbols.intern_synthetic("[gc]");
  const std::int64_t values[] = {2, 30};
  profile.add_sample(profile.symbols.intern_child(profile::StackId::kEmpty, frame), values);
  const json file = json::parse(encode_speedscope(profile, "x").value());
  ASSERT_EQ(file["profiles"].size(), 2u);
  EXPECT_EQ(file["profiles"][0]["unit"], "none");
  EXPECT_EQ(file["profiles"][0]["weights"], json({2}));
  EXPECT_EQ(file["profiles"][1]["weights"], json({30}));
}

std::string file_of(std::string_view profiles, std::string_view more = "") {
  return fmt::format(
      R"({{{}"shared": {{"frames": [{{"name": "main", "file": "app.py", "line": 3}}, {{"name": "foo"}}]}},)"
      R"("profiles": [{}]}})",
      more, profiles);
}

std::string folded_of(std::string_view profiles, const profile::ValueType& type = kCpu) {
  const auto profile = decode_speedscope(file_of(profiles), type, 1e7);
  return profile ? encode_folded(*profile).value() : profile.error().message();
}

TEST(Speedscope, ComesBackAsItWasWritten) {
  const std::string text = "main (app.py:3) 25\nmain (app.py:3);foo (app.py:10) 75\n";
  const auto written = encode_speedscope(decode_folded(text, kCpu).value(), "shop");
  EXPECT_EQ(encode_folded(decode_speedscope(*written, kCpu, 1).value()).value(), text);
}

TEST(Speedscope, AddsUpTheThreadsOfOthers) {
  EXPECT_EQ(
      folded_of(
          R"({"type": "sampled", "unit": "seconds", "samples": [[0, 1], [0]], "weights": [0.01, 0.5]},)"
          R"({"type": "sampled", "unit": "none", "samples": [[0, 1]], "weights": [2]})"),
      "main (app.py:3) 500000000\nmain (app.py:3);foo 30000000\n");
}

TEST(Speedscope, RoundsWithoutLosingTheSum) {
  EXPECT_EQ(
      folded_of(R"({"type": "sampled", "unit": "nanoseconds", "samples": [[0], [0], [0], [0]],)"
                R"("weights": [0.4, 0.4, 0.4, 0.8]})"),
      "main (app.py:3) 2\n");
}

TEST(Speedscope, EventsAreTimeOfTheOpenStack) {
  EXPECT_EQ(
      folded_of(R"({"type": "evented", "unit": "microseconds", "startValue": 5, "events": [)"
                R"({"type": "O", "frame": 0, "at": 5}, {"type": "O", "frame": 1, "at": 7},)"
                R"({"type": "C", "frame": 1, "at": 17}, {"type": "C", "frame": 0, "at": 18}]})"),
      "main (app.py:3) 3000\nmain (app.py:3);foo 10000\n");
}

TEST(Speedscope, NamesThePlaceOfEveryFault) {
  const auto error = [](std::string_view text) {
    return decode_speedscope(text, kCpu, 1).error().message();
  };
  EXPECT_EQ(error("{"), "speedscope: not JSON, or cut off");
  EXPECT_EQ(error("[]"), "speedscope: there are no shared.frames or no profiles");
  EXPECT_EQ(error(file_of("{},{}", R"("exporter": "phlox",)")),
            "speedscope: it holds 2 sample types of phlox; send them as pprof");
  EXPECT_EQ(folded_of(R"({"unit": "bytes"})"),
            "speedscope: profile 0: unit 'bytes' where nanoseconds are wanted");
  const auto sampled = [](std::string_view samples, std::string_view weights) {
    return folded_of(
        fmt::format(R"({{"type": "sampled", "unit": "none", "samples": {}, "weights": {}}})",
                    samples, weights));
  };
  const std::string at = "speedscope: profile 0: ";
  EXPECT_EQ(sampled("[[0]]", "[]"), at + "samples and weights are not two arrays of one length");
  EXPECT_EQ(sampled("[[0, 2]]", "[1]"), at + "sample 0: there is no frame 2");
  EXPECT_EQ(sampled("[[-1]]", "[1]"), at + "sample 0: there is no frame -1");
  EXPECT_EQ(sampled("[[0], [0]]", "[1, -1]"), at + "sample 1: weight -1 is negative");
  EXPECT_EQ(sampled("[[0]]", "[1e300]"), at + "sample 0: weight 1e+300 is over 2^53");
  const auto evented = [](std::string_view events) {
    return folded_of(fmt::format(R"({{"type": "evented", "unit": "none", "events": {}}})", events));
  };
  EXPECT_EQ(evented(R"([{"type": "O", "frame": 0, "at": 1}])"), at + "1 frames are never closed");
  EXPECT_EQ(evented(R"([{"type": "C", "frame": 0, "at": 1}])"),
            at + "event 0: it closes a frame that is not the innermost open one");
  EXPECT_EQ(evented(R"([{"type": "O", "frame": 0, "at": -1}])"),
            at + "event 0: it is out of order");
}

}  // namespace
}  // namespace phlox::format
