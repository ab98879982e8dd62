/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * At ticks of each CPU's clock: if a thread of a target runs here, walk its Python stack.
 *
 *     _PyRuntime -> PyInterpreterState -> PyThreadState of this thread -> frame -> its caller
 *
 * The thread stands still under the interrupt, so what is read belongs to one instant. All
 * offsets come from the target's layout. Needs Linux 5.17 (bpf_loop) with BTF.
 */
#include "python_stack.h"

#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>
#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "frame_window.h"
#include "kernel_types.h"
#include "native_stack.h"
#include "news.h"
#include "running_tasks.h"
#include "sample_ring.h"
#include "thread_state.h"
#include "unlinked_callers.h"
#include "watched_processes.h"

char _license[] SEC("license") = "Dual MIT/GPL";

/*
 * One walk from a frame to the thread's first. Kept in the scratch, of which the verifier does not
 * follow what it holds: on the stack, each way through a step would leave another state to go on
 * from.
 */
struct walk {
  __u64 frame;    /* the next one */
  __u64 cframe;   /* 3.11: of the loop that runs it */
  __u64 caller;   /* to 3.12: where the newest evaluation loop was entered, as the older one says */
  __u64 unlinked; /* the newest frame, if it is a generator's whose caller is not linked */
  __u64 path;     /* hash of the sample's code; 0: none was met */
  __u32 status;
  __u8 linked; /* the frames of the newest loop lead to `caller` */
  __u8 at_end; /* no frame is older than the last one: from 3.12 on the oldest is an entry frame */
  __u16 padding;
};

struct scratch {
  struct frame_copies copies;                                    /* of _PyInterpreterFrame */
  __u8 thread_state[PHLOX_MAX_THREAD_BYTES + 1 + sizeof(__u64)]; /* from thread_from on */
  struct phlox_sample sample;
  struct walk walk;
  struct running_tasks running;
  struct phlox_task task;
};

struct {
  __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, struct phlox_target);
} targets SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, struct thread_record);
} threads SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct phlox_cpu);
} cpus SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct scratch);
} scratches SEC(".maps");

/* How many pid namespaces lie above the agent's own; find_own_level() sets it. */
__u32 own_level = 0;

#define THREAD_MEMBER(scratch, layout, offset) \
  (*(__u64*)((scratch)->thread_state +         \
             (((offset) - (layout)->thread_from) & PHLOX_MAX_THREAD_BYTES)))

/* A _PyCFrame, of which two words are wanted. */
struct cframe {
  __u64 words[4];
};
#define CFRAME_BYTES 24 /* of which what follows a shorter one is there as well */
#define CFRAME_MEMBER(cframe, offset) ((cframe).words[((offset) / sizeof(__u64)) & 3])

static __always_inline bool read_cframe(__u64 from, struct cframe* cframe) {
  return bpf_probe_read_user(cframe->words, CFRAME_BYTES, (const void*)from) == 0;
}

/* What a walk needs besides. */
struct walker {
  struct scratch* scratch;
  const struct phlox_layout* layout;
};

/*
 * Behind the frames that one evaluation loop runs: an address on the C stack, inside the frame of
 * the function that is the loop. Native frames find their place by it.
 */
static __always_inline void add_loop(struct phlox_sample* sample, __u64 address) {
  const __u32 count = sample->frame_count;
  struct phlox_frame* frame = &sample->frames[count & (PHLOX_MAX_FRAMES - 1)];
  if (count >= PHLOX_MAX_FRAMES) return;
  frame->code = address;
  frame->instruction_offset = 0;
  frame->kind = PHLOX_KIND_LOOP;
  sample->frame_count = count + 1;
}

