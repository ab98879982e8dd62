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

namespace phlox::sampler {

class EbpfProgram {
 public:
  // Loads it and starts a clock on each CPU, none of which finds a target yet. kPermission and
  // kInvalid name what is missing on this machine.
  static Result<std::unique_ptr<EbpfProgram>> load(double rate_hz);
  ~EbpfProgram();
  EbpfProgram(const EbpfProgram&) = delete;
  EbpfProgram& operator=(const EbpfProgram&) = delete;

  // `process` is a pidfd. What is added goes with the process; a second add replaces the first.
  Result<> add(const UniqueFd& process, const phlox_target& target);
  void remove(const UniqueFd& process);

  // Changes the mean distance between two looks, from now on.
  void set_rate(double rate_hz);
  void stop_clocks() { clocks_.clear(); }

  // Calls sink for each record there is, in order. A record is valid for the call.
  void consume(std::function<void(const phlox_sample&)> sink);

  struct Counts {
    std::uint64_t looks = 0;  // of the CPU with most: the clock of one that idles loses ticks
    std::uint64_t samples = 0;
    std::uint64_t lost = 0;
  };
  Counts counts() const;  // any thread

 private:
  EbpfProgram();
  Result<> load_into_kernel(double rate_hz);
  Result<> start_clocks(double rate_hz);

  struct Destroy {
    void operator()(python_stack* skeleton) const;
    void operator()(ring_buffer* ring) const;
  };
  std::unique_ptr<python_stack, Destroy> skeleton_;
  std::unique_ptr<ring_buffer, Destroy> ring_;
  std::vector<UniqueFd> clocks_;                   // perf events, one a CPU
  std::function<void(const phlox_sample&)> sink_;  // during consume()
};

}  // namespace phlox::sampler
