// WindowBuilder: adds the samples of one target up to one profile a window.
//
// Each look at a running thread weighs the same: the CPU time that the kernel gave the target's
// threads in the window, shared out evenly over them. A look's own share, the time since the
// thread's last one, would add up to the same sum but favour what runs late in a short burst of
// work: a burst is met after half a period on average, with half a period's time to its name
// (docs/decisions/0004-weights.md). In the same way each tick stands for an equal part of the
// window's time: the unit of wall, gil, gil_wait and gil_block.
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
// A thread of Python at the start or the end of its interpreter.
inline constexpr std::string_view kNoFrameFrame = "[no Python frame]";
inline constexpr std::string_view kTruncatedFrame = "[truncated]";
inline constexpr std::string_view kIncompleteFrame = "[incomplete]";
// Called by CPython as it sees fit; named as Python names what has no name in a program.
inline constexpr std::string_view kCollectionFrame = "<gc>";
inline constexpr std::string_view kReplacedCodeFrame = "[replaced code]";
inline constexpr std::string_view kBetweenSamplesFrame = "[between samples]";
inline constexpr std::string_view kEndedThreadsFrame = "[ended threads]";
inline constexpr std::string_view kEndedProcessesFrame = "[ended processes]";
inline constexpr std::string_view kUnheldGilFrame = "[GIL changes hands]";
inline constexpr std::string_view kEarlyFrame = "[before sampling]";
// A task of asyncio, below the frames that it runs: "[task NAME]".
std::string task_frame(std::string_view name);

class WindowBuilder {
 public:
  // `start`: since when the target is watched. `native_functions`: Engine::native_functions(),
  // which must outlive it.
  WindowBuilder(pid_t pid, int worker, const cpython::Interpreter& interpreter, WallTime start,
                const Options& options, const native::Functions* native_functions);

  WindowBuilder(const WindowBuilder&) = delete;
  WindowBuilder& operator=(const WindowBuilder&) = delete;

  void add(const Event& event, std::span<const cpython::RawFrame> frames);
  // CPU time of processes below this one that ended, which nobody has seen (ended_processes.h).
  void add_unseen(Nanoseconds cpu) { unseen_ns_ += cpu.count(); }
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
  // How often a stack was met.
  struct Cell {
    std::int64_t running = 0;
    std::int64_t any = 0;  // running or not
    std::int64_t holding = 0;
    std::int64_t waiting = 0;
    std::int64_t blocking = 0;  // threads that waited for it, at each look
  };

  void learn_names(std::span<const cpython::RawFrame> frames);
  std::string thread_name(pid_t tid);
  std::vector<process::RemoteAddress> replaced_code();
  profile::Profile cpu_profile(const Event& end, std::span<const process::RemoteAddress> changed);
  profile::Profile wall_profile(const Event& end, std::span<const process::RemoteAddress> changed);
  profile::Profile gil_profile(const Event& end, std::span<const process::RemoteAddress> changed);
  profile::Profile facts_profile(const Event& end, bool speaks_for_cgroup);
  profile::Profile empty_profile(const Event& end) const;
  profile::StackId intern(profile::Symbols& symbols, std::string_view key,
                          std::span<const process::RemoteAddress> changed);
  profile::FrameId intern_native_frame(profile::Symbols& symbols,
                                       const cpython::RawFrame& frame) const;
  profile::FrameId intern_frame(profile::Symbols& symbols, const cpython::RawFrame& frame,
                                std::span<const process::RemoteAddress> changed);

  pid_t pid_;
  int worker_;
  cpython::Layout layout_;
  process::ProcessMemory memory_;
  cpython::CodeObjects codes_;
  process::Cgroup cgroup_;
  process::CgroupCpu cgroup_cpu_;
  const Options options_;
  const native::Functions* native_functions_;
  WallTime start_;
  // Key: kind, what is missing at the root, thread, then the frames as bytes.
  std::unordered_map<std::string, Cell> cells_;
  std::int64_t running_looks_ = 0;
  std::int64_t unseen_ns_ = 0;
  std::unordered_map<pid_t, std::string> thread_names_;
  Totals totals_;  // of the open window
  Totals last_totals_;
};

}  // namespace phlox::sampler
