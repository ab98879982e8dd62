/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What the agent takes records out of: struct phlox_sample and what belongs to each. */
#pragma once

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 20); /* the agent sets it by rate and CPUs */
} samples SEC(".maps");
