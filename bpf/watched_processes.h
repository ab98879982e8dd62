/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Which processes the agent watches, their descendants included, and how often something happened
 * among them that a look at /proc would show: so it need not look where nothing has.
 */
#pragma once

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#include "kernel_types.h"
#include "news.h"

/* Of the group leader's task: there, if the process is watched. */
struct {
  __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, __u32);
} watched SEC(".maps");

__u64 process_changes = 0; /* the agent reads it */

static __always_inline bool is_watched(struct task_struct* leader) {
  return bpf_task_storage_get(&watched, leader, 0, 0) != 0;
}

static __always_inline void count_change(void) {
  __sync_fetch_and_add(&process_changes, 1);
  has_news = 1;
}

/* Before the child runs for the first time. */
SEC("tp_btf/sched_process_fork")
int on_fork(__u64* context) {
  struct task_struct* parent = (struct task_struct*)context[0];
  struct task_struct* child = (struct task_struct*)context[1];
  if (child->group_leader != child) return 0; /* a thread */
  if (!is_watched(parent->group_leader)) return 0;
  bpf_task_storage_get(&watched, child, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
  count_change();
  return 0;
}

SEC("tp_btf/sched_process_exec")
int on_exec(__u64* context) {
  struct task_struct* task = (struct task_struct*)context[0];
  if (is_watched(task->group_leader)) count_change();
  return 0;
}

/* A process shows as ended when its first thread has, or all have. */
SEC("tp_btf/sched_process_exit")
int on_exit(__u64* context) {
  struct task_struct* task = (struct task_struct*)context[0];
  if (task->group_leader != task && task->signal->live.counter != 0) return 0;
  if (is_watched(task->group_leader)) count_change();
  return 0;
}
