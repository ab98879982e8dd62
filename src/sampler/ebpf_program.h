// EbpfProgram: the program bpf/python_stack.bpf.c in the running kernel, its clocks and its maps.
// Everything of libbpf stays behind this door. One thread, except counts().
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "bpf/python_stack.h"

struct python_stack;
struct ring_buffer;
struct bpf_link;

namespace phlox::sampler {

class EbpfProgram {
 public:
  // What is told besides Python's stack.
  struct Parts {
    bool native_stacks = false;
    bool tasks = false;
  };
  // Loads it and starts a clock on each CPU, none of which finds a target yet. kPermission and
  // kInvalid name what is missing on this machine.
  static Result<std::unique_ptr<EbpfProgram>> load(double rate_hz, Parts parts);
  ~EbpfProgram();
  EbpfProgram(const EbpfProgram&) = delete;
  EbpfProgram& operator=(const EbpfProgram&) = delete;

  // `process` is a pidfd. What is added goes with the process; a second add replaces the first.
  Result<> add(const UniqueFd& process, const phlox_target& target);
  void remove(const UniqueFd& process);

  // From now on process_changes() grows with what happens to that process and its descendants.
  bool watch(const UniqueFd& process);
  std::uint64_t process_changes() const;  // any thread; costs nothing

  // Changes the mean distance between two looks, from now on.
  void set_rate(double rate_hz);
  void stop_clocks() { clocks_.clear(); }

  // One is called for each record there is, in order. A record is valid for the call.
  struct Sinks {
    std::function<void(const phlox_sample&)> sample;
    std::function<void(const phlox_native_stack&)> native_stack;  // where they are asked for
    std::function<void(const phlox_task&)> task;                  // the same
    std::function<void(const phlox_end&)> end;
  };
  void consume(Sinks sinks);
  // Can be read when consume() should come soon. It can also while the ring holds anything at all,
  // which wakes nobody up who waits already.
  int ring_file() const;

  struct Counts {
    std::uint64_t looks = 0;  // of the CPU with most: the clock of one that idles loses ticks
    std::uint64_t samples = 0;
    std::uint64_t lost = 0;
  };
  Counts counts() const;  // any thread

 private:
  explicit EbpfProgram(Parts parts);
  Result<> load_into_kernel(double rate_hz);
  Result<> start_clocks(double rate_hz);

  struct Destroy {
    void operator()(python_stack* skeleton) const;
    void operator()(ring_buffer* ring) const;
    void operator()(bpf_link* link) const;
  };
  const Parts parts_;
  std::unique_ptr<python_stack, Destroy> skeleton_;
  std::unique_ptr<ring_buffer, Destroy> ring_;
  std::vector<std::unique_ptr<bpf_link, Destroy>> links_;
  std::vector<UniqueFd> clocks_;  // perf events, one a CPU
  Sinks sinks_;                   // during consume()
};

}  // namespace phlox::sampler
