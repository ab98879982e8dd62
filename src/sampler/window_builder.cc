#include "sampler/window_builder.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "cpython/running_tasks.h"
#include "process/proc_file.h"
#include "profile/function_kind.h"
#include "profile/sum.h"

namespace phlox::sampler {
namespace {

using cpython::RawFrame;
using process::RemoteAddress;
using profile::FrameId;
using profile::Profile;
using profile::StackId;

// What cells are told apart by, before the frames: kind, what is missing at the root, thread.
struct KeyHeader {
  EventKind kind;
  bool truncated;
  bool incomplete;
  std::uint8_t reserved = 0;  // no padding: keys are compared as bytes
  pid_t tid;                  // 0: of any thread
};

// More than any honest program has; a program that makes code without end starts over with names
// once an hour or so.
constexpr std::size_t kMaxKnownCode = 100'000;

std::string key_of(const Event& event, bool by_thread, std::span<const RawFrame> frames) {
  const KeyHeader header{.kind = event.kind,
                         .truncated = event.truncated,
                         .incomplete = event.incomplete,
                         .tid = by_thread ? event.tid : 0};
  std::string key(sizeof header + frames.size_bytes(), '\0');
  std::memcpy(key.data(), &header, sizeof header);
  if (!frames.empty()) std::memcpy(key.data() + sizeof header, frames.data(), frames.size_bytes());
  return key;
}

KeyHeader header_of(std::string_view key) {
  KeyHeader header;
  std::memcpy(&header, key.data(), sizeof header);
  return header;
}

std::vector<RawFrame> frames_of(std::string_view key) {
  key.remove_prefix(sizeof(KeyHeader));
  std::vector<RawFrame> frames(key.size() / sizeof(RawFrame));
  if (!frames.empty()) std::memcpy(frames.data(), key.data(), key.size());
  return frames;
}

}  // namespace

std::string task_frame(std::string_view name) {
  return name.empty() ? std::string("[task]") : fmt::format("[task {}]", name);
}

namespace {

// What stands in the place of leaves that are not known.
std::string_view synthetic_name(EventKind kind) {
  switch (kind) {
    case EventKind::kMoving:
      return kMovingFrame;
    case EventKind::kUnreadable:
      return kUnreadableFrame;
    case EventKind::kNative:
    case EventKind::kSample:
    case EventKind::kWindowEnd:
      break;
  }
  return {};
}

bool is_native(const RawFrame& frame) {
  return frame.kind == cpython::RawFrameKind::kNative ||
         frame.kind == cpython::RawFrameKind::kKernel;
}

// Shares a sum out over equal parts.
class EvenShares {
 public:
  EvenShares(std::int64_t sum, std::int64_t parts)
      : sum_(sum), parts_(std::max<std::int64_t>(parts, 1)) {}
  // What has been taken when all parts are adds up to the sum exactly. The last to take gets the
  // rest of the division, less than a nanosecond a part; what the others get are multiples of one
  // number, which the server keeps in a few bits each.
  std::int64_t take(std::int64_t parts) {
    taken_ += parts;
    return sum_ / parts_ * parts + (taken_ == parts_ ? sum_ % parts_ : 0);
  }
  std::int64_t of(std::int64_t parts) const {
    return static_cast<std::int64_t>(static_cast<profile::Sum::Wide>(sum_) * parts / parts_);
  }

