// NativeLook: the native stack of a thread that sleeps, by what the kernel tells of it
// (/proc/PID/task/TID/syscall: stack pointer and instruction) and a copy of its stack; and the
// kernel's own stack, which only root may see (.../stack). Needs no more than access to the
// process's memory.
//
// Other registers are not known, so that a stack ends where a function finds its caller by one that
// no function above it has kept, unless it is a frame pointer that native/prologue.h finds. One
// thread; some milliseconds for each file whose code is met first.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "cpython/stack_reader.h"
#include "native/address_space.h"
#include "native/functions.h"
#include "native/unwinder.h"
#include "process/memory_reader.h"
#include "process/thread_stat.h"
#include "sampler/stack_merge.h"

namespace phlox::sampler {

class NativeLook {
 public:
  // `memory` must outlive it.
  NativeLook(pid_t pid, const cpython::Layout& layout, const process::MemoryReader& memory);

  // Copies the stacks of a thread. They are worth something only if it did not run meanwhile.
  // False: there is nothing to be had, as it does not sleep.
  bool copy(pid_t tid, process::ThreadFiles& files);
  // What was copied last together with Python's frames, among which loops are told. As
  // merge_stacks().
  void merge(std::span<const cpython::RawFrame> python, std::vector<cpython::RawFrame>& merged);

  const native::Functions& functions() const { return functions_; }

 private:
  const pid_t pid_;
  const LoopsBy loops_;
  const process::MemoryReader& memory_;
  native::ElfImages images_;
  native::AddressSpace space_;
  native::Functions functions_;
  process::UserPlace place_;
  std::vector<std::byte> stack_;
  std::size_t stack_bytes_ = 0;  // of which are known
  std::vector<native::FunctionId> kernel_;
};

// Names of functions in a text of lines "[<0>] do_futex+0x12/0x34", in their order; others are left
// out. Pure.
std::vector<std::string_view> parse_kernel_stack(std::string_view text);

}  // namespace phlox::sampler
