/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Which PyThreadState the thread uses that runs: found once, and again where it may have changed.
 * As cpython::list_threads() and state_in_use() do it from outside.
 */
#pragma once

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "kernel_types.h"
#include "python_stack.h"
#include "unlinked_callers.h"

/* A thread of a target, as it was at its last record. */
struct thread_record {
  __u64 run_ns;
  __u64 thread_state;          /* 0: none known */
  __u64 identity;              /* what the thread state must say */
  __u64 collecting;            /* int, of its interpreter: a garbage collection runs; 0: not told */
  __u64 gil;                   /* of the thread state's interpreter */
  __u64 interpreter;           /* itself */
  __u32 has_older_interpreter; /* in the same process */
  __u32 target;
  __u32 lookups_to_skip; /* before its thread state is looked for again */
  __u32 failed_lookups;
  __s32 tid; /* in the agent's pid namespace */
  __u32 padding;
};

#define MAX_LOOKUPS_TO_SKIP_SHIFT 10
#define MAX_THREAD_STATES 4096

static __always_inline int number_at_level(struct task_struct* task, __u32 level) {
  struct pid* pid = BPF_CORE_READ(task, thread_pid);
  struct upid upid = {};
  if (pid == 0) return 0;
  bpf_probe_read_kernel(&upid, sizeof upid, (const char*)pid->numbers + level * sizeof upid);
  return upid.nr;
}

/* Looking for a thread state: one step is one interpreter or one thread state. */
struct search {
  struct phlox_target* target;
  __u64 identity_at; /* in the thread state */
  __u64 identity;
  __u64 interpreter; /* whose thread states are looked at */
  __u64 next_interpreter;
  __u64 thread_state;
  __u64 found;
  __u64 found_interpreter;
  __u64 found_loop; /* 0: it runs nothing */
  __u64 met;        /* the last one */
  __u64 met_identity;
  __u32 met_count;
  __u32 failed;
  __u32 found_has_older; /* as thread_record's has_older_interpreter */
  __u32 padding;
};

/* From a frame to the entry frame of the loop that runs it. */
struct entry_search {
  const struct phlox_layout* layout;
  __u64 frame;
  __u64 found;
};

static long entry_step(__u32 step, struct entry_search* search) {
  __u8 owner = 0;
  if (search->frame == 0 ||
      bpf_probe_read_user(&owner, 1, (const void*)(search->frame + search->layout->frame_owner)))
    return 1;
  if (owner >= search->layout->frame_owner_c_stack) {
    search->found = search->frame;
    return 1;
  }
  return !read_address(search->frame + search->layout->frame_previous, &search->frame);
}

/*
 * Where on the C stack the newest evaluation loop with that thread state lies; 0: it runs nothing.
 * To 3.10 all that run something have the same place. See cpython::state_in_use().
 */
static __noinline __u64 newest_loop(const struct phlox_layout* layout, __u64 thread_state) {
  struct entry_search search = {.layout = layout};
  __u64 cframe = 0, older = 0;
  if (layout->thread_cframe != PHLOX_NONE)
    return read_address(thread_state + layout->thread_cframe, &cframe) &&
                   read_address(cframe + layout->cframe_previous, &older) && older != 0
               ? cframe
               : 0;
  if (!read_address(thread_state + layout->thread_current_frame, &search.frame)) return 0;
  if (layout->frame_owner == PHLOX_NONE) return search.frame != 0;
  bpf_loop(2 * PHLOX_MAX_FRAMES, entry_step, &search, 0);
  return search.found;
}

static long search_step(__u32 step, struct search* search) {
  const struct phlox_layout* layout = &search->target->layout;
  __u64 identity = 0;
  if (search->thread_state == 0) {
    const __u64 interpreter = search->next_interpreter;
    if (interpreter == 0) return 1;
    search->interpreter = interpreter;
    if (!read_address(interpreter + layout->interpreter_threads_head, &search->thread_state) ||
        !read_address(interpreter + layout->interpreter_next, &search->next_interpreter)) {
      search->failed = 1;
      return 1;
    }
    return 0;
  }
  if (!read_address(search->thread_state + search->identity_at, &identity)) {
    search->failed = 1;
    return 1;
  }
  /*
   * The oldest comes last. One made for a thread that is about to start names its maker; and a
   * thread has one in each interpreter that it has entered, and uses the one with the newest loop.
   */
  if (identity == search->identity) {
    const __u64 loop = newest_loop(layout, search->thread_state);
    if (search->found_loop == 0 || (loop != 0 && loop < search->found_loop)) {
      search->found = search->thread_state;
      search->found_interpreter = search->interpreter;
      search->found_has_older = search->next_interpreter != 0;
      search->found_loop = loop;
    }
  }
  search->met = search->thread_state;
  search->met_identity = identity;
  search->met_count++;
  if (!read_address(search->thread_state + layout->thread_next, &search->thread_state)) {
    search->failed = 1;
    return 1;
  }
  return 0;
}

static __always_inline __u32 identity_member(const struct phlox_layout* layout) {
  return layout->thread_native_id != PHLOX_NONE ? layout->thread_native_id
                                                : layout->thread_pthread_id;
}

/*
 * What the thread state of a thread says: from 3.11 on what gettid() does, the number in the
 * innermost pid namespace; before, pthread_self(), which is where its own variables lie.
 */