static long walk_step(__u32 step, struct walker* walker) {
  const struct phlox_layout* layout = walker->layout;
  struct scratch* scratch = walker->scratch;
  struct walk* walk = &scratch->walk;
  struct phlox_sample* sample = &scratch->sample;
  const __u32 count = sample->frame_count;
  __u64 previous;
  long at;
  __u8 owner;
  bool is_entry, begins_loop;
  if (walk->frame == 0) {
    walk->status = walk->at_end && walk->linked ? PHLOX_COMPLETE : PHLOX_INCOMPLETE;
    return 1;
  }
  if (count >= PHLOX_MAX_FRAMES) return 1; /* truncated */
  at = copy_frame(&scratch->copies, walk->frame, layout->frame_size);
  if (at < 0) {
    walk->status = PHLOX_UNREADABLE;
    return 1;
  }
  owner = COPIED_MEMBER(&scratch->copies, at, __u8, layout->frame_owner);
  previous = COPIED_MEMBER(&scratch->copies, at, __u64, layout->frame_previous);
  is_entry = owner >= layout->frame_owner_c_stack;
  if (owner != 0) leave_window(&scratch->copies, walk->frame);
  begins_loop =
      is_entry || (layout->frame_is_entry != PHLOX_NONE &&
                   COPIED_MEMBER(&scratch->copies, at, __u8, layout->frame_is_entry) != 0);
  if (!is_entry) {
    const __u64 code = COPIED_MEMBER(&scratch->copies, at, __u64, layout->frame_code) &
                       ~(__u64)layout->frame_code_tag;
    struct phlox_frame* frame = &sample->frames[count & (PHLOX_MAX_FRAMES - 1)];
    if (code == 0 || (code & 7) != 0) {
      walk->status = PHLOX_UNREADABLE;
      return 1;
    }
    frame->code = code;
    if (layout->frame_last_instruction == PHLOX_NONE)
      frame->instruction_offset =
          (__s32)(COPIED_MEMBER(&scratch->copies, at, __u64, layout->frame_instruction) - code);
    else
      frame->instruction_offset =
          COPIED_MEMBER(&scratch->copies, at, __s32, layout->frame_last_instruction) *
          (__s32)layout->frame_last_instruction_unit;
    frame->kind = PHLOX_KIND_PYTHON;
    sample->frame_count = count + 1;
    walk->path = add_to_path(walk->path, code);
    if (with_tasks) meet_frame(&scratch->running, walk->frame, count + 1);
  }
  if (previous == 0 && owner == layout->frame_owner_generator) {
    if (step == 0) walk->unlinked = walk->frame;
    walk->status = PHLOX_INCOMPLETE;
    return 1;
  }
  if (begins_loop && !walk->linked) {
    if (previous != walk->caller) {
      walk->status = PHLOX_INCOMPLETE;
      return 1;
    }
    walk->linked = 1;
  }
  if (with_native_stacks && begins_loop) {
    add_loop(sample, is_entry ? walk->frame : walk->cframe);
    if (!is_entry) read_address(walk->cframe + layout->cframe_previous, &walk->cframe);
  }
  if (is_entry && previous == 0) walk->at_end = 1;
  walk->frame = previous;
  return 0;
}

static __noinline int walk_from(struct walker* walker, __u64 frame) {
  walker->scratch->walk.frame = frame;
  walker->scratch->walk.status = PHLOX_TRUNCATED;
  /* Entry frames are stepped over, so more steps than frames are allowed. */
  bpf_loop(2 * PHLOX_MAX_FRAMES, walk_step, walker, 0);
  return 0;
}

