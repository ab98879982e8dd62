// Engine `ebpf`: a program in the kernel (bpf/python_stack.bpf.c) looks at ticks of each CPU's
// clock who runs there and, if it is a thread of a target, walks its Python stack.
//
// The thread stands still under the interrupt, so each sample is of one instant and needs no
// proof; a thread that does not run costs nothing, and no target is put aside for the sampler.
// What it saw waits in a ring buffer that drain() empties, so this engine has no thread of its own:
// add, remove, watch and drain are for one thread, which must come at drain_by(), and sooner when
// drain_file() can be read: then code was met for the first time, or the ring fills up.
//
// With native frames each sample also carries what the other stacks of the thread are unwound from
// (native_stacks.h), with tasks of asyncio what their names are made of (task_frames.h).
//
// Needs CAP_BPF and CAP_PERFMON, which root has, and Linux 5.17 with BTF. It does not look at
// threads that are off the CPU: see dual_engine.h.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "sampler/ebpf_program.h"
#include "sampler/engine.h"
#include "sampler/native_stacks.h"
#include "sampler/task_frames.h"

namespace phlox::sampler {

class EbpfEngine final : public Engine {
 public:
  // Loads the program and starts the clocks: some 50 ms. kPermission and kInvalid say what is
  // missing on this machine.
  static Result<std::unique_ptr<EbpfEngine>> open(double rate_hz, Nanoseconds window,
                                                  NativeFrames native, bool tasks,
                                                  const Clock& clock);
  ~EbpfEngine() override;

  void add(TargetId id, pid_t pid, const cpython::Interpreter& interpreter, Since since) override;
  void remove(TargetId id) override;
  void drain(const EventSink& sink) override;

  // Instead of drain(), for who ends the windows himself: only the samples; and what CPU time is in
  // a window of one target that ends now, added to its kWindowEnd.
  void drain_samples(const EventSink& sink);
  void settle(Event& end);

  SteadyTime drain_by() const override;
  int drain_file() const override { return program_->ring_file(); }
  bool watch(pid_t pid) override;
  std::uint64_t process_changes() const override { return program_->process_changes(); }
  // The next drain() ends all windows.
  void stop() override { stopping_ = true; }
  Counts counts() const override;
  const native::Functions* native_functions() const override {
    return native_ ? &native_->functions() : nullptr;
  }

 private:
  struct Target {
    TargetId id{};
    pid_t pid = 0;
    UniqueFd process;
    WallTime added;
    phlox_target for_kernel{};
    std::uint64_t cpu_ns = 0;      // at the last window's end
    std::int64_t early_ns = 0;     // before it was added; told by the next window's end
    std::int64_t credited_ns = 0;  // to samples since the last window's end
    bool removed = false;
    std::optional<SteadyTime> wait_until;      // when removed: for the kernel to tell its CPU time
    std::optional<std::uint64_t> last_cpu_ns;  // all that it has used: it is over
  };

  EbpfEngine(std::unique_ptr<EbpfProgram> program, double rate_hz, Nanoseconds window,
             NativeFrames native, bool tasks, const Clock& clock);

  Target* find(TargetId id);
  void take(const phlox_sample& sample, const EventSink& sink);
  void take(const phlox_end& end);
  bool find_tasks_of(Target& target);
  void search_tasks();
  Event end_of_window(Target& target, WallTime at, bool last);
  void forget(const Target& target);
  void end_window(Target& target, WallTime at, bool last, const EventSink& sink);
  void end_windows(const EventSink& sink);
  void renew_period();

  const double rate_hz_;
  const Nanoseconds window_;
  const Clock& clock_;
  const SteadyTime start_;
  std::unique_ptr<EbpfProgram> program_;
  std::unique_ptr<NativeStacks> native_;  // if they are asked for
  std::unique_ptr<TaskFrames> tasks_;     // the same
  std::atomic<bool> stopping_ = false;
  std::atomic<std::int64_t> stopped_ns_ = 0;  // after the start; 0: not yet

  // Of all targets up to the last end of a window; their ratio is the rate at which they are looked
  // at, whatever the clocks of CPUs do on which none of them runs.
  std::uint64_t samples_ = 0;
  std::int64_t sampled_cpu_ns_ = 0;
  std::atomic<double> real_rate_hz_ = 0;  // 0: none of them has run yet

  std::vector<Target> targets_;
  WallTime boundary_;  // the end of the window
  SteadyTime next_renewal_;
  std::mt19937_64 random_;
  std::vector<cpython::RawFrame> frames_;  // of one sample; kept to reuse its memory
};

}  // namespace phlox::sampler
