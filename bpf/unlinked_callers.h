/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Who called, where the chain of frames does not tell at this instant. For some instructions the
 * chain of frames is not linked: src/cpython/stack_reader_links.cc says when, and why what follows
 * is certain.
 */
#pragma once

#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#include "python_stack.h"

#define MAX_FRAMES_MEASURED 256
#define MAX_FRAME_WORDS 65536
#define CHUNK_HEADER_BYTES 24 /* _PyStackChunk, up to its data */

static __always_inline bool read_address(__u64 from, __u64* value) {
  return bpf_probe_read_user(value, sizeof *value, (const void*)from) == 0;
}

/* Looks along a chain for a frame between two addresses, neither included. */
struct chain {
  const struct phlox_layout* layout;
  __u64 frame;
  __u64 low;
  __u64 high;
  __u64 found;
};

static long chain_step(__u32 step, struct chain* chain) {
  if (chain->frame == 0) return 1;
  if (chain->frame > chain->low && chain->frame < chain->high) {
    chain->found = chain->frame;
    return 1;
  }
  return !read_address(chain->frame + chain->layout->frame_previous, &chain->frame);
}

static __noinline __u64 first_between(const struct phlox_layout* layout, __u64 frame, __u64 low,
                                      __u64 high) {
  struct chain chain = {.layout = layout, .frame = frame, .low = low, .high = high};
  bpf_loop(2 * PHLOX_MAX_FRAMES, chain_step, &chain, 0);
  return chain.found;
}

/* The frame of the newest generator that runs, but for one. */
static __always_inline __u64 newest_generator(const struct phlox_layout* layout, __u64 thread_state,
                                              __u64 except) {
  __u64 item = 0, older = 0;
  int i;
  if (!read_address(thread_state + layout->thread_exc_info, &item)) return 0;
  for (i = 0; i < 2; i++) {
    const __u64 frame = item - layout->generator_exc_state + layout->generator_frame;
    if (!read_address(item + layout->exc_info_previous, &older) || older == 0) return 0;
    if (frame != except) return frame;
    item = older;
  }
  return 0;
}

/* Measures frames, which lie end to end, up to the top of the data stack. */
struct measure {
  const struct phlox_layout* layout;
  __u64 frame;
  __u64 top;
  __u64 found;
};

static long measure_step(__u32 step, struct measure* measure) {
  const struct phlox_layout* layout = measure->layout;
  __u64 code = 0, next;
  __s32 words = 0;
  if (!read_address(measure->frame + layout->frame_code, &code)) return 1;
  code &= ~(__u64)layout->frame_code_tag;
  if (bpf_probe_read_user(&words, sizeof words, (const void*)(code + layout->code_frame_size)) ||
      words <= 0 || words > MAX_FRAME_WORDS)
    return 1;
  next = measure->frame + (__u64)words * sizeof(__u64);
  if (next == measure->top) measure->found = measure->frame;
  if (next >= measure->top) return 1;
  measure->frame = next;
  return 0;
}

/* From 3.12 on: the caller of a generator's frame that is not linked, or 0. */
static __noinline __u64 caller_of_generator(const struct phlox_layout* layout, __u64 thread_state,
                                            __u64 frame) {
  struct measure measure = {.layout = layout};
  const __u64 generator = newest_generator(layout, thread_state, frame);
  __u64 chunk = 0, older_chunk = 0, below;
  if (!read_address(thread_state + layout->thread_datastack_chunk, &chunk) || chunk == 0 ||
      !read_address(thread_state + layout->thread_datastack_top, &measure.top) ||
      !read_address(chunk, &older_chunk))
    return 0;
  below = first_between(layout, generator, chunk, measure.top);
  measure.frame = below;
  /* The first word of the first chunk stays free. */
  if (below == 0) measure.frame = chunk + CHUNK_HEADER_BYTES + (older_chunk ? 0 : sizeof(__u64));
  bpf_loop(MAX_FRAMES_MEASURED, measure_step, &measure, 0);
  if (generator == 0 || measure.found == 0) return measure.found;
  if (measure.found == below) return generator;
  return first_between(layout, measure.found, generator - 1, generator + 1) ? measure.found : 0;
}
