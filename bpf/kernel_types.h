/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The few members of kernel structs that are needed, wherever the running kernel has them. */
#pragma once

#include <linux/types.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct upid {
  int nr;
  struct pid_namespace* ns;
};
struct pid {
  unsigned int level;
  struct upid numbers[1];
};
struct sched_entity {
  __u64 sum_exec_runtime;
};
typedef struct {
  int counter;
} atomic_t;
struct signal_struct {
  atomic_t live; /* threads that have not ended */
  int nr_threads;
  unsigned long long sum_sched_runtime; /* of threads that have ended */
};
struct thread_struct {
  unsigned long fsbase; /* x86-64 */
};
struct mm_struct {
  unsigned long start_stack;
};
struct pt_regs___kernel { /* programs know another one, with other names */
  unsigned long sp;
};
struct task_struct {
  struct mm_struct* mm;
  struct sched_entity se;
  struct task_struct* group_leader;
  struct task_struct* real_parent;
  struct signal_struct* signal;
  struct pid* thread_pid;
  __u64 start_time;
  struct thread_struct thread;
};
#pragma clang attribute pop
