/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * When the agent is woken up: code was met that it may not have read the names of, which may not
 * live for long; something became of a process; or the ring fills up. Else it comes by itself, when
 * it has to.
 */
#pragma once

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#include "python_stack.h"
#include "sample_ring.h"

#define SEEN_PATHS 4096
#define NEWS_NS 50000000 /* as kDrainInterval: no sooner after the agent was here last */

/* Set once by the agent: with more in the ring it is woken up. */
const volatile __u64 ring_alarm_bytes = 0;

/* A table of a fixed size, as sampler/seen_paths.h: what has been forgotten is taken to be new. */
__u64 seen_paths[SEEN_PATHS] = {};

/* The agent sets both before it empties the ring: CLOCK_MONOTONIC, and 0. */
__u64 drained_ns = 0;
__u32 has_news = 0;

static __always_inline __u64 add_to_path(__u64 path, __u64 code) {
  path = (path ^ code) * 0x9e3779b97f4a7c15; /* 2^64 divided by the golden ratio */
  return path ^ (path >> 32);
}

static __always_inline bool is_new_path(__u64 path) {
  __u64* known = &seen_paths[path & (SEEN_PATHS - 1)];
  if (*known == path) return false;
  *known = path;
  return true;
}

static __always_inline bool news_are_due(void) { return bpf_ktime_get_ns() - drained_ns > NEWS_NS; }

/* `with_news`: so is what is written. News that are not due wait: see tell_old_news(). */
static __always_inline long write_sample(void* record, __u64 bytes, bool with_news) {
  const bool wakes = (with_news && news_are_due()) ||
                     bpf_ringbuf_query(&samples, BPF_RB_AVAIL_DATA) > ring_alarm_bytes;
  const long failed =
      bpf_ringbuf_output(&samples, record, bytes, wakes ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
  /* Only now: the agent, which clears it first, finds either the record or this. */
  if (with_news && !wakes) has_news = 1;
  return failed;
}

/* At each look of any CPU, whoever runs there. */
static __always_inline void tell_old_news(void) {
  void* nothing;
  if (!has_news || !news_are_due()) return;
  has_news = 0;
  nothing = bpf_ringbuf_reserve(&samples, sizeof(__u64), 0);
  if (nothing) bpf_ringbuf_discard(nothing, BPF_RB_FORCE_WAKEUP);
}