static __always_inline __u64 identity_of(struct task_struct* task,
                                         const struct phlox_layout* layout) {
  if (layout->thread_native_id != PHLOX_NONE)
    return number_at_level(task, BPF_CORE_READ(task, thread_pid, level));
  return bpf_core_field_exists(task->thread.fsbase) ? task->thread.fsbase : 0;
}

/* Where the thread's interpreter says that it collects garbage, and where its GIL lies. */
static __always_inline void find_collection(const struct phlox_target* target,
                                            struct thread_record* thread, __u64 interpreter) {
  const struct phlox_layout* layout = &target->layout;
  __u64 gil = 0;
  if (layout->runtime_gil != PHLOX_NONE)
    gil = target->runtime + layout->runtime_gil;
  else if (layout->interpreter_gil != PHLOX_NONE)
    read_address(interpreter + layout->interpreter_gil, &gil);
  thread->gil = gil;
  thread->collecting = layout->interpreter_gc_collecting == PHLOX_NONE || gil == 0
                           ? 0
                           : interpreter + layout->interpreter_gc_collecting;
}

/*
 * To 3.11 a thread that goes on in another interpreter keeps the GIL, which names the state that
 * took it.
 */
static __always_inline bool holds_gil(const struct phlox_layout* layout,
                                      const struct thread_record* thread) {
  __s32 locked = 0;
  __u64 holder = 0, identity = 0;
  if (bpf_probe_read_user(&locked, sizeof locked,
                          (const void*)(thread->gil + layout->gil_locked)) != 0 ||
      locked <= 0 || !read_address(thread->gil + layout->gil_last_holder, &holder))
    return false;
  if (holder == thread->thread_state) return true;
  return layout->runtime_gil != PHLOX_NONE &&
         read_address(holder + identity_member(layout), &identity) && identity == thread->identity;
}

/* While a collection runs, who holds the GIL runs it. */
static __always_inline bool collects(const struct phlox_layout* layout,
                                     const struct thread_record* thread) {
  __s32 collecting = 0;
  return thread->collecting != 0 &&
         bpf_probe_read_user(&collecting, sizeof collecting, (const void*)thread->collecting) ==
             0 &&
         collecting != 0 && holds_gil(layout, thread);
}

/*
 * Whether the thread may use its state of another interpreter. To 3.11 interpreters share the GIL,
 * and it does not tell which state of a thread has it.
 */
static __always_inline bool may_use_another(const struct phlox_target* target,
                                            const struct thread_record* thread) {
  const struct phlox_layout* layout = &target->layout;
  __u64 newest = 0;
  if (!read_address(target->runtime + layout->runtime_interpreters_head, &newest) ||
      (newest == thread->interpreter && !thread->has_older_interpreter))
    return false;
  return layout->interpreter_gil == PHLOX_NONE || !holds_gil(layout, thread);
}

/*
 * After fork some versions keep the parent's number in the only thread state of the child. A
 * program that forks without a word to Python, as uWSGI does for its workers, leaves it in the
 * oldest one, beside those of threads that the child does not have.
 */
static __always_inline bool is_of_forked(struct task_struct* task,
                                         const struct phlox_layout* layout,
                                         const struct search* search) {
  struct task_struct* parent = BPF_CORE_READ(task, real_parent, group_leader);
  if (search->met_count == 1 && task->signal->nr_threads == 1) return true;
  return search->met_count > 0 && layout->thread_native_id != PHLOX_NONE &&
         search->met_identity ==
             (__u64)number_at_level(parent, BPF_CORE_READ(parent, thread_pid, level));
}

/* A thread without one is looked for ever more rarely. */
static __always_inline enum phlox_status find_thread_state(struct task_struct* task,
                                                           struct phlox_target* target,
                                                           struct thread_record* thread) {
  struct search search = {.target = target};
  __u32 shift = thread->failed_lookups;
  if (thread->lookups_to_skip > 0) {
    thread->lookups_to_skip--;
    return PHLOX_NATIVE;
  }
  search.identity_at = identity_member(&target->layout);
  search.identity = thread->identity != 0 ? thread->identity : identity_of(task, &target->layout);
  if (!read_address(target->runtime + target->layout.runtime_interpreters_head,
                    &search.next_interpreter))
    return PHLOX_UNREADABLE;
  bpf_loop(MAX_THREAD_STATES, search_step, &search, 0);
  if (search.found == 0 && search.failed) return PHLOX_UNREADABLE;
  if (search.found == 0 && task->group_leader == task &&
      is_of_forked(task, &target->layout, &search)) {
    search.found = search.met;
    search.found_interpreter = search.interpreter;
    search.found_has_older = 0;
    search.identity = search.met_identity;
  }
  if (search.found != 0) {
    thread->thread_state = search.found;
    thread->identity = search.identity;
    thread->failed_lookups = 0;
    thread->interpreter = search.found_interpreter;
    thread->has_older_interpreter = search.found_has_older;
    find_collection(target, thread, search.found_interpreter);
    return PHLOX_COMPLETE;
  }
  if (shift < MAX_LOOKUPS_TO_SKIP_SHIFT) thread->failed_lookups = shift + 1;
  thread->lookups_to_skip = 1u << (shift & 15);
  return PHLOX_NATIVE;
}
