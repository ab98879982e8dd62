// What the parts cost by themselves, on a profile of 940 stacks and on a service's 20,000 stacks.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "base/gzip.h"
#include "fleet.h"
#include "format/pprof.h"
#include "google/v1/profile.pb.h"
#include "profile/top_table.h"
#include "query/merged_profile.h"
#include "query/visible_tree.h"
#include "storage/rocksdb/cell.h"
#include "storage/rocksdb_store.h"
#include "storage/split.h"
#include "storage/testing.h"

namespace phlox::bench {
namespace {

constexpr std::size_t kStacks = 940;
constexpr std::size_t kUnpackedLimit = 64u << 20;

constexpr std::int64_t kStartNs = 1'767'571'200'000'000'000;  // 2026-01-05

profile::HashedProfile decode_pushed(std::string plain) {
  return format::decode_hashed_pprof(std::move(plain)).value();
}

const FleetService& service() {
  static const FleetService kService(kServices / 2);
  return kService;
}

const std::string& gzipped() {
  static const std::string kBody = service().pprof(1, kStacks) + time_member(1, 1);
  return kBody;
}

void unpack(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(gunzip(gzipped(), kUnpackedLimit).value());
}
BENCHMARK(unpack)->Unit(benchmark::kMicrosecond);

void decode(benchmark::State& state) {
  const std::string plain = gunzip(gzipped(), kUnpackedLimit).value();
  for (auto _ : state) benchmark::DoNotOptimize(format::decode_pprof(plain).value());
}
BENCHMARK(decode)->Unit(benchmark::kMicrosecond);

// As a push is decoded.
void decode_hashed(benchmark::State& state) {
  const std::string plain = gunzip(gzipped(), kUnpackedLimit).value();
  for (auto _ : state) benchmark::DoNotOptimize(decode_pushed(plain));
}
BENCHMARK(decode_hashed)->Unit(benchmark::kMicrosecond);

// What a decoder on generated classes begins with: the message as objects, nothing looked up yet.
void parse_with_libprotobuf(benchmark::State& state) {
  const std::string plain = gunzip(gzipped(), kUnpackedLimit).value();
  for (auto _ : state) {
    google::v1::Profile message;
    if (!message.ParseFromString(plain)) return state.SkipWithError("no pprof");
    benchmark::DoNotOptimize(message);
  }
}
BENCHMARK(parse_with_libprotobuf)->Unit(benchmark::kMicrosecond);

// All that a push costs but for HTTP and its envelope: unpack, decode, split, number, write. Each
// is of another service, time and id; the stacks are known after the first round.
void push(benchmark::State& state) {
  constexpr std::size_t kBodies = 40;
  const storage::testing::TemporaryDirectory directory;
  const auto store =
      storage::open_rocksdb_store({.directory = directory.path, .retention = {}}).value();
  std::vector<std::string> bodies;
  for (std::size_t i = 0; i < kBodies; ++i)
    bodies.push_back(FleetService(i % 10).pprof(i / 10, kStacks));
  std::size_t number = 0;
  const auto push_one = [&] {
    const std::size_t body = number % kBodies;
    auto profile = decode_pushed(
        gunzip(bodies[body] + time_member(kStartNs + static_cast<std::int64_t>(number / kBodies) *
                                                         10'000'000'000,
                                          10'000'000'000),
               kUnpackedLimit)
            .value());
    const auto labels =
        profile::Labels::from_pairs({{"service_name", fmt::format("service-{}", body % 10)},
                                     {"pod", fmt::format("{}", number % 4)}});
    const auto parts = storage::split(profile, *profile.source, "process_cpu", labels.value(),
                                      fmt::format("bench-{}", number));
    benchmark::DoNotOptimize(store->write(parts.value()).value());
    ++number;
  };
  while (number < kBodies) push_one();
  for (auto _ : state) push_one();
}
BENCHMARK(push)->Unit(benchmark::kMicrosecond);

// How long a push may have to wait while buckets are closed in which so many series have profiles.
void write_while_closing(benchmark::State& state) {
  const auto pods = static_cast<std::size_t>(state.range(0));
  const storage::testing::TemporaryDirectory directory;
  const auto store =
      storage::open_rocksdb_store(
          {.directory = directory.path, .close_every = Nanoseconds::zero(), .retention = {}})
          .value();
  const auto write = [&](std::size_t number) {
    storage::testing::push(
        *store, {.folded = "main;work 1000000000\nmain;idle 1000000\n",
                 .start_ns = kStartNs + static_cast<std::int64_t>(number / pods) * 10'000'000'000,
                 .labels = {{"service_name", fmt::format("service-{}", number % 50)},
                            {"pod", fmt::format("pod-{}", number % pods)}}})
        .value();
  };
  std::size_t number = 0;
  std::chrono::duration<double, std::milli> longest{};
  for (auto _ : state) {
    for (std::size_t i = 0; i < pods; ++i) write(number++);
    std::atomic<bool> closed = false;
    const std::jthread closer([&] {
      store->close_buckets().value();
      closed = true;
    });
    for (std::size_t i = number + 360 * pods; !closed; ++i) {  // an hour later
      const auto begin = std::chrono::steady_clock::now();
      write(i);
      longest = std::max<decltype(longest)>(longest, std::chrono::steady_clock::now() - begin);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  state.counters["longest_write_ms"] = longest.count();
}
BENCHMARK(write_while_closing)
    ->Arg(1'000)
    ->Arg(50'000)
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

constexpr storage::CellHead kCellHead{.covered_ns = 10'000'000'000, .profiles = 1};

std::vector<storage::StackPair> some_pairs() {
  std::vector<storage::StackPair> pairs;
  for (const auto& value : service().values(1, kStacks))
    pairs.push_back({static_cast<std::uint32_t>(value.stack), value.value});
  std::ranges::sort(pairs, {}, &storage::StackPair::stack);
  return pairs;
}

void encode_cell(benchmark::State& state) {
  const auto pairs = some_pairs();
  for (auto _ : state) {
    std::string cell;
    storage::append_cell(cell, 0, kCellHead, pairs);
    benchmark::DoNotOptimize(cell);
  }
}
BENCHMARK(encode_cell)->Unit(benchmark::kMicrosecond);

void decode_cell(benchmark::State& state) {
  std::string cell;
  storage::append_cell(cell, 0, kCellHead, some_pairs());
  for (auto _ : state) {
    storage::CellReader reader(cell);
    storage::PairBatch batch;
    while (reader.next(batch)) benchmark::DoNotOptimize(batch);
  }
  state.counters["bytes"] = static_cast<double>(cell.size());
}
BENCHMARK(decode_cell)->Unit(benchmark::kMicrosecond);

// What a query does with the sums of a day.
query::MergedProfile day() {
  query::MergedProfile merged{.type = profile::ProfileType::parse(profile::kProcessCpu).value(),
                              .symbols = {},
                              .sides = std::vector<query::Side>(1)};
  profile::SymbolsImport import(service().symbols(), merged.symbols);
  for (const auto& value : service().values(1'000'000, kStacksPerService))
    merged.sides[0].values.push_back({import.stack(value.stack), value.value});
  return merged;
}

void build_tree(benchmark::State& state) {
  const auto merged = day();
  for (auto _ : state)
    benchmark::DoNotOptimize(merged.tree(profile::FunctionIdentity::kExact).value());
}
BENCHMARK(build_tree)->Unit(benchmark::kMillisecond);

void visible_part(benchmark::State& state) {
  const auto merged = day();
  const auto tree = merged.tree(profile::FunctionIdentity::kExact).value();
  const auto rates = query::Rate::of(merged.type, merged.sides);
  for (auto _ : state)
    benchmark::DoNotOptimize(query::visible_part(tree, rates, query::kDefaultMaxNodes));
}
BENCHMARK(visible_part)->Unit(benchmark::kMillisecond);

void top_table(benchmark::State& state) {
  const auto tree = day().tree(profile::FunctionIdentity::kExact).value();
  for (auto _ : state) benchmark::DoNotOptimize(profile::top_table(tree));
}
BENCHMARK(top_table)->Unit(benchmark::kMillisecond);

void operate(benchmark::State& state, const char* name, const char* argument) {
  const auto merged = day();
  const auto op = query::parse_operator(name, argument).value();
  for (auto _ : state)
    benchmark::DoNotOptimize(
        merged.tree(profile::FunctionIdentity::kExact, std::span(&op, 1)).value());
}
BENCHMARK_CAPTURE(operate, contains, "contains", R"({module="package_1"})")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(operate, hide, "hide", R"({module="package_1"})")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(operate, recursion, "recursion", "{}")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(operate, invert, "invert", "true")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(operate, scale, "scale", R"(0.5*{module="package_1"})")
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace phlox::bench

BENCHMARK_MAIN();
