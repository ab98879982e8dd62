#include "format/kept_page.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "base/gzip.h"
#include "format/folded.h"
#include "format/testing.h"

namespace phlox::format {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr std::string_view kPage =
    R"(<body><script type="text/plain" id="phlox-kept"></script><script>x</script></body>)";
constexpr KeptPage kKept{.title = "app.py </script>", .profile_name = "process_cpu"};
// What a browser's atob() does.
std::string from_base64(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char digit : text) {
    const auto value = kDigits.find(digit);
    if (value == std::string_view::npos) break;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out += static_cast<char>(bits >> held & 255);
  }
  return out;
}

json content_of(std::string_view file) {
  const std::size_t begin = file.find("kept\">") + 6;
  const std::string_view packed = file.substr(begin, file.find('<', begin) - begin);
  EXPECT_EQ(packed.size() % 4, 0u);
  const auto unpacked = gunzip(from_base64(packed), 100'000'000);
  return unpacked ? json::parse(*unpacked) : json();
}

// Folded stacks of about that many nodes with names that do not pack well.
std::string large_tree(std::size_t nodes) {
  std::mt19937_64 chance(7);
  std::string folded;
  for (std::size_t i = 0; i < nodes; ++i)
    folded += fmt::format("main;{:x}{:x} {}\n", chance(), chance(), i + 1);
  return folded;
}

TEST(KeptPage, HoldsTheWholeTreeAndTheTable) {
  auto profile = decode_folded("main (app.py:3);foo (app.py:10) 75\nmain (app.py:3);bar 25", kCpu);
  ASSERT_TRUE(profile);
  profile->start = WallTime(std::chrono::seconds(100));
  profile->duration = std::chrono::seconds(10);
  const auto file = encode_kept_page(*profile, kKept, kPage);
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->starts_with(R"(<body><script type="text/plain" id="phlox-kept">H4sI)"));
  EXPECT_TRUE(file->ends_with("</script><script>x</script></body>"));
  const json content = content_of(*file);
  EXPECT_EQ(content["title"], "app.py </script>");
  const json& answer = content["profile"];
  EXPECT_EQ(answer["tree"]["total"], json({100, 100, 25, 75}));
  EXPECT_EQ(answer["tree"]["depth"], json({0, 1, 2, 2}));
  EXPECT_EQ(answer["table"]["total"], json({100, 75, 25}));
  EXPECT_EQ(answer["side"]["covered_ns"], 10'000'000'000);
  EXPECT_EQ(answer["side"]["range"]["until_ms"], 110'000);
  EXPECT_EQ(answer["table_left_out"], 0);
}

TEST(KeptPage, LeavesTheSmallestFramesOutOfATreeThatIsTooLarge) {
  const auto profile = decode_folded(large_tree(60'000), kCpu);
  ASSERT_TRUE(profile);
  const auto file = encode_kept_page(*profile, kKept, kPage);
  ASSERT_TRUE(file);
  EXPECT_LE(file->size(), kMaxKeptPageBytes);
  EXPECT_GT(file->size(), kMaxKeptPageBytes / 4);
  const json answer = content_of(*file)["profile"];
  std::size_t hidden = 0;
  std::int64_t sum = 0;
  for (const json& count : answer["tree"]["hidden_count"]) hidden += count.get<std::size_t>();
  for (const json& value : answer["tree"]["hidden_total"]) sum += value.get<std::int64_t>();
  for (const json& value : answer["tree"]["self"]) sum += value.get<std::int64_t>();
  EXPECT_EQ(answer["tree"]["depth"].size() + hidden, 60'002u);  // with root and main
  EXPECT_EQ(sum, 60'000LL * 60'001 / 2);
  EXPECT_EQ(answer["table_left_out"], 60'001 - 1000);
}

TEST(KeptPage, SaysWhatIsMissing) {
  const auto profile = decode_folded("main 1", kCpu);
  ASSERT_TRUE(profile);
  const auto no_page = encode_kept_page(*profile, kKept, "<html></html>");
  ASSERT_FALSE(no_page);
  EXPECT_THAT(no_page.error().message(), HasSubstr("PHLOX_WEB"));
  EXPECT_FALSE(encode_kept_page(profile::Profile(), kKept, kPage));
}

}  // namespace
}  // namespace phlox::format
