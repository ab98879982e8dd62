/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Copies what native stacks are unwound from. Users' code is mostly built without frame pointers,
 * so that its frames are found by tables in its files only, which the kernel cannot read: the agent
 * does it, from a copy of the stack.
 */
#pragma once

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "kernel_types.h"
#include "python_stack.h"

/* One a CPU, too large for an array per CPU. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct phlox_native_stack);
} native_stacks SEC(".maps");

/* Whether native stacks are asked for; without, the kernel drops the code for them. */
const volatile bool with_native_stacks = false;

/* One page of the stack a step, up to the first that is not in memory. */
struct stack_copy {
  struct phlox_native_stack* native;
  __u64 end;
};

static long copy_stack_step(__u32 step, struct stack_copy* copy) {
  struct phlox_native_stack* native = copy->native;
  const __u64 from = native->stack_pointer + step * PHLOX_STACK_PAGE;
  __u64 bytes;
  if (step >= PHLOX_MAX_STACK_BYTES / PHLOX_STACK_PAGE || from >= copy->end) return 1;
  bytes = copy->end - from;
  if (bytes > PHLOX_STACK_PAGE) bytes = PHLOX_STACK_PAGE;
  if (bpf_probe_read_user(&native->stack[(step * PHLOX_STACK_PAGE) & (PHLOX_MAX_STACK_BYTES - 1)],
                          bytes, (const void*)from) != 0)
    return 1;
  native->stack_bytes = step * PHLOX_STACK_PAGE + bytes;
  return 0;
}

/*
 * Where a stack ends: that of the first thread where the kernel says it begins; that of another at
 * the C library's struct of the thread, which lies above it and is the base of its variables.
 */
static __always_inline __u64 end_of_stack(struct task_struct* task, __u64 pointer) {
  const __u64 first = BPF_CORE_READ(task, mm, start_stack);
  const __u64 other = bpf_core_field_exists(task->thread.fsbase) ? task->thread.fsbase : 0;
  __u64 end = pointer + PHLOX_MAX_STACK_BYTES;
  if (first > pointer && first < end) end = first;
  if (other > pointer && other < end) end = other;
  return end;
}

/*
 * What the agent needs to unwind the thread's stacks besides Python's: its registers and stack, as
 * it left its own code, and the kernel's stack.
 */
static __always_inline struct phlox_native_stack* copy_native_stack(
    void* context, struct task_struct* task, const struct phlox_sample* sample) {
  const __u32 cpu = sample->cpu;
  struct phlox_native_stack* native = bpf_map_lookup_elem(&native_stacks, &cpu);
  struct pt_regs___kernel* registers = (void*)bpf_task_pt_regs(task);
  struct stack_copy copy = {.native = native};
  long kernel_bytes;
  if (!native || !registers ||
      bpf_probe_read_kernel(native->registers, sizeof native->registers, registers) != 0)
    return 0;
  native->record = PHLOX_NATIVE_STACK;
  native->cpu = cpu;
  native->number = sample->number;
  native->target = sample->target;
  kernel_bytes = bpf_get_stack(context, native->kernel, sizeof native->kernel, 0);
  native->kernel_frames = kernel_bytes > 0 ? kernel_bytes / sizeof native->kernel[0] : 0;
  native->stack_pointer = BPF_CORE_READ(registers, sp);
  native->stack_bytes = 0;
  copy.end = end_of_stack(task, native->stack_pointer);
  bpf_loop(PHLOX_MAX_STACK_BYTES / PHLOX_STACK_PAGE, copy_stack_step, &copy, 0);
  return native;
}
