#include "format/firefox_profile.h"

#include <gtest/gtest.h>

#include "format/folded.h"
#include "format/testing.h"

namespace phlox::format {
namespace {

// As CPython 3.15 writes it: tables in the thread, strings shared.
std::string python_file(std::string_view samples, std::string_view prefixes = "[null,0,0,0]") {
  return fmt::format(R"json({{"meta":{{"interval":10,"startTime":123.5,
 "preprocessedProfileVersion":57,"product":"Python"}},"libs":[],"threads":[{{"name":"Thread-1",
 "samples":{},
 "stackTable":{{"frame":[0,1,2,3],"prefix":{},"length":4}},
 "frameTable":{{"func":[0,1,2,3],"line":[9,3,4,null],"length":4}},
 "funcTable":{{"name":[1,2,3,6],"fileName":[4,4,5,null],"length":4}}}}],
 "shared":{{"stringArray":["(root)","<module>","foo","bar","app.py","lib.py","<GC>"],
 "sources":{{"length":0,"uuid":[],"filename":[]}}}}}})json",
                     samples, prefixes);
}

std::string error_of_firefox(std::string_view text, const profile::ValueType& type = kCpu) {
  const auto profile = decode_firefox_profile(text, type);
  return profile ? "no error" : profile.error().message();
}

TEST(FirefoxProfile, CountsSamplesByTheInterval) {
  const auto profile = decode_firefox_profile(
      python_file(R"({"stack":[1,1,null,2,3,1],"time":[0,10,20,30,40,50],"weight":null,
                      "weightType":"samples","length":6})"),
      kCpu);
  ASSERT_TRUE(profile) << profile.error().message();
  EXPECT_EQ(encode_folded(*profile).value(),
            "<module> (app.py:9);<gc> 10000000\n"
            "<module> (app.py:9);bar (lib.py:4) 10000000\n"
            "<module> (app.py:9);foo (app.py:3) 30000000\n");
  EXPECT_EQ(profile->duration, std::chrono::milliseconds(60));
  EXPECT_EQ(profile->period, 10'000'000);
  EXPECT_EQ(profile->start, WallTime()) << "Python's clock does not begin in 1970";
}

// As later versions of the format have it: all tables shared, files through `source`.
TEST(FirefoxProfile, ReadsSharedTablesAndWeights) {
  const auto profile = decode_firefox_profile(
      R"({"meta":{"interval":1,"startTime":1767571200000,"preprocessedProfileVersion":60},
 "threads":[{"samples":{"stack":[0,1],"weight":[0.25,2],"weightType":"tracing-ms"}},
            {"samples":{"stack":[1],"weight":[1],"weightType":"tracing-ms"}}],
 "shared":{"stringArray":["main","foo","a.js"],
 "stackTable":{"frame":[0,1],"prefix":[null,0]},
 "frameTable":{"func":[0,1],"line":[1,2]},
 "funcTable":{"name":[0,1],"source":[null,0]},
 "sources":{"filename":[2]}}})",
      kCpu);
  ASSERT_TRUE(profile) << profile.error().message();
  EXPECT_EQ(encode_folded(*profile).value(), "main 250000\nmain;foo (a.js:2) 3000000\n");
  EXPECT_EQ(profile->start, from_unix_ms(1767571200000));
}

TEST(FirefoxProfile, NamesThePlaceThatIsWrong) {
  EXPECT_EQ(error_of_firefox("{\"meta\":"), "Firefox profile: not JSON, or cut off");
  EXPECT_EQ(error_of_firefox("{}"), "Firefox profile: there are no threads");
  EXPECT_EQ(error_of_firefox(python_file("{}")),
            "Firefox profile: thread 0: there is no samples.stack");
  EXPECT_EQ(error_of_firefox(python_file(R"({"stack":[0,7]})")),
            "Firefox profile: thread 0: sample 1: there is no such stack");
  EXPECT_EQ(error_of_firefox(python_file(R"({"stack":[0],"weight":[-1]})")),
            "Firefox profile: thread 0: sample 0: its weight is negative or over 2^53");
  EXPECT_EQ(error_of_firefox(python_file(R"({"stack":[0]})", "[null,2,0,0]")),
            "Firefox profile: thread 0: stack 1: its prefix is none of the stacks before it");
  EXPECT_EQ(error_of_firefox(python_file(R"({"stack":[0]})", "[null]")),
            "Firefox profile: thread 0: there is no stackTable with as many prefixes as frames");
  EXPECT_EQ(error_of_firefox(python_file(R"({"stack":[0]})"), {"alloc_space", "bytes"}),
            "Firefox profile: thread 0: weights in 'samples' where bytes are wanted");
}

}  // namespace
}  // namespace phlox::format
