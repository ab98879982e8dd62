#include "query/line_values.h"

#include <gtest/gtest.h>

#include "format/folded.h"

namespace phlox::query {
namespace {

// "line self total" of each line of app.py.
std::vector<std::string> lines_of(std::string_view folded) {
  auto profile = format::decode_folded(folded, {"cpu", "nanoseconds"}).value();
  MergedProfile merged{.type = profile::ProfileType::parse(profile::kProcessCpu).value(),
                       .symbols = std::move(profile.symbols),
                       .sides = {}};
  Side& side = merged.sides.emplace_back();
  for (std::size_t i = 0; i < profile.stacks.size(); ++i)
    side.values.push_back({profile.stacks[i], profile.values[i]});
  std::vector<std::string> lines;
  for (const LineValue& value : line_values(merged, "app.py"))
    lines.push_back(fmt::format("{} {} {}", value.line, value.self.to_int64().value(),
                                value.total.to_int64().value()));
  return lines;
}

TEST(LineValues, TellLinesOfOneFileApart) {
  EXPECT_EQ(lines_of("main (app.py:9);foo (app.py:3) 75\n"
                     "main (app.py:9);foo (app.py:4) 5\n"
                     "main (app.py:9);bar (lib.py:3) 20\n"),
            (std::vector<std::string>{"3 75 75", "4 5 5", "9 0 100"}));
}

TEST(LineValues, CountAStackOncePerLine) {
  EXPECT_EQ(lines_of("f (app.py:1);f (app.py:1);f (app.py:1) 7\nf (app.py:1) 2\n"),
            (std::vector<std::string>{"1 9 9"}));
  EXPECT_EQ(lines_of("f (app.py:1);g (lib.py:1);f (app.py:1);f (app.py:2) 7\n"),
            (std::vector<std::string>{"1 0 7", "2 7 7"}));
}

TEST(LineValues, AreNoneWhereNothingIsOfTheFile) {
  EXPECT_TRUE(lines_of("main (lib.py:9) 1\n").empty());
  EXPECT_TRUE(lines_of("").empty());
}

}  // namespace
}  // namespace phlox::query
