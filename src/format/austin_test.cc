#include "format/austin.h"

#include <gtest/gtest.h>

#include "format/folded.h"

namespace phlox::format {
namespace {

const profile::ValueType kWall{"wall", "nanoseconds"};

std::string error_of_austin(std::string_view text) {
  const auto profile = decode_austin(text);
  return profile ? "no error" : profile.error().message();
}

TEST(Austin, ReadsWhatItsVersionThreeWrites) {
  const auto profile = decode_austin(
      "# austin: 3.7.0\n# interval: 10000\n# mode: wall\n# multiprocess: on\n\n"
      "P24297;T0:24297;<frozen importlib._bootstrap>:<module>:320 70\n"
      "P24297;T0:24299;/srv/app.py:run:9;/srv/app.py:bar.<locals>.<listcomp>:6 10109\n"
      "P24298;T0:24298;/srv/app.py:run:9;/srv/app.py:bar.<locals>.<listcomp>:6 10071\n\n"
      "# duration: 1542570\n");
  ASSERT_TRUE(profile) << profile.error().message();
  EXPECT_EQ(profile->sample_types, std::vector{kWall});
  EXPECT_EQ(profile->period_type, kWall);
  EXPECT_EQ(profile->period, 10'000'000);
  EXPECT_EQ(profile->duration, std::chrono::microseconds(1'542'570));
  EXPECT_EQ(profile->sample_count(), 3u);
  EXPECT_EQ(encode_folded(*profile).value(),
            "<module> (<frozen importlib._bootstrap>:320) 70000\n"
            "run (/srv/app.py:9);bar.<locals>.<listcomp> (/srv/app.py:6) 20180000\n");
}

TEST(Austin, NamesWhatItMarksAsOurOwnProfilesDo) {
  const auto profile = decode_austin(
      "# mode: cpu\r\n"
      "P1;T0:1 1\r\n"
      "P1;T0:1;/a.py:f:1;:GC: 2\r\n"
      "P1;T0:1;:INVALID: 3\r\n"
      "P1;T0:1;C:\\a b.py:f:-1 4\r\n"
      "P1;T1;/a.py:f:2 5\r\n");
  ASSERT_TRUE(profile) << profile.error().message();
  EXPECT_EQ(profile->duration, Nanoseconds::zero());
  EXPECT_EQ(encode_folded(*profile).value(),
            "[no frame] 1000\n"
            "[unreadable] 3000\n"
            "f (/a.py:1);<gc> 2000\n"
            "f (/a.py:2) 5000\n"
            "f (C:\\a b.py:0) 4000\n");
}

TEST(Austin, NamesTheLineOfEveryFault) {
  EXPECT_EQ(error_of_austin("# austin: 3.7.0\n"),
            "austin: there is no line '# mode: ...', which says what is measured");
  EXPECT_EQ(error_of_austin("P1;T0:1 5"),
            "austin, line 1: there is no line '# mode: ...' above it, which says what is measured");
  EXPECT_EQ(error_of_austin("\n# mode: full\n"),
            "austin, line 2: mode 'full' is not taken, only cpu and wall: run austin without "
            "--memory and --full");
  EXPECT_EQ(error_of_austin("# mode: cpu\n# mode: wall\n"),
            "austin, line 2: mode 'wall' after mode 'cpu'; send them as two files");
  EXPECT_EQ(error_of_austin("# mode: cpu\nmain;foo 5"),
            "austin, line 2: expected "
            "'P<pid>;T<interpreter>:<thread>;<file>:<function>:<line> 42'");
  EXPECT_EQ(error_of_austin("# mode: cpu\nP1;T0:1;/a.py:f:1 5,0,4096"),
            "austin, line 2: '5,0,4096' is not a whole number");
  EXPECT_EQ(error_of_austin("# mode: cpu\nP1;T0:1;/a.py:f:1 -5"),
            "austin, line 2: value -5 is negative");
  EXPECT_EQ(error_of_austin("# mode: cpu\nP1;T0:1;/a.py:f:1 9007199254741"),
            "austin, line 2: 9007199254741 us are over 2^53 ns");
  EXPECT_EQ(error_of_austin("# mode: cpu\nP1;T0:1;/a.py 5"),
            "austin, line 2: frame '/a.py' is not <file>:<function>:<line>");
  EXPECT_EQ(error_of_austin("# mode: cpu\nP1;T0:1;/a.py:f:x 5"),
            "austin, line 2: frame '/a.py:f:x' does not end with a line number");
  EXPECT_EQ(error_of_austin("# mode: cpu\nP1;T0:1;/\xff.py:f:1 5"), "austin, line 2: not UTF-8");
}

}  // namespace
}  // namespace phlox::format
