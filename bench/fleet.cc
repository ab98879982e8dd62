#include "fleet.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "base/gzip.h"
#include "base/varint.h"
#include "format/pprof.h"

namespace phlox::bench {
namespace {

constexpr std::size_t kModules = 400;
constexpr std::uint32_t kLinesMoved = 10'000;
constexpr std::size_t kMeanDepth = 37;
constexpr std::size_t kDepthSpread = 20;
constexpr std::int64_t kSampleNs = 10'000'000;
constexpr double kZipfExponent = 1.0;
constexpr int kGzipLevel = 6;

using Random = std::mt19937_64;

// Below `end`, with a weight of about 1/(n + 1): the inverse of the distribution's integral.
std::size_t zipf(Random& random, std::size_t end) {
  const double part = std::uniform_real_distribution<double>(0, kZipfExponent)(random);
  const double rank = std::pow(static_cast<double>(end + 1), part) - 1;
  return std::min(static_cast<std::size_t>(rank), end - 1);
}

profile::FrameId frame_of(profile::Symbols& symbols, std::size_t function, std::uint32_t line) {
  const std::size_t module = function % kModules;
  return symbols.intern_frame(
      {.function = symbols.intern_function(
           {.name = symbols.intern_string(fmt::format("Handler{}.process_{}", module, function)),
            .file = symbols.intern_string(
                fmt::format("/srv/app/package_{}/module_{}.py", module / 20, module)),
            .module = symbols.intern_string(fmt::format("package_{}", module / 20)),
            .first_line = static_cast<std::uint32_t>(10 * (function / kModules) + 1)}),
       .line = line});
}

}  // namespace

FleetService::FleetService(std::size_t number, std::uint32_t release)
    : name_(fmt::format("service-{:02}", number)),
      usual_stack_count_(static_cast<std::size_t>(
          200 * std::pow(15.0, static_cast<double>(number) / (kServices - 1)))) {
  Random random(number + 1);
  std::vector<std::vector<profile::FrameId>> known;  // root first
  std::unordered_set<profile::StackId> distinct;
  while (stacks_.size() < kStacksPerService) {
    const std::size_t depth =
        kMeanDepth - kDepthSpread +
        std::uniform_int_distribution<std::size_t>(0, 2 * kDepthSpread)(random);
    std::vector<profile::FrameId> frames;
    if (!known.empty()) {  // the way of a stack before it, up to where this one turns off
      const auto& other = known[zipf(random, known.size())];
      const std::size_t shared =
          std::uniform_int_distribution<std::size_t>(other.size() / 2, other.size())(random);
      frames.assign(other.begin(), other.begin() + static_cast<std::ptrdiff_t>(shared));
    }
    frames.resize(std::min(frames.size(), depth));
    while (frames.size() < depth) {
      const std::size_t function = (zipf(random, kFunctions) + number * 97) % kFunctions;
      frames.push_back(
          frame_of(symbols_, function,
                   static_cast<std::uint32_t>(10 * (function / kModules) + 2 + random() % 3) +
                       release * kLinesMoved));
    }
    profile::StackId stack = profile::StackId::kEmpty;
    for (const auto frame : frames) stack = symbols_.intern_child(stack, frame);
    if (!distinct.insert(stack).second) continue;
    stacks_.push_back(stack);
    known.push_back(std::move(frames));
  }
}

std::vector<profile::StackValue> FleetService::values(std::size_t profile_number,
                                                      std::size_t stack_count) const {
  Random random(profile_number * 1'000'003 + stack_count);
  // At first a third of the stacks is known, and 0.2 % of a profile's stacks are new each time.
  const std::size_t reach =
      std::min(stacks_.size(), stacks_.size() / 3 + profile_number * stack_count / 500);
  std::vector<std::int64_t> samples(reach);
  std::vector<profile::StackValue> out;
  for (std::size_t distinct = 0; distinct < std::min(stack_count, reach);) {
    if (samples[zipf(random, reach)]++ == 0) ++distinct;
  }
  for (std::size_t i = 0; i < reach; ++i) {
    if (samples[i] > 0) out.push_back({stacks_[i], samples[i] * kSampleNs});
  }
  return out;
}

std::string FleetService::pprof(std::size_t profile_number, std::size_t stack_count) const {
  profile::Profile profile;
  profile.sample_types = {{"cpu", "nanoseconds"}};
  profile.period_type = {"cpu", "nanoseconds"};
  profile.period = kSampleNs;
  profile::SymbolsImport import(symbols_, profile.symbols);
  for (const auto& value : values(profile_number, stack_count))
    profile.add_sample(import.stack(value.stack), std::span(&value.value, 1));
  return gzip(format::encode_pprof(profile), kGzipLevel);
}

std::string time_member(std::int64_t start_ns, std::int64_t duration_ns) {
  // Fields 9 and 10 of perftools.profiles.Profile, both varints.
  std::string fields(1, 9 << 3);
  append_varint(fields, static_cast<std::uint64_t>(start_ns));
  fields.push_back(10 << 3);
  append_varint(fields, static_cast<std::uint64_t>(duration_ns));
  return gzip(fields, 1);
}

}  // namespace phlox::bench
