/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtual clock of a domain: what "ahead" and "behind" mean.
 *
 * Problem. Most vtime schedulers take as clock the largest vtime seen running and clamp waiting tasks to it. One step
 * of a low-weight task (4 ms at nice 10 are 37 ms of vtime) drags such a clock past everybody, the clamp takes the
 * others' credit away, and all end with equal shares whatever their weights.
 *
 * Mechanism. The clock V is the weighted mean of the vtimes of the domain's runnable tasks, running ones included, as
 * EEVDF's avg_vruntime (kernel/sched/fair.c), kept up incrementally:
 *
 *	V = base + weighted / weight,	weighted = sum of w * (v - base),	weight = sum of w
 *
 * A task that runs d ns at weight w moves its vtime by d * 1024 / w, and so `weighted` by d * 1024. Joining and leaving
 * add and take one term. Example: three tasks at nice 0 with v = 0, 4, 8 ms: V = 4 ms. Their lags (V - v) are +4, 0 and
 * -4 ms: the first is owed 4 ms. A nice 10 task (w = 110) that joins at 40 ms moves V by 110 * 36 / 3182 = 1.2 ms only.
 *
 * A task that cannot follow the clock does not count in it. That is one that deserves more than a CPU (nice -20 among
 * nice 0), or waits for a CPU that is more crowded than its domain: its lag grows without end. Where its lag passes
 * lag_limit_ns of its own run time, its term is taken out, its vtime left as it is, and put back once the lag is within
 * the limit again. So V is the mean of those that can follow it, and among those that cannot, order by vtime still gives
 * each its weight. (Clamping their vtimes instead makes equals of them, or worse.) FAR_LAG_NS bounds even their lag.
 * A task that is ahead of the clock by more than the limit (a light one alone on its CPU) is put back to the limit.
 *
 * Joining moves the mean towards the one who joins, so a lag is inflated by (W + w) / W before, as EEVDF's place_entity
 * does: what is left of it after joining is what it was.
 *
 * Limits. A lock a domain, held for a dozen instructions; domains are at most a few dozen CPUs wide. `base` follows V
 * whenever they are 2^30 ns apart. The largest |v - base| of a member is the limit at weight 1 (20 ms: 2^35 ns of vtime)
 * inflated, so w * (v - base) stays below 2^17 * 2^35 = 2^52 a task.
 */
#ifndef __SCX_DOMAINS_CLOCK_H
#define __SCX_DOMAINS_CLOCK_H

#define REBASE_NS (1LL << 30)
/* Of vtime: what a task that could not follow may be owed when it can again. */
#define FAR_LAG_NS (1000LL * 1000 * 1000)

/* Run time to vtime and back. */
static __always_inline u64 to_vtime(u64 run_ns, u64 weight)
{
	return run_ns * WEIGHT_NICE_0 / (weight ?: 1);
}

static __always_inline s64 div_signed(s64 value, u64 by)
{
	return value < 0 ? -(s64)((u64)-value / by) : (s64)((u64)value / by);
}

/* V from a consistent snapshot. An empty domain's clock stands. */
static __always_inline u64 clock_value(u64 base, s64 weighted, u64 weight)
{
	return weight ? base + div_signed(weighted, weight) : base;
}

/* The domain's clock now, vns. */
static u64 clock_read(struct domain_state *state)
{
	u64 base, weight;
	s64 weighted;

	bpf_spin_lock(&state->lock);
	base = state->base;
	weighted = state->weighted;
	weight = state->weight;
	bpf_spin_unlock(&state->lock);
	return clock_value(base, weighted, weight);
}

/* Bound a vtime to `credit_ns` before and lag_limit_ns behind the clock, both in the task's own run time. */
static __always_inline u64 bounded_vtime(u64 clock, u64 vtime, u64 weight, u64 credit_ns)
{
	s64 lag = clock - vtime;
	s64 credit = to_vtime(credit_ns, weight);
	s64 debt = to_vtime(lag_limit_ns, weight);

	if (lag > credit)
		return clock - credit;
	if (lag < -debt)
		return clock + debt;
	return vtime;
}

/* Take a term into the clock's sum. Under the lock. */
static __always_inline void clock_add(struct domain_state *state, u64 weight, u64 vtime)
{
	if (!state->weight) {
		/* the first one sets the clock: an average of one */
		state->base = vtime;
		state->weighted = 0;
	}
	state->weighted += (s64)weight * (s64)(vtime - state->base);
	state->weight += weight;
}

/* Take a term out. Under the lock. The last one leaves the clock where it stands: the mean of one is its vtime. */
static __always_inline void clock_remove(struct domain_state *state, u64 weight, u64 vtime)
{
	state->weighted -= (s64)weight * (s64)(vtime - state->base);
	state->weight -= weight;
	if (!state->weight) {
		state->base = vtime;
		state->weighted = 0;
	}
}

#endif
