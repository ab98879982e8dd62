/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The task of asyncio that a thread runs: src/cpython/running_tasks.h says where an interpreter has
 * it. It counts only where the frame of its coroutine is met on the thread's own stack. What its
 * name is made of is copied at once, as the task may be gone when the agent comes.
 */
#pragma once

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#include "python_stack.h"
#include "sample_ring.h"
#include "unlinked_callers.h"

/* Whether tasks are asked for; without, the kernel drops the code for them. */
const volatile bool with_tasks = false;

#define MAX_RUNNING_TASKS 4 /* event loops in step(), of all threads; a power of two */
#define MAX_TASK_ENTRIES 64
#define MAX_AWAITERS 8
#define MAX_NAME_CHARS 255
#define TYPE_IS_STRING (1u << 28) /* Py_TPFLAGS_UNICODE_SUBCLASS */

struct running_tasks {
  struct {
    __u64 task;
    __u64 frame; /* of its coroutine */
  } items[MAX_RUNNING_TASKS];
  __u32 count;
  __u32 found_at; /* so many frames of the sample are above it */
  __u64 found;    /* the task that is on the stack; 0: none yet */
};

static __always_inline void add_running_task(const struct phlox_layout* layout,
                                             struct running_tasks* running, __u64 task) {
  const __u32 count = running->count;
  __u64 coro = 0, frame = 0;
  if (task == 0 || count >= MAX_RUNNING_TASKS || !read_address(task + layout->task_coro, &coro) ||
      coro == 0)
    return;
  if (layout->generator_frame_object == PHLOX_NONE)
    frame = coro + layout->generator_frame;
  else if (!read_address(coro + layout->generator_frame_object, &frame) || frame == 0)
    return; /* it has ended */
  running->items[count & (MAX_RUNNING_TASKS - 1)].task = task;
  running->items[count & (MAX_RUNNING_TASKS - 1)].frame = frame;
  running->count = count + 1;
}

/* The entries of the dict {event loop: task}. */
struct task_entries {
  const struct phlox_layout* layout;
  struct running_tasks* running;
  __u64 next; /* address of a value */
  __u64 entry_bytes;
};

static long task_entry_step(__u32 step, struct task_entries* entries) {
  __u64 task = 0;
  if (!read_address(entries->next, &task)) return 1;
  add_running_task(entries->layout, entries->running, task);
  entries->next += entries->entry_bytes;
  return 0;
}

/* cpython::parse_dict_keys() says what is where. */
static __always_inline void walk_task_entries(const struct phlox_layout* layout, __u64 dict,
                                              struct running_tasks* running) {
  struct task_entries entries = {.layout = layout, .running = running, .entry_bytes = 24};
  __u64 keys = 0, count = 0, index_bytes;
  if (!read_address(dict + layout->dict_keys, &keys) || keys == 0 ||
      !read_address(keys + layout->keys_entry_count, &count))
    return;
  if (layout->keys_kind == PHLOX_NONE) {
    __u64 size = 0;
    if (!read_address(keys + layout->keys_index_size, &size)) return;
    index_bytes = size * (size <= 0xff ? 1 : size <= 0xffff ? 2 : 4);
  } else {
    __u8 log2 = 0, kind = 0;
    if (bpf_probe_read_user(&log2, 1, (const void*)(keys + layout->keys_index_size)) != 0 ||
        bpf_probe_read_user(&kind, 1, (const void*)(keys + layout->keys_kind)) != 0 || log2 > 40)
      return;
    index_bytes = 1ull << log2;
    if (kind != 0) entries.entry_bytes = 16;
  }
  if (count > MAX_TASK_ENTRIES) count = MAX_TASK_ENTRIES;
  /* The value is the last word of an entry. */
  entries.next = keys + layout->keys_indices + index_bytes + entries.entry_bytes - sizeof(__u64);
  bpf_loop((__u32)count, task_entry_step, &entries, 0);
}

