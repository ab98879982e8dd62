/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What python_stack.bpf.c and src/sampler/ebpf_engine exchange. Plain C: both sides compile it. */
#pragma once

#include <linux/types.h>

#define PHLOX_MAX_FRAMES 512      /* as cpython::kMaxRawFrames */
#define PHLOX_MAX_FRAME_BYTES 127 /* of a _PyInterpreterFrame without locals; a mask as well */
#define PHLOX_MAX_THREAD_BYTES 255 /* of a PyThreadState; the same */

/* Members of CPython's structs, as in cpython::Layout. PHLOX_NONE: this version has no such. */
#define PHLOX_NONE 0xffffffffu
struct phlox_layout {
  __u32 runtime_interpreters_head;
  __u32 interpreter_next;
  __u32 interpreter_threads_head;
  __u32 interpreter_gc_collecting;
  __u32 interpreter_gil;
  __u32 runtime_gil;
  __u32 gil_last_holder;
  __u32 gil_locked;
  __u32 thread_next;
  __u32 thread_native_id;
  __u32 thread_pthread_id;
  __u32 thread_cframe;
  __u32 cframe_current_frame;
  __u32 cframe_previous;
  __u32 thread_current_frame;
  __u32 thread_datastack_chunk;
  __u32 thread_datastack_top;
  __u32 thread_exc_info;
  __u32 exc_info_previous;
  __u32 generator_exc_state;
  __u32 generator_frame;
  __u32 frame_size;
  __u32 frame_code;
  __u32 frame_code_tag;
  __u32 frame_previous;
  __u32 frame_instruction;
  __u32 frame_last_instruction;
  __u32 frame_last_instruction_unit;
  __u32 frame_owner;
  __u32 frame_owner_c_stack;
  __u32 frame_owner_generator;
  __u32 frame_is_entry;
  __u32 code_frame_size;
  __u32 generator_frame_object;
  __u32 object_type;
  __u32 type_flags;
  __u32 string_length;
  __u32 string_state;
  __u32 string_kind_shift;
  __u32 string_ascii_shift;
  __u32 string_ascii_data;
  __u32 string_compact_data;
  __u32 dict_keys;
  __u32 keys_index_size;
  __u32 keys_kind;
  __u32 keys_entry_count;
  __u32 keys_indices;
  __u32 task_coro;
  __u32 task_name;
  __u32 task_awaited_by;
  __u32 task_awaited_by_is_set;
  __u32 task_is_task;
  __u32 thread_running_task;
  __u32 thread_from;  /* of a PyThreadState what each sample needs begins here */
  __u32 thread_bytes; /* and is so long */
};

/* A process to sample: written by the agent into the storage of the group leader's task. */
struct phlox_target {
  __u64 runtime;  /* address of _PyRuntime */
  __u64 since_ns; /* CLOCK_MONOTONIC: from when on CPU time counts */
  /* To 3.13: the dict of the tasks that run; 0: none, or not known yet. */
  __u64 running_tasks;
  __u32 id;       /* not 0 */
  __u32 padding;
  struct phlox_layout layout;
};

enum phlox_status {
  PHLOX_COMPLETE,
  PHLOX_TRUNCATED,  /* deeper than PHLOX_MAX_FRAMES */
  PHLOX_INCOMPLETE, /* whoever called the last frame is not known */
  PHLOX_UNREADABLE, /* a page was not there, or what is there makes no sense */
  PHLOX_NATIVE,     /* a thread without a PyThreadState */
};

/* As cpython::RawFrame and RawFrameKind. */
#define PHLOX_KIND_PYTHON 0
#define PHLOX_KIND_COLLECTION 3
#define PHLOX_KIND_LOOP 6
struct phlox_frame {
  __u64 code;
  __s32 instruction_offset;
  __u32 kind;
};

enum phlox_record { PHLOX_SAMPLE, PHLOX_NATIVE_STACK, PHLOX_TASK, PHLOX_END };

/* One record of the ring buffer; only frame_count frames are there. */
struct phlox_sample {
  __u32 record; /* PHLOX_SAMPLE */
  __u32 cpu;
  __u64 number; /* of the sample on its CPU, from 1 on */
  __u64 cpu_ns; /* CPU time of the thread since its last record */
  __u32 target;
  __s32 tid; /* in the agent's pid namespace */
  __u32 status;
  __u32 frame_count;
  struct phlox_frame frames[PHLOX_MAX_FRAMES]; /* leaf first */
};

/* The process of a target is over, and its parent has been told so. */
struct phlox_end {
  __u32 record; /* PHLOX_END */
  __u32 target;
  __u64 cpu_ns; /* of all its threads, from the first to the last */
};

#define PHLOX_MAX_NAME_BYTES 1088

/*
 * A task of asyncio that a sample's thread runs, or that awaits the one before: a record of its
 * own, before that of the sample with the same CPU and number.
 */
struct phlox_task {
  __u32 record; /* PHLOX_TASK */
  __u32 cpu;
  __u64 number;
  __u32 target;
  __u32 frames_above; /* so many of the sample's, leaf first: its coroutine's is the last one */
  __u64 name_type_flags; /* of the type of the object that is its name */
  __u32 name_bytes;      /* of which so many are there; 0: it is no str */
  __u32 padding;
  __u8 name[PHLOX_MAX_NAME_BYTES];
};

#define PHLOX_MAX_KERNEL_FRAMES 127
#define PHLOX_STACK_PAGE 4096
#define PHLOX_MAX_STACK_BYTES (16 * PHLOX_STACK_PAGE)
#define PHLOX_MAX_REGISTERS 21 /* struct pt_regs of x86-64 in words */

/*
 * From where the native stack of a sample is unwound: a record of its own, before that of the
 * sample with the same CPU and number. Only stack_bytes of the stack are there.
 */
struct phlox_native_stack {
  __u32 record; /* PHLOX_NATIVE_STACK */
  __u32 cpu;
  __u64 number;
  __u32 target;
  __u32 kernel_frames;
  __u64 stack_pointer; /* where the copy begins */
  __u32 stack_bytes;
  __u32 padding;
  __u64 registers[PHLOX_MAX_REGISTERS];  /* struct pt_regs: as the thread left its own code */
  __u64 kernel[PHLOX_MAX_KERNEL_FRAMES]; /* instructions, leaf first; none if it did not leave it */
  __u8 stack[PHLOX_MAX_STACK_BYTES + PHLOX_STACK_PAGE];
};

/* The clock of a CPU ticks so many times as often as is asked for; see on_tick(). */
#define PHLOX_TICKS_PER_LOOK 4

/* What is kept of one CPU. */
struct phlox_cpu {
  __u64 looks;   /* ticks at which it was looked who runs */
  __u64 samples; /* of which met a thread of a target */
  __u64 lost;    /* of which found no room in the ring; their CPU time goes to the thread's next */
  __u64 ticks_to_skip; /* until the next look */
};
