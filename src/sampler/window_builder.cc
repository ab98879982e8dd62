#include "sampler/window_builder.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "profile/function_kind.h"
#include "profile/sum.h"

namespace phlox::sampler {
namespace {

using cpython::RawFrame;
using process::RemoteAddress;
using profile::FrameId;
using profile::Profile;
using profile::StackId;

constexpr std::size_t kKeyHeader = 2;
// More than any honest program has; a program that makes code without end starts over with names
// once an hour or so.
constexpr std::size_t kMaxKnownCode = 100'000;

std::string key_of(const Event& event, std::span<const RawFrame> frames) {
  std::string key(kKeyHeader + frames.size_bytes(), '\0');
  key[0] = static_cast<char>(event.kind);
  key[1] = event.truncated ? 1 : 0;
  if (!frames.empty()) std::memcpy(key.data() + kKeyHeader, frames.data(), frames.size_bytes());
  return key;
}

std::vector<RawFrame> frames_of(std::string_view key) {
  std::vector<RawFrame> frames((key.size() - kKeyHeader) / sizeof(RawFrame));
  if (!frames.empty())
    std::memcpy(frames.data(), key.data() + kKeyHeader, frames.size() * sizeof(RawFrame));
  return frames;
}

std::string_view synthetic_name(EventKind kind) {
  switch (kind) {
    case EventKind::kMoving:
      return kMovingFrame;
    case EventKind::kUnreadable:
      return kUnreadableFrame;
    case EventKind::kNative:
      return kNativeThreadFrame;
    case EventKind::kSample:
    case EventKind::kWindowEnd:
      break;
  }
  return {};
}

// Shares a sum out over equal parts, so that what is taken adds up to it exactly.
class EvenShares {
 public:
  EvenShares(std::int64_t sum, std::int64_t parts) : sum_(sum), parts_(parts) {}
  std::int64_t take(std::int64_t parts) {
    const std::int64_t before = up_to(taken_);
    taken_ += parts;
    return up_to(taken_) - before;
  }

 private:
  std::int64_t up_to(std::int64_t parts) const {
    return static_cast<std::int64_t>(static_cast<profile::Sum::Wide>(sum_) * parts / parts_);
  }

  std::int64_t sum_;
  std::int64_t parts_;
  std::int64_t taken_ = 0;
};

}  // namespace

WindowBuilder::Totals& WindowBuilder::Totals::operator+=(const Totals& other) {
  taken += other.taken;
  unproved += other.unproved;
  unreadable += other.unreadable;
  sampled_ns += other.sampled_ns;
  kernel_ns += other.kernel_ns;
  return *this;
}

WindowBuilder::WindowBuilder(pid_t pid, int worker, const cpython::Interpreter& interpreter,
                             WallTime start, double rate_hz)
    : pid_(pid),
      worker_(worker),
      layout_(interpreter.layout),
      memory_(pid),
      codes_(layout_, memory_),
      cgroup_(process::Cgroup::of(pid)),
      cgroup_cpu_(cgroup_.read()),
      rate_hz_(rate_hz),
      start_(start) {}

void WindowBuilder::learn_names(std::span<const RawFrame> frames) {
  for (const RawFrame& frame : frames) codes_.find(frame.code);
}

void WindowBuilder::add(const Event& event, std::span<const RawFrame> frames) {
  const auto [entry, added] = samples_.try_emplace(key_of(event, frames));
  if (added) learn_names(frames);
  ++entry->second;
  ++sample_count_;
  totals_.sampled_ns += event.cpu_ns;
  totals_.unproved += event.kind == EventKind::kMoving ? 1 : 0;
  totals_.unreadable += event.kind == EventKind::kUnreadable ? 1 : 0;
  totals_.taken += event.kind == EventKind::kUnreadable ? 0 : 1;
}

FrameId WindowBuilder::intern_frame(profile::Symbols& symbols, const RawFrame& frame,
                                    std::span<const RemoteAddress> changed) {
  if (std::ranges::binary_search(changed, frame.code))
    return symbols.intern_synthetic(kReplacedCodeFrame);
  const cpython::Code* code = codes_.find(frame.code);
  if (code == nullptr) return symbols.intern_synthetic(kUnreadableFrame);
  const profile::FunctionId function =
      symbols.intern_function({.name = symbols.intern_string(code->qualified_name),
                               .file = symbols.intern_string(code->file),
                               .module = symbols.intern_string(profile::module_of(code->file, "")),
                               .first_line = code->first_line,
                               .kind = profile::FunctionKind::kPython});
  return symbols.intern_frame(
      {.function = function, .line = codes_.line(*code, frame.instruction_offset)});
}

StackId WindowBuilder::intern(profile::Symbols& symbols, std::string_view key,
                              std::span<const RemoteAddress> changed) {
  const auto kind = static_cast<EventKind>(key[0]);
  const bool truncated = key[1] != 0;
  StackId stack = StackId::kEmpty;
  if (truncated) stack = symbols.intern_child(stack, symbols.intern_synthetic(kTruncatedFrame));
  const std::vector<RawFrame> frames = frames_of(key);
  for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) {
    if (const cpython::Code* code = codes_.find(frame->code); code != nullptr && code->is_shim)
      continue;
    stack = symbols.intern_child(stack, intern_frame(symbols, *frame, changed));
  }
  if (const auto name = synthetic_name(kind); !name.empty())
    stack = symbols.intern_child(stack, symbols.intern_synthetic(name));
  return stack;
}