/* Leaves the thread's frames in the scratch's sample. */
static __always_inline enum phlox_status read_stack(struct scratch* scratch,
                                                    struct phlox_target* target,
                                                    struct thread_record* thread) {
  const struct phlox_layout* layout = &target->layout;
  struct walker walker = {.scratch = scratch, .layout = layout};
  struct walk* walk = &scratch->walk;
  __u64 older_cframe = 0, frame;
  __u32 leaf = 0; /* frames that are no function's */
  __builtin_memset(walk, 0, sizeof *walk);
  walk->linked = 1;
  if (layout->thread_cframe != PHLOX_NONE) {
    struct cframe cframe = {};
    walk->cframe = THREAD_MEMBER(scratch, layout, layout->thread_cframe);
    if (!read_cframe(walk->cframe, &cframe)) return PHLOX_UNREADABLE;
    frame = CFRAME_MEMBER(cframe, layout->cframe_current_frame);
    older_cframe = CFRAME_MEMBER(cframe, layout->cframe_previous);
    if (older_cframe != 0 &&
        read_address(older_cframe + layout->cframe_current_frame, &walk->caller))
      walk->linked = 0;
  } else {
    frame = THREAD_MEMBER(scratch, layout, layout->thread_current_frame);
  }
  if (collects(layout, thread)) {
    const struct phlox_frame collection = {.kind = PHLOX_KIND_COLLECTION};
    scratch->sample.frames[0] = collection;
    scratch->sample.frame_count = leaf = 1;
  }
  if (with_tasks) find_running_tasks(target, thread->thread_state, &scratch->running);
  begin_copies(&scratch->copies, layout->frame_owner != PHLOX_NONE);
  walk->path = target->id;
  walk->at_end = frame == 0 || layout->frame_owner_c_stack == PHLOX_NONE;
  walk_from(&walker, frame);
  /* 3.11 runs each generator in a loop of its own. */
  if (walk->unlinked != 0 && layout->frame_is_entry == PHLOX_NONE) {
    frame = caller_of_generator(layout, thread->thread_state, walk->unlinked);
    walk->unlinked = 0;
    if (frame != 0) walk_from(&walker, frame);
  }
  if (!walk->linked && walk->caller != 0 && walk->status != PHLOX_TRUNCATED) {
    /* The newest loop does not say yet what it runs. */
    scratch->sample.frame_count = leaf;
    scratch->running.found = 0;
    walk->linked = 1;
    walk->cframe = older_cframe;
    walk->at_end = layout->frame_owner_c_stack == PHLOX_NONE;
    walk_from(&walker, walk->caller);
  }
  return walk->status;
}

static __always_inline bool copy_thread_state(struct scratch* scratch,
                                              const struct phlox_layout* layout,
                                              const struct thread_record* thread) {
  return bpf_probe_read_user(scratch->thread_state, layout->thread_bytes & PHLOX_MAX_THREAD_BYTES,
                             (const void*)(thread->thread_state + layout->thread_from)) == 0;
}

static __always_inline enum phlox_status sample_thread(struct task_struct* task,
                                                       struct scratch* scratch,
                                                       struct phlox_target* target,
                                                       struct thread_record* thread) {
  const struct phlox_layout* layout = &target->layout;
  if (thread->thread_state != 0 && may_use_another(target, thread)) {
    thread->thread_state = 0;
  } else if (thread->thread_state != 0 &&
             (!copy_thread_state(scratch, layout, thread) ||
              THREAD_MEMBER(scratch, layout, identity_member(layout)) != thread->identity)) {
    thread->thread_state = 0; /* it has another one by now */
    thread->identity = 0;
  }
  if (thread->thread_state == 0) {
    const enum phlox_status status = find_thread_state(task, target, thread);
    if (status != PHLOX_COMPLETE) return status;
    if (!copy_thread_state(scratch, layout, thread)) return PHLOX_UNREADABLE;
  }
  return read_stack(scratch, target, thread);
}

static __always_inline void submit(struct phlox_cpu* cpu, struct scratch* scratch,
                                   struct thread_record* thread, __u64 run_ns) {
  const struct phlox_sample* sample = &scratch->sample;
  __u32 count = sample->frame_count;
  if (sample->status == PHLOX_UNREADABLE || sample->status == PHLOX_NATIVE) count = 0;
  if (count > PHLOX_MAX_FRAMES) count = PHLOX_MAX_FRAMES;
  scratch->sample.frame_count = count;
  if (write_sample(
          &scratch->sample,
          __builtin_offsetof(struct phlox_sample, frames) + count * sizeof(struct phlox_frame),
          scratch->walk.path != 0 && is_new_path(scratch->walk.path)) == 0)
    thread->run_ns = run_ns;
  else
    cpu->lost++;
}