 private:
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
                             WallTime start, const Options& options,
                             const native::Functions* native_functions)
    : pid_(pid),
      worker_(worker),
      layout_(interpreter.layout),
      memory_(pid),
      codes_(layout_, memory_),
      cgroup_(process::Cgroup::of(pid)),
      cgroup_cpu_(cgroup_.read()),
      options_(options),
      native_functions_(native_functions),
      start_(start) {}

void WindowBuilder::learn_names(std::span<const RawFrame> frames) {
  for (const RawFrame& frame : frames) {
    if (frame.kind == cpython::RawFrameKind::kPython) codes_.find(frame.code);
  }
}

// By what the kernel calls it; kept, since the thread may end before the window.
std::string WindowBuilder::thread_name(pid_t tid) {
  const auto [entry, added] = thread_names_.try_emplace(tid);
  if (added) {
    auto name = process::read_proc_file(fmt::format("/proc/{}/task/{}/comm", pid_, tid));
    entry->second = name ? std::move(*name) : std::string("?");
    while (entry->second.ends_with('\n')) entry->second.pop_back();
  }
  return fmt::format("[thread {} {}]", entry->second, tid);
}

void WindowBuilder::add(const Event& event, std::span<const RawFrame> frames) {
  const auto [entry, added] = cells_.try_emplace(key_of(event, options_.threads, frames));
  if (added) {
    learn_names(frames);
    if (options_.threads) thread_name(event.tid);
  }
  Cell& cell = entry->second;
  if (event.use != EventUse::kCpu) {
    // What Python does not know waits for nothing that a Python program would ask about.
    if (event.kind != EventKind::kNative) cell.any += event.looks;
    if (event.gil == GilRole::kHolds) cell.holding += event.looks;
    if (event.gil == GilRole::kWaits) cell.waiting += event.looks;
    cell.blocking += event.waiters;
  }
  if (event.use == EventUse::kTime || !event.running) return;
  cell.running += event.looks;
  running_looks_ += event.looks;
  totals_.sampled_ns += event.cpu_ns;
  totals_.unproved += event.kind == EventKind::kMoving ? 1 : 0;
  totals_.unreadable += event.kind == EventKind::kUnreadable ? 1 : 0;
  totals_.taken += event.kind == EventKind::kUnreadable ? 0 : 1;
}

FrameId WindowBuilder::intern_native_frame(profile::Symbols& symbols, const RawFrame& frame) const {
  const auto id = static_cast<native::FunctionId>(to_number(frame.code));
  const native::Function& function = (*native_functions_)[id];
  const auto kind = frame.kind == cpython::RawFrameKind::kKernel ? profile::FunctionKind::kKernel
                                                                 : profile::FunctionKind::kNative;
  return symbols.intern_frame(
      {.function = symbols.intern_function({.name = symbols.intern_string(function.name),
                                            .module = symbols.intern_string(function.module),
                                            .kind = kind})});
}

FrameId WindowBuilder::intern_frame(profile::Symbols& symbols, const RawFrame& frame,
                                    std::span<const RemoteAddress> changed) {
  if (frame.kind == cpython::RawFrameKind::kCollection)
    return symbols.intern_frame(
        {.function = symbols.intern_function({.name = symbols.intern_string(kCollectionFrame),
                                              .kind = profile::FunctionKind::kPython})});
  if (is_native(frame)) return intern_native_frame(symbols, frame);
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
  const KeyHeader header = header_of(key);
  StackId stack = StackId::kEmpty;
  if (header.tid != 0)
    stack = symbols.intern_child(stack, symbols.intern_synthetic(thread_name(header.tid)));
  if (header.truncated)
    stack = symbols.intern_child(stack, symbols.intern_synthetic(kTruncatedFrame));
  if (header.incomplete)
    stack = symbols.intern_child(stack, symbols.intern_synthetic(kIncompleteFrame));
  const std::vector<RawFrame> frames = frames_of(key);
  // Of a thread without Python frames, native ones may be known.
  if (header.kind == EventKind::kSample && std::ranges::all_of(frames, is_native))
    stack = symbols.intern_child(stack, symbols.intern_synthetic(kNoFrameFrame));
  if (header.kind == EventKind::kNative)
    stack = symbols.intern_child(stack, symbols.intern_synthetic(kNativeThreadFrame));
  for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) {
    if (frame->kind == cpython::RawFrameKind::kTaskName) continue;
    if (frame->kind == cpython::RawFrameKind::kTask) {
      const auto name = cpython::task_name(std::span(&*frame, frames.data() + frames.size()));
      stack = symbols.intern_child(stack, symbols.intern_synthetic(task_frame(name)));
      continue;
    }
    if (frame->kind == cpython::RawFrameKind::kPython) {
      const cpython::Code* code = codes_.find(frame->code);
      if (code != nullptr && code->is_shim) continue;
    }
    stack = symbols.intern_child(stack, intern_frame(symbols, *frame, changed));
  }
  if (const auto name = synthetic_name(header.kind); !name.empty())
    stack = symbols.intern_child(stack, symbols.intern_synthetic(name));
  return stack;
}

Profile WindowBuilder::empty_profile(const Event& end) const {
  Profile profile;
  profile.start = start_;
  profile.duration = from_unix_ns(end.wall_ns) - start_;
  profile.period_type = {"cpu", "nanoseconds"};
  profile.period = static_cast<std::int64_t>(1e9 / options_.rate_hz);
  return profile;
}

// Code objects of the window's frames that are no longer what their names were read from, sorted.
std::vector<RemoteAddress> WindowBuilder::replaced_code() {
  std::vector<RemoteAddress> used;
  for (const auto& [key, cell] : cells_) {
    for (const RawFrame& frame : frames_of(key)) {
      if (frame.kind == cpython::RawFrameKind::kPython) used.push_back(frame.code);
    }
  }
  std::ranges::sort(used);
  used.erase(std::ranges::unique(used).begin(), used.end());
  std::vector<RemoteAddress> changed = codes_.changed(used);
  std::ranges::sort(changed);
  return changed;
}

Profile WindowBuilder::cpu_profile(const Event& end, std::span<const RemoteAddress> changed) {
  Profile profile = empty_profile(end);
  profile.sample_types = {{"samples", "count"}, {"cpu", "nanoseconds"}};
  const auto add = [&profile](StackId stack, std::int64_t samples, std::int64_t cpu_ns) {
    const std::array values = {samples, cpu_ns};
    profile.add_sample(stack, values);
  };
  EvenShares shares(totals_.sampled_ns, running_looks_);
  for (const auto& [key, cell] : cells_) {
    if (cell.running > 0)
      add(intern(profile.symbols, key, changed), cell.running, shares.take(cell.running));
  }
  const auto add_rest = [&](std::string_view name, std::int64_t cpu_ns) {
    if (cpu_ns <= 0) return;
    add(profile.symbols.intern_child(StackId::kEmpty, profile.symbols.intern_synthetic(name)), 0,
        cpu_ns);
  };
  if (running_looks_ == 0) add_rest(kBetweenSamplesFrame, end.cpu_ns);
  add_rest(kEndedThreadsFrame, end.ended_threads_ns);
  add_rest(kEarlyFrame, end.early_cpu_ns);
  add_rest(kEndedProcessesFrame, unseen_ns_);
  return profile;
}

Profile WindowBuilder::wall_profile(const Event& end, std::span<const RemoteAddress> changed) {
  Profile profile = empty_profile(end);
  profile.period_type = {"wall", "nanoseconds"};
  profile.sample_types = {{"wall", "nanoseconds"}};
  const EvenShares time(profile.duration.count(), end.ticks);
  for (const auto& [key, cell] : cells_) {
    if (cell.any == 0) continue;
    const std::array values = {time.of(cell.any)};
    profile.add_sample(intern(profile.symbols, key, changed), values);
  }
  return profile;
}

Profile WindowBuilder::gil_profile(const Event& end, std::span<const RemoteAddress> changed) {
  Profile profile = empty_profile(end);
  profile.period_type = {"wall", "nanoseconds"};
  profile.sample_types = {
      {"gil", "nanoseconds"}, {"gil_wait", "nanoseconds"}, {"gil_block", "nanoseconds"}};
  const EvenShares time(profile.duration.count(), end.ticks);
  for (const auto& [key, cell] : cells_) {
    if (cell.holding == 0 && cell.waiting == 0) continue;
    const std::array values = {time.of(cell.holding), time.of(cell.waiting),
                               time.of(cell.blocking)};
    profile.add_sample(intern(profile.symbols, key, changed), values);
  }
  if (end.waiters > 0) {
    const std::array<std::int64_t, 3> values = {0, 0, time.of(end.waiters)};
    const FrameId frame = profile.symbols.intern_synthetic(kUnheldGilFrame);
    profile.add_sample(profile.symbols.intern_child(StackId::kEmpty, frame), values);
  }
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
  totals_.kernel_ns += end.kernel_cpu_ns + unseen_ns_;
  if (running_looks_ > 0) totals_.sampled_ns += end.cpu_ns;
  Window window{.pid = pid_, .worker = worker_, .profiles = {}};
  // Of a process that is gone nothing can be compared any more.
  const auto changed = end.last ? std::vector<RemoteAddress>() : replaced_code();
  window.profiles.push_back({"process_cpu", cpu_profile(end, changed)});
  if (options_.looks.off_cpu) window.profiles.push_back({"wall", wall_profile(end, changed)});
  if (options_.looks.gil) window.profiles.push_back({"gil", gil_profile(end, changed)});
  window.profiles.push_back({"phlox_window", facts_profile(end, speaks_for_cgroup)});
  start_ = from_unix_ns(end.wall_ns);
  cells_.clear();
  running_looks_ = 0;
  unseen_ns_ = 0;
  last_totals_ = std::exchange(totals_, {});
  if (codes_.size() > kMaxKnownCode) codes_.clear();
  return window;
}

}  // namespace phlox::sampler