Profile WindowBuilder::empty_profile(const Event& end) const {
  Profile profile;
  profile.start = start_;
  profile.duration = from_unix_ns(end.wall_ns) - start_;
  profile.period_type = {"cpu", "nanoseconds"};
  profile.period = static_cast<std::int64_t>(1e9 / rate_hz_);
  return profile;
}

Profile WindowBuilder::cpu_profile(const Event& end) {
  std::vector<RemoteAddress> used;
  for (const auto& [key, samples] : samples_) {
    for (const RawFrame& frame : frames_of(key)) used.push_back(frame.code);
  }
  std::ranges::sort(used);
  used.erase(std::ranges::unique(used).begin(), used.end());
  std::vector<RemoteAddress> changed =
      end.last ? std::vector<RemoteAddress>() : codes_.changed(used);
  std::ranges::sort(changed);

  Profile profile = empty_profile(end);
  profile.sample_types = {{"samples", "count"}, {"cpu", "nanoseconds"}};
  const auto add = [&profile](StackId stack, std::int64_t samples, std::int64_t cpu_ns) {
    const std::array values = {samples, cpu_ns};
    profile.add_sample(stack, values);
  };
  EvenShares shares(totals_.sampled_ns, sample_count_);
  for (const auto& [key, samples] : samples_)
    add(intern(profile.symbols, key, changed), samples, shares.take(samples));
  const auto add_rest = [&](std::string_view name, std::int64_t cpu_ns) {
    if (cpu_ns <= 0) return;
    add(profile.symbols.intern_child(StackId::kEmpty, profile.symbols.intern_synthetic(name)), 0,
        cpu_ns);
  };
  if (sample_count_ == 0) add_rest(kBetweenSamplesFrame, end.cpu_ns);
  add_rest(kEndedThreadsFrame, end.ended_threads_ns);
  add_rest(kEarlyFrame, end.early_cpu_ns);
  return profile;
}

Profile WindowBuilder::facts_profile(const Event& end, bool speaks_for_cgroup) {
  Profile profile = empty_profile(end);
  profile.sample_types = {
      {"samples_wanted", "count"}, {"samples_taken", "count"}, {"samples_unproved", "count"}};
  std::vector<std::int64_t> values = {static_cast<std::int64_t>(totals_.taken + totals_.unreadable),
                                      static_cast<std::int64_t>(totals_.taken),
                                      static_cast<std::int64_t>(totals_.unproved)};
  const process::CgroupCpu now = cgroup_.read();
  if (speaks_for_cgroup) {
    profile.sample_types.push_back({"limit", "nanoseconds"});
    values.push_back(
        static_cast<std::int64_t>(now.limit_cores * static_cast<double>(profile.duration.count())));
    profile.sample_types.push_back({"throttled", "nanoseconds"});
    values.push_back(
        std::max<std::int64_t>(0, (now.throttled_total - cgroup_cpu_.throttled_total).count()));
  }
  cgroup_cpu_ = now;
  const FrameId frame = profile.symbols.intern_synthetic("[window]");
  profile.add_sample(profile.symbols.intern_child(StackId::kEmpty, frame), values);
  return profile;
}

Window WindowBuilder::finish(const Event& end, bool speaks_for_cgroup) {
  totals_.kernel_ns += end.kernel_cpu_ns;
  if (sample_count_ > 0) totals_.sampled_ns += end.cpu_ns;
  Window window{.pid = pid_, .worker = worker_, .profiles = {}};
  window.profiles.push_back({"process_cpu", cpu_profile(end)});
  window.profiles.push_back({"phlox_window", facts_profile(end, speaks_for_cgroup)});
  start_ = from_unix_ns(end.wall_ns);
  samples_.clear();
  sample_count_ = 0;
  last_totals_ = std::exchange(totals_, {});
  if (codes_.size() > kMaxKnownCode) codes_.clear();
  return window;
}

}  // namespace phlox::sampler
