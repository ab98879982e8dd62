/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Copies of frames. From 3.11 on those of functions lie one after the other on the thread's data
 * stack, a caller below whom it calls:
 *
 *     ... | caller | caller | caller | newest |
 *                ^------- window -------^
 *
 * so one reading of some memory up to a frame's end has its callers as well. Frames elsewhere, of
 * generators and of entries on the C stack, and all before 3.11, are read one by one.
 */
#pragma once

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#include "python_stack.h"

#define WINDOW_BYTES 1024
#define PAGE_BYTES 4096
#define SINGLE_BYTES (PHLOX_MAX_FRAME_BYTES + 1 + sizeof(__u64))
#define COPY_BYTES 2048 /* at least SINGLE_BYTES + WINDOW_BYTES + a frame, and a power of two */
/* What lies so far below the window is taken to lie elsewhere: the size of a chunk. */
#define WINDOW_REACH 16384

struct frame_copies {
  __u8 bytes[COPY_BYTES + sizeof(__u64)]; /* a single frame, then the window */
  __u64 from; /* of the window; 0: there is none, and none is wanted yet if `to` is not 0 */
  __u64 to;
};

#define COPIED_MEMBER(copies, at, type, offset) \
  (*(type*)((copies)->bytes + (((at) + ((offset) & PHLOX_MAX_FRAME_BYTES)) & (COPY_BYTES - 1))))

/* `is_stacked`: whether functions' frames lie on a data stack. */
static __always_inline void begin_copies(struct frame_copies* copies, bool is_stacked) {
  copies->from = 0;
  copies->to = is_stacked ? 0 : 1;
}

static __always_inline bool read_window(struct frame_copies* copies, __u64 frame,
                                        __u64 frame_bytes) {
  const __u64 to = frame + frame_bytes, page = frame & ~(__u64)(PAGE_BYTES - 1);
  __u64 from = to - WINDOW_BYTES, bytes;
  if (from < page) from = page; /* what lies before it need not be there */
  bytes = to - from;
  copies->from = 0;
  if (bytes > WINDOW_BYTES ||
      bpf_probe_read_user(copies->bytes + SINGLE_BYTES, bytes, (const void*)from) != 0)
    return false;
  copies->from = from;
  copies->to = to;
  return true;
}

/* Where in the copies the frame is, which is read if it is not there yet; < 0: it cannot be. */
static __always_inline long copy_frame(struct frame_copies* copies, __u64 frame,
                                       __u64 frame_bytes) {
  const bool is_near = copies->from == 0
                           ? copies->to == 0
                           : frame < copies->to && frame + WINDOW_REACH > copies->from;
  if (is_near) {
    if ((frame < copies->from || copies->from == 0 || frame + frame_bytes > copies->to) &&
        !read_window(copies, frame, frame_bytes))
      return -1;
    return SINGLE_BYTES + ((frame - copies->from) & (WINDOW_BYTES - 1));
  }
  return bpf_probe_read_user(copies->bytes, frame_bytes & PHLOX_MAX_FRAME_BYTES,
                             (const void*)frame) == 0
             ? 0
             : -1;
}

/* The frame that was just copied is no function's: the window is to be where those are. */
static __always_inline void leave_window(struct frame_copies* copies, __u64 frame) {
  if (copies->from == 0 || frame < copies->from || frame >= copies->to) return;
  copies->from = copies->to = 0;
}
