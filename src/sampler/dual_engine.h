// DualEngine: engine `ebpf` for CPU time, with what `read` knows beside it: wall time and the GIL.
//
// The program in the kernel meets threads that run, and only them. So `read` looks at the same
// targets at the same rate; its events tell of time, those of `ebpf` of CPU time, and neither is
// counted twice (EventUse). `read` ends the windows, and `ebpf` says what CPU time is in them.
//
// Threads as with the engines that it owns: all but stop() is for one thread.
#pragma once

#include <memory>

#include "sampler/ebpf_engine.h"
#include "sampler/read_engine.h"

namespace phlox::sampler {

class DualEngine final : public Engine {
 public:
  DualEngine(std::unique_ptr<EbpfEngine> cpu, std::unique_ptr<ReadEngine> time, Nanoseconds window,
             const Clock& clock);

  void add(TargetId id, pid_t pid, const cpython::Interpreter& interpreter, Since since) override;
  void remove(TargetId id) override;
  void drain(const EventSink& sink) override;
  SteadyTime drain_by() const override;
  bool watch(pid_t pid) override { return cpu_->watch(pid); }
  std::uint64_t process_changes() const override { return cpu_->process_changes(); }
  void stop() override;
  Counts counts() const override { return cpu_->counts(); }
  const native::Functions* native_functions() const override { return cpu_->native_functions(); }

 private:
  const Nanoseconds window_;
  const Clock& clock_;
  WallTime boundary_;  // the end of the window
  std::unique_ptr<EbpfEngine> cpu_;
  std::unique_ptr<ReadEngine> time_;
};

}  // namespace phlox::sampler
