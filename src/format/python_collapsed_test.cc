#include "format/python_collapsed.h"

#include <gtest/gtest.h>

#include "format/folded.h"

namespace phlox::format {
namespace {

const profile::ValueType kWall{"wall", "nanoseconds"};

std::string error_of_python_collapsed(std::string_view text) {
  const auto profile = decode_python_collapsed(text, kWall);
  return profile ? "no error" : profile.error().message();
}

TEST(PythonCollapsed, AddsUpThreadsAndNamesWhatIsNoFunction) {
  const auto profile = decode_python_collapsed(
      "tid:1;app.py:<module>:9;app.py:Shop.foo:3 70\n\n"
      "tid:2;app.py:<module>:9;app.py:Shop.foo:3 5\n"
      "tid:2;app.py:<module>:9;<native> 4\n"
      "tid:2;app.py:<module>:9;<GC> 3\n",
      kWall);
  ASSERT_TRUE(profile) << profile.error().message();
  EXPECT_EQ(encode_folded(*profile).value(),
            "<module> (app.py:9);<gc> 3\n"
            "<module> (app.py:9);<native> 4\n"
            "<module> (app.py:9);Shop.foo (app.py:3) 75\n");
}

TEST(PythonCollapsed, NamesTheLineThatIsWrong) {
  constexpr std::string_view kForm = "expected 'tid:<thread>;<file>:<function>:<line>;... 42'";
  EXPECT_EQ(error_of_python_collapsed("tid:1;a.py:f:1 5\nmain;foo 5"),
            fmt::format("collapsed stacks, line 2: {}", kForm));
  EXPECT_EQ(error_of_python_collapsed("tid:1;a.py:f:1"),
            fmt::format("collapsed stacks, line 1: {}", kForm));
  EXPECT_EQ(error_of_python_collapsed("tid:1;;a.py:f:1 5"),
            "collapsed stacks, line 1: frame '' is not <file>:<function>:<line>");
  EXPECT_EQ(error_of_python_collapsed("tid:1;a.py:f:x 5"),
            "collapsed stacks, line 1: frame 'a.py:f:x' does not end with a line number");
  EXPECT_EQ(error_of_python_collapsed("tid:1;a.py:f:1 -5"),
            "collapsed stacks, line 1: value -5 is negative");
}

TEST(PythonCollapsed, IsToldByItsThread) {
  EXPECT_TRUE(is_python_collapsed("\n\ntid:12;a.py:f:1 5"));
  EXPECT_FALSE(is_python_collapsed("tid:;a.py:f:1 5"));
  EXPECT_FALSE(is_python_collapsed("tid:12 5"));
  EXPECT_FALSE(is_python_collapsed(""));
}

}  // namespace
}  // namespace phlox::format