static __noinline int find_running_tasks(const struct phlox_target* target, __u64 thread_state,
                                         struct running_tasks* running) {
  const struct phlox_layout* layout = &target->layout;
  __u64 task = 0;
  running->count = 0;
  running->found = 0;
  if (layout->thread_running_task != PHLOX_NONE) {
    if (read_address(thread_state + layout->thread_running_task, &task))
      add_running_task(layout, running, task);
  } else if (target->running_tasks != 0) {
    walk_task_entries(layout, target->running_tasks, running);
  }
  return 0;
}

/* For each frame, leaf first, that is now the last one of so many. */
static __always_inline void meet_frame(struct running_tasks* running, __u64 frame, __u32 count) {
  __u32 i;
  if (running->found != 0) return;
#pragma unroll
  for (i = 0; i < MAX_RUNNING_TASKS; i++) {
    if (i < running->count && running->items[i].frame == frame) {
      running->found = running->items[i].task;
      running->found_at = count;
    }
  }
}

/* From a task to those that await it: one record a task. */
struct task_chain {
  const struct phlox_layout* layout;
  struct phlox_task* record;
  __u64 task;
};

/* Copies the object that is its name as far as it is needed. */
static __always_inline bool copy_name(const struct phlox_layout* layout, __u64 task,
                                      struct phlox_task* record) {
  __u64 name = 0, type = 0, length = 0, bytes;
  __u32 state = 0, width;
  record->name_bytes = 0;
  if (!read_address(task + layout->task_name, &name) || name == 0 ||
      !read_address(name + layout->object_type, &type) ||
      !read_address(type + layout->type_flags, &record->name_type_flags))
    return false;
  if ((record->name_type_flags & TYPE_IS_STRING) == 0) return true;
  if (!read_address(name + layout->string_length, &length) ||
      bpf_probe_read_user(&state, sizeof state, (const void*)(name + layout->string_state)) != 0)
    return false;
  width = state >> layout->string_kind_shift & 7;
  if (length > MAX_NAME_CHARS) length = MAX_NAME_CHARS;
  bytes = length * width + ((state >> layout->string_ascii_shift & 1) != 0
                                ? layout->string_ascii_data
                                : layout->string_compact_data);
  if (bytes > PHLOX_MAX_NAME_BYTES) return false;
  if (bpf_probe_read_user(record->name, bytes, (const void*)name) != 0) return false;
  record->name_bytes = bytes;
  return true;
}

static long task_chain_step(__u32 step, struct task_chain* chain) {
  const struct phlox_layout* layout = chain->layout;
  struct phlox_task* record = chain->record;
  __u64 awaiter = 0, bytes;
  __u8 is_task = 1, is_set = 0;
  if (layout->task_is_task != PHLOX_NONE &&
      bpf_probe_read_user(&is_task, 1, (const void*)(chain->task + layout->task_is_task)) != 0)
    return 1;
  /* A future has no name. */
  if (is_task != 0 && copy_name(layout, chain->task, record)) {
    bytes = record->name_bytes;
    if (bytes > PHLOX_MAX_NAME_BYTES) return 1;
    bpf_ringbuf_output(&samples, record, __builtin_offsetof(struct phlox_task, name) + bytes,
                       BPF_RB_NO_WAKEUP);
  }
  if (layout->task_awaited_by == PHLOX_NONE ||
      !read_address(chain->task + layout->task_awaited_by, &awaiter) || awaiter == 0 ||
      bpf_probe_read_user(&is_set, 1,
                          (const void*)(chain->task + layout->task_awaited_by_is_set)) != 0 ||
      is_set != 0)
    return 1;
  chain->task = awaiter;
  return 0;
}

/* Before the sample's own record. Where one finds no room the sample goes without. */
static __always_inline void submit_tasks(const struct phlox_layout* layout,
                                         const struct running_tasks* running,
                                         const struct phlox_sample* sample,
                                         struct phlox_task* record) {
  struct task_chain chain = {.layout = layout, .record = record, .task = running->found};
  if (running->found == 0 || layout->task_name == PHLOX_NONE) return;
  record->record = PHLOX_TASK;
  record->cpu = sample->cpu;
  record->number = sample->number;
  record->target = sample->target;
  record->frames_above = running->found_at;
  bpf_loop(MAX_AWAITERS, task_chain_step, &chain, 0);
}
