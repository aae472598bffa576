/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long tasks wait in a queue before their turn begins, counted a CPU and a power of two, for userspace to make
 * percentiles of (stats/delays.rs). A turn is counted once: in bucket 0 if the task did not wait in a queue, else in
 * 1 + floor(log2(ns / 1024)). Counting costs a compare and an increment for the former, thirty instructions for the latter.
 */
#ifndef __SCX_DOMAINS_DELAY_H
#define __SCX_DOMAINS_DELAY_H

/* From this one on, a task has waited for 1.07 s or more: 1 + log2(2^30 / 1024). */
#define LATE_BUCKET 21

/* Global: verified once. */
__noinline u32 delay_bucket(u64 ns)
{
	u64 left = ns >> 10;
	u32 bucket = 1;

	if (left >> 16) {
		bucket += 16;
		left >>= 16;
	}
	if (left >> 8) {
		bucket += 8;
		left >>= 8;
	}
	if (left >> 4) {
		bucket += 4;
		left >>= 4;
	}
	if (left >> 2) {
		bucket += 2;
		left >>= 2;
	}
	return bucket + (left >> 1 ? 1 : 0);
}

/* A turn of this task begins on this CPU: count how long it has waited. */
static __always_inline void count_delay(struct cpu_state *here, const struct task_ctx *tctx, u64 now)
{
	u32 bucket = tctx->queued_at ? delay_bucket(time_delta(now, tctx->queued_at)) : 0;

	here->delays[bucket & (DELAY_BUCKETS - 1)]++;
	here->late = bucket >= LATE_BUCKET;
}

#endif
