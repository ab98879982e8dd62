#include "sampler/native_stacks.h"

#include <asm/ptrace.h>

#include <algorithm>
#include <cstring>

namespace phlox::sampler {
namespace {

constexpr std::size_t kMaxKernelAddresses = 100'000;  // then all are forgotten and looked up anew

static_assert(sizeof(pt_regs) == PHLOX_MAX_REGISTERS * sizeof(__u64));

// In the order of DWARF's numbers.
native::Registers registers_of(const phlox_native_stack& record) {
  pt_regs from;
  std::memcpy(&from, record.registers, sizeof from);
  return {from.rax, from.rdx, from.rcx, from.rbx, from.rsi, from.rdi, from.rbp, from.rsp, from.r8,
          from.r9,  from.r10, from.r11, from.r12, from.r13, from.r14, from.r15, from.rip};
}

}  // namespace

void NativeStacks::add(std::uint32_t target, pid_t pid, const cpython::Layout& layout) {
  targets_.insert_or_assign(
      target, Target{.space = native::AddressSpace(pid, images_), .loops = loops_by(layout)});
}

native::FunctionId NativeStacks::kernel_function(std::uint64_t address) {
  if (kernel_functions_.size() >= kMaxKernelAddresses) kernel_functions_.clear();
  const auto [entry, added] = kernel_functions_.try_emplace(address);
  if (added) {
    if (!kernel_symbols_) kernel_symbols_ = native::KernelSymbols::read();
    entry->second = functions_.intern(kernel_symbols_->function_at(address), native::kKernelModule);
  }
  return entry->second;
}

void NativeStacks::take(const phlox_native_stack& record) {
  Pending& pending = pending_[record.cpu];
  pending.number = 0;
  const auto target = targets_.find(record.target);
  if (target == targets_.end()) return;
  native::AddressSpace& space = target->second.space;
  space.refresh(clock_.steady_now());
  const auto stack =
      std::span(record.stack).first(std::min<std::size_t>(record.stack_bytes, sizeof record.stack));
  native::unwind(registers_of(record), {record.stack_pointer, std::as_bytes(stack)}, space,
                 functions_, pending.stack);
  pending.kernel.clear();
  const std::size_t kernel = std::min<std::size_t>(record.kernel_frames, PHLOX_MAX_KERNEL_FRAMES);
  for (const __u64 address : std::span(record.kernel).first(kernel))
    pending.kernel.push_back(kernel_function(address));
  pending.number = record.number;
}

void NativeStacks::merge_into(const phlox_sample& sample, std::vector<cpython::RawFrame>& frames) {
  const auto target = targets_.find(sample.target);
  const auto pending = pending_.find(sample.cpu);
  // A page of a thread that cannot be read need not be the only one.
  const bool has_native = target != targets_.end() && pending != pending_.end() &&
                          pending->second.number == sample.number &&
                          sample.status != PHLOX_UNREADABLE;
  if (!has_native) {
    std::erase_if(frames, [](const cpython::RawFrame& frame) {
      return frame.kind == cpython::RawFrameKind::kLoop;
    });
    return;
  }
  merge_stacks(frames, pending->second.stack, pending->second.kernel, functions_,
               target->second.loops, merged_);
  frames.swap(merged_);
}

}  // namespace phlox::sampler
