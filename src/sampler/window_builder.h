// WindowBuilder: adds the samples of one target up to one profile a window.
//
// Each look at a running thread weighs the same: the CPU time that the kernel gave the target's
// threads in the window, shared out evenly over them. A look's own share, the time since the
// thread's last one, would add up to the same sum but favour what runs late in a short burst of
// work: a burst is met after half a period on average, with half a period's time to its name
// (docs/decisions/0004-weights.md).
//
// Within a window stacks are kept as they were found (addresses of code objects); names are read
// when a stack is first seen, while the code objects are sure to live, and compared with the
// process again when the window ends. One thread.
#pragma once

#include <sys/types.h>

#include <string>
#include <unordered_map>

#include "cpython/code_objects.h"
#include "process/cgroup.h"
#include "sampler/engine.h"
#include "sampler/sampler.h"

namespace phlox::sampler {

// Frames that stand for what is missing; in brackets, so that they are synthetic functions
// everywhere.
inline constexpr std::string_view kMovingFrame = "[moving]";
inline constexpr std::string_view kUnreadableFrame = "[unreadable]";
inline constexpr std::string_view kNativeThreadFrame = "[native, no Python thread]";
inline constexpr std::string_view kTruncatedFrame = "[truncated]";
inline constexpr std::string_view kReplacedCodeFrame = "[replaced code]";
inline constexpr std::string_view kBetweenSamplesFrame = "[between samples]";
inline constexpr std::string_view kEndedThreadsFrame = "[ended threads]";
inline constexpr std::string_view kEarlyFrame = "[before sampling]";

class WindowBuilder {
 public:
  // `start`: since when the target is watched.
  WindowBuilder(pid_t pid, int worker, const cpython::Interpreter& interpreter, WallTime start,
                double rate_hz);

  WindowBuilder(const WindowBuilder&) = delete;
  WindowBuilder& operator=(const WindowBuilder&) = delete;

  void add(const Event& event, std::span<const cpython::RawFrame> frames);
  // Closes the window at a kWindowEnd; the next one begins there. `speaks_for_cgroup`: of several
  // targets in one control group one reports its limit, so that limits may be added up.
  Window finish(const Event& end, bool speaks_for_cgroup);

  const std::string& cgroup_name() const { return cgroup_.name(); }
  int worker() const { return worker_; }

  struct Totals {
    std::uint64_t taken = 0;
    std::uint64_t unproved = 0;
    std::uint64_t unreadable = 0;
    std::int64_t sampled_ns = 0;
    std::int64_t kernel_ns = 0;
    Totals& operator+=(const Totals& other);
  };
  const Totals& last_totals() const { return last_totals_; }  // of the window that finish() closed

 private:
  void learn_names(std::span<const cpython::RawFrame> frames);
  profile::Profile cpu_profile(const Event& end);
  profile::Profile facts_profile(const Event& end, bool speaks_for_cgroup);
  profile::Profile empty_profile(const Event& end) const;
  profile::StackId intern(profile::Symbols& symbols, std::string_view key,
                          std::span<const process::RemoteAddress> changed);
  profile::FrameId intern_frame(profile::Symbols& symbols, const cpython::RawFrame& frame,
                                std::span<const process::RemoteAddress> changed);

  pid_t pid_;
  int worker_;
  cpython::Layout layout_;
  process::ProcessMemory memory_;
  cpython::CodeObjects codes_;
  process::Cgroup cgroup_;
  process::CgroupCpu cgroup_cpu_;
  double rate_hz_;
  WallTime start_;
  // Number of looks by stack. Key: kind, truncated, then the frames as bytes.
  std::unordered_map<std::string, std::int64_t> samples_;
  std::int64_t sample_count_ = 0;
  Totals totals_;  // of the open window
  Totals last_totals_;
};

}  // namespace phlox::sampler
