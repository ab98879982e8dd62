#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/recording.h"
#include "agent/series_labels.h"
#include "format/folded.h"

namespace phlox::agent {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::string service_of(std::vector<std::string> command) { return default_service_name(command); }

TEST(DefaultServiceName, IsTheScriptOrModuleOrProgram) {
  EXPECT_EQ(service_of({"python", "/srv/shop/app.py", "--port", "80"}), "app.py");
  EXPECT_EQ(service_of({"/usr/bin/python3.11", "-X", "dev", "-u", "app.py"}), "app.py");
  EXPECT_EQ(service_of({"python3", "-W", "ignore", "-m", "http.server", "80"}), "http.server");
  EXPECT_EQ(service_of({"python3", "-c", "print(1)"}), "python3");
  EXPECT_EQ(service_of({"python3", "-"}), "python3");
  EXPECT_EQ(service_of({"python3", "-m"}), "python3");
  EXPECT_EQ(service_of({"python3"}), "python3");
  EXPECT_EQ(service_of({"/venv/bin/gunicorn", "shop:app"}), "gunicorn");
  EXPECT_EQ(service_of({"./run/"}), "run");
}

TEST(AgentLabels, AddServiceAndHostToTheUsers) {
  const profile::Labels::Pair users[] = {{"version", "1"}};
  const auto labels = agent_labels("shop", users).value();
  EXPECT_EQ(labels.get("service_name"), "shop");
  EXPECT_EQ(labels.get("version"), "1");
  EXPECT_TRUE(labels.has("host"));
  const auto of_profile = profile_labels(labels, "process_cpu", 3);
  EXPECT_EQ(of_profile.get("__name__"), "process_cpu");
  EXPECT_EQ(of_profile.get("worker"), "3");
  EXPECT_EQ(of_profile.get("version"), "1");
}

TEST(AgentLabels, RefuseThoseThatPhloxSets) {
  const auto message = [](std::string name) {
    const profile::Labels::Pair users[] = {{std::move(name), "x"}};
    const auto labels = agent_labels("shop", users);
    return labels ? std::string() : labels.error().message();
  };
  EXPECT_THAT(message("worker"), HasSubstr("set by phlox"));
  EXPECT_THAT(message("__name__"), HasSubstr("set by phlox"));
  EXPECT_THAT(message("service_name"), HasSubstr("given twice"));
  EXPECT_EQ(message("host"), "");
}

sampler::Window window_of(std::string_view name, const std::string& folded, WallTime start,
                          profile::ValueType type = {"cpu", "nanoseconds"}) {
  sampler::Window window;
  auto& named = window.profiles.emplace_back();
  named.name = name;
  named.profile = format::decode_folded(folded, type).value();
  named.profile.start = start;
  named.profile.duration = 10s;
  return window;
}

TEST(Recording, AddsWindowsUpByStack) {
  Recording recording{"process_cpu"};
  ASSERT_TRUE(recording.add(window_of("process_cpu", "m;b 5\nm;a 1", from_unix_ms(20'000))));
  ASSERT_TRUE(recording.add(window_of("process_cpu", "m;a 2\nm;a;c 4", from_unix_ms(10'000))));
  ASSERT_TRUE(recording.add(window_of("phlox_window", "limit 100", from_unix_ms(0))));
  EXPECT_EQ(format::encode_folded(recording.profile()).value(), "m;a 3\nm;a;c 4\nm;b 5\n");
  EXPECT_EQ(recording.profile().sample_count(), 3u);
  EXPECT_EQ(recording.profile().start, from_unix_ms(10'000));
  EXPECT_EQ(recording.profile().duration, 20s);
  EXPECT_EQ(recording.total({"cpu", "nanoseconds"}), 12);
  EXPECT_EQ(recording.total({"samples", "count"}), 0);
}

TEST(Recording, MatchesSampleTypesByName) {
  sampler::Window first = window_of("process_cpu", "a 7", from_unix_ms(0));
  sampler::Window second;
  auto& named = second.profiles.emplace_back();
  named.name = "process_cpu";
  named.profile.sample_types = {{"samples", "count"}, {"cpu", "nanoseconds"}};
  profile::SymbolsImport import(first.profiles[0].profile.symbols, named.profile.symbols);
  const std::int64_t values[] = {1, 100};
  named.profile.add_sample(import.stack(first.profiles[0].profile.stacks[0]), values);

  Recording recording{"process_cpu"};
  ASSERT_TRUE(recording.add(first));
  ASSERT_TRUE(recording.add(second));
  EXPECT_EQ(format::encode_folded(recording.profile()).value(), "a 107\n");
}

TEST(Recording, IsEmptyWithoutWindows) {
  const Recording recording{"process_cpu"};
  EXPECT_EQ(recording.profile().sample_count(), 0u);
  EXPECT_FALSE(column_of(recording.profile(), {"cpu", "nanoseconds"}));
}

}  // namespace
}  // namespace phlox::agent
