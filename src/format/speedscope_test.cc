#include "format/speedscope.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "format/folded.h"

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

}  // namespace
}  // namespace phlox::format
