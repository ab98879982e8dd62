// NativeStacks: native and kernel stacks of samples of engine `ebpf`, unwound as they come out of
// the ring and put together with the Python stacks that follow them. One thread.
//
// A sample with 30 native frames costs some 15 us, once the code that it is in has been met.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "bpf/python_stack.h"
#include "cpython/layout.h"
#include "native/address_space.h"
#include "native/kernel_symbols.h"
#include "native/unwinder.h"
#include "sampler/stack_merge.h"

namespace phlox::sampler {

class NativeStacks {
 public:
  explicit NativeStacks(const Clock& clock) : clock_(clock) {}

  // `target`: its number in the kernel.
  void add(std::uint32_t target, pid_t pid, const cpython::Layout& layout);
  void remove(std::uint32_t target) { targets_.erase(target); }

  // Keeps the stack until the sample of the same CPU comes.
  void take(const phlox_native_stack& record);
  // Replaces the sample's frames by what they are together with its native stack; without one, only
  // what is no frame goes.
  void merge_into(const phlox_sample& sample, std::vector<cpython::RawFrame>& frames);

  // Of the frames of kinds kNative and kKernel.
  const native::Functions& functions() const { return functions_; }

 private:
  struct Target {
    native::AddressSpace space;
    LoopsBy loops;
  };
  struct Pending {
    std::uint64_t number = 0;  // of the sample that it belongs to; 0: none
    native::Stack stack;
    std::vector<native::FunctionId> kernel;
  };

  native::FunctionId kernel_function(std::uint64_t address);

  const Clock& clock_;
  native::Functions functions_;
  native::ElfImages images_;
  std::optional<native::KernelSymbols> kernel_symbols_;  // read when first needed
  std::unordered_map<std::uint64_t, native::FunctionId> kernel_functions_;  // by address
  std::unordered_map<std::uint32_t, Target> targets_;
  std::unordered_map<std::uint32_t, Pending> pending_;  // by CPU
  std::vector<cpython::RawFrame> merged_;
};

}  // namespace phlox::sampler