/* Before the sample's own record. Where it finds no room the sample goes without. */
static __always_inline void submit_native_stack(void* context, struct task_struct* task,
                                                const struct phlox_sample* sample) {
  struct phlox_native_stack* native = copy_native_stack(context, task, sample);
  __u32 bytes;
  if (!native) return;
  bytes = native->stack_bytes;
  if (bytes > PHLOX_MAX_STACK_BYTES) return;
  bpf_ringbuf_output(&samples, native, __builtin_offsetof(struct phlox_native_stack, stack) + bytes,
                     BPF_RB_NO_WAKEUP);
}

static __always_inline void look(void* context, struct phlox_cpu* cpu, struct scratch* scratch) {
  struct task_struct* task = bpf_get_current_task_btf();
  struct phlox_target* target = bpf_task_storage_get(&targets, task->group_leader, 0, 0);
  struct thread_record* thread;
  __u64 run_ns;
  if (!target) return;
  cpu->samples++;
  thread = bpf_task_storage_get(&threads, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
  if (!thread) {
    cpu->lost++;
    return;
  }
  run_ns = task->se.sum_exec_runtime;
  if (thread->target != target->id) {
    const bool older = task->start_time < target->since_ns;
    __builtin_memset(thread, 0, sizeof *thread);
    thread->target = target->id;
    if (older) thread->run_ns = run_ns;
    thread->tid = number_at_level(task, own_level);
  }
  scratch->sample.cpu_ns = run_ns - thread->run_ns;
  scratch->sample.record = PHLOX_SAMPLE;
  scratch->sample.cpu = bpf_get_smp_processor_id();
  scratch->sample.number = cpu->samples;
  scratch->sample.target = target->id;
  scratch->sample.tid = thread->tid;
  scratch->sample.frame_count = 0;
  scratch->walk.path = 0;
  scratch->running.found = 0;
  scratch->sample.status = sample_thread(task, scratch, target, thread);
  if (with_tasks)
    submit_tasks(&target->layout, &scratch->running, &scratch->sample, &scratch->task);
  if (with_native_stacks) submit_native_stack(context, task, &scratch->sample);
  submit(cpu, scratch, thread, run_ns);
}

/*
 * The clock ticks more often than is asked for, so that each distance between two looks can be
 * drawn from half a period to one and a half. A strict period would lock onto periodic work and be
 * wrong without any sign of it.
 */
SEC("perf_event")
int on_tick(struct bpf_perf_event_data* context) {
  const __u32 zero = 0;
  struct phlox_cpu* cpu = bpf_map_lookup_elem(&cpus, &zero);
  struct scratch* scratch;
  if (!cpu) return 0;
  if (cpu->ticks_to_skip > 0) {
    cpu->ticks_to_skip--;
    return 0;
  }
  scratch = bpf_map_lookup_elem(&scratches, &zero);
  if (!scratch) return 0;
  cpu->ticks_to_skip =
      PHLOX_TICKS_PER_LOOK / 2 - 1 + bpf_get_prandom_u32() % (PHLOX_TICKS_PER_LOOK + 1);
  cpu->looks++;
  look(context, cpu, scratch);
  tell_old_news();
  return 0;
}

/*
 * What a process used after the last look at it is known for certain only when it is gone, and by
 * then to nobody else. Not at its exit: a thread that runs is charged for its time with a lag.
 */
SEC("tp_btf/sched_process_free")
int on_free(__u64* context) {
  struct task_struct* task = (struct task_struct*)context[0];
  struct phlox_target* target = bpf_task_storage_get(&targets, task, 0, 0);
  struct phlox_end end = {.record = PHLOX_END};
  if (is_watched(task)) count_change(); /* its parent has been told of its CPU time */
  if (!target) return 0;                /* of a target it is the last thread that goes */
  end.target = target->id;
  end.cpu_ns = BPF_CORE_READ(task, signal, sum_sched_runtime);
  bpf_ringbuf_output(&samples, &end, sizeof end, BPF_RB_NO_WAKEUP);
  return 0;
}

/* The agent runs this once, in its own context. */
SEC("raw_tp")
int find_own_level(void* context) {
  struct task_struct* task = bpf_get_current_task_btf();
  own_level = BPF_CORE_READ(task, thread_pid, level);
  return 0;
}
