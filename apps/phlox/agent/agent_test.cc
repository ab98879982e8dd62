#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/live_view.h"
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

sampler::Window live_window(const std::string& cpu, std::string_view gil, WallTime start) {
  sampler::Window window = window_of("process_cpu", cpu, start);
  auto& named = window.profiles.emplace_back();
  named.name = "gil";
  named.profile.start = start;
  named.profile.duration = 10s;
  named.profile.sample_types = {{"gil", "nanoseconds"}, {"gil_wait", "nanoseconds"}};
  const profile::Profile held = format::decode_folded(gil, {"gil", "nanoseconds"}).value();
  profile::SymbolsImport import(held.symbols, named.profile.symbols);
  for (std::size_t i = 0; i < held.sample_count(); ++i) {
    const std::int64_t values[] = {held.values_of(i)[0], 0};
    named.profile.add_sample(import.stack(held.stacks[i]), values);
  }
  return window;
}

TEST(LiveView, CountsARecursiveFunctionOnceAndThreadsApart) {
  LiveView view;
  view.add(
      live_window("[thread a 1];m (x.py:1);f (x.py:5);f (x.py:6) 5000000000\n"
                  "[thread b 2];m (x.py:2) 1000000000",
                  "[thread a 1];m (x.py:1);f (x.py:5) 4000000000", from_unix_ms(0)));
  EXPECT_DOUBLE_EQ(view.cores(), 0.6);

  const auto functions = view.rows(LiveBy::kFunction, LiveOrder::kTotal, "");
  ASSERT_EQ(functions.size(), 2u);
  EXPECT_EQ(functions[0].name, "m");
  EXPECT_DOUBLE_EQ(functions[0].total, 0.6);
  EXPECT_DOUBLE_EQ(functions[0].self, 0.1);
  EXPECT_EQ(functions[1].name, "f");
  EXPECT_DOUBLE_EQ(functions[1].total, 0.5);
  EXPECT_DOUBLE_EQ(functions[1].holding, 0.4);

  const auto threads = view.rows(LiveBy::kThread, LiveOrder::kSelf, "");
  ASSERT_EQ(threads.size(), 2u);
  EXPECT_EQ(threads[0].name, "a 1");
  EXPECT_DOUBLE_EQ(threads[0].total, 0.5);
  EXPECT_DOUBLE_EQ(threads[0].holding, 0.4);

  EXPECT_EQ(view.rows(LiveBy::kLine, LiveOrder::kSelf, "").size(), 4u);
  const auto filtered = view.rows(LiveBy::kLine, LiveOrder::kSelf, "x.py:6");
  ASSERT_EQ(filtered.size(), 1u);
  EXPECT_EQ(filtered[0].place, "x.py:6");
}

TEST(LiveView, ALaterIntervalReplacesAndAnEarlierIsPassedOver) {
  LiveView view;
  view.add(window_of("process_cpu", "a 1000000000", from_unix_ms(10'000)));
  view.add(window_of("process_cpu", "b 2000000000", from_unix_ms(10'000)));  // another process
  EXPECT_DOUBLE_EQ(view.cores(), 0.3);
  view.add(window_of("process_cpu", "old 9000000000", from_unix_ms(0)));
  EXPECT_DOUBLE_EQ(view.cores(), 0.3);
  view.add(window_of("process_cpu", "c 5000000000", from_unix_ms(20'000)));
  EXPECT_DOUBLE_EQ(view.cores(), 0.5);
  ASSERT_EQ(view.rows(LiveBy::kFunction, LiveOrder::kSelf, "").size(), 1u);
}

}  // namespace
}  // namespace phlox::agent
