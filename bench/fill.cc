// phlox-fill: writes a history of the fleet straight into a data directory, and prints one line of
// JSON: what was written and how long it took. The last hours are as dense as a real fleet, one
// profile of each service every 10 s; before that it has one every `--sparse` seconds, whose cells
// on the upper levels have as many stacks as dense ones would after a while. With `--ago` all of it
// is older, and with `--release` of other code: what a directory holds after a deployment.
#include <CLI/CLI.hpp>
#include <iostream>

#include "base/clock.h"
#include "fleet.h"
#include "storage/rocksdb_store.h"

namespace phlox::bench {
namespace {

constexpr std::int64_t kNanoseconds = 1'000'000'000;
constexpr std::size_t kProfilesPerWrite = 30;

struct Options {
  std::string data;
  std::int64_t hours = 720;
  std::int64_t dense_hours = 1;
  std::int64_t sparse_s = 600;
  std::int64_t ago_hours = 0;
  std::uint32_t release = 0;
};

struct Written {
  std::size_t profiles = 0;
  std::size_t pairs = 0;
};

Result<> fill_service(storage::Store& store, const FleetService& service, const Options& options,
                      std::int64_t now_s, Written& written) {
  const auto type = profile::ProfileType::parse(profile::kProcessCpu).value();
  const auto labels = [&](std::size_t number) {
    return profile::Labels::from_pairs({{"service_name", service.name()},
                                        {"pod", fmt::format("{}-{}", service.name(), number % 4)}})
        .value();
  };
  const profile::SymbolsSource source(service.symbols());
  std::vector<storage::SeriesProfile> batch;
  std::size_t number = 0;
  for (std::int64_t at = now_s - options.hours * 3600; at < now_s; ++number) {
    storage::SeriesProfile& profile = batch.emplace_back();
    profile.type = type;
    profile.labels = labels(number);
    profile.start = from_unix_ns(at * kNanoseconds);
    profile.duration = std::chrono::seconds(10);
    profile.source = &source;
    profile.values = service.values(number, service.usual_stack_count());
    ++written.profiles;
    written.pairs += profile.values.size();
    at += at < now_s - options.dense_hours * 3600 ? options.sparse_s : 10;
    if (batch.size() == kProfilesPerWrite || at >= now_s) {
      PHLOX_TRY(store.write(batch));
      batch.clear();
    }
  }
  return {};
}

Result<> fill(const Options& options) {
  const SteadyTime begin = Clock::system().steady_now();
  PHLOX_TRY(const auto store, storage::open_rocksdb_store({.directory = options.data}));
  const std::int64_t now_s =
      to_unix_ns(Clock::system().wall_now()) / kNanoseconds / 10 * 10 - options.ago_hours * 3600;
  Written written;
  for (std::size_t s = 0; s < kServices; ++s)
    PHLOX_TRY(fill_service(*store, FleetService(s, options.release), options, now_s, written));
  PHLOX_TRY(store->close_buckets());
  const auto took = Clock::system().steady_now() - begin;
  std::cout << fmt::format(
      "{{\"profiles\": {}, \"pairs\": {}, \"seconds\": {:.1f}, \"series\": {}, \"stacks\": {}, "
      "\"now_s\": {}}}\n",
      written.profiles, written.pairs, std::chrono::duration<double>(took).count(),
      store->size().series, store->size().stacks, now_s);
  return {};
}

}  // namespace
}  // namespace phlox::bench

int main(int argc, char** argv) {
  phlox::bench::Options options;
  CLI::App app("Writes a history of the fleet into a data directory.");
  app.add_option("--data", options.data)->required();
  app.add_option("--hours", options.hours)->capture_default_str();
  app.add_option("--dense-hours", options.dense_hours)->capture_default_str();
  app.add_option("--sparse", options.sparse_s, "Seconds between profiles before that")
      ->capture_default_str();
  app.add_option("--ago", options.ago_hours, "Hours between the end of the history and now")
      ->capture_default_str();
  app.add_option("--release", options.release, "Which of the fleet's releases ran")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  if (const auto filled = phlox::bench::fill(options); !filled) {
    std::cerr << filled.error().message() << '\n';
    return 1;
  }
  return 0;
}
