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
 * `lag` is bounded to LAG_LIMIT_NS of the task's own run time on both sides, whenever it is charged: a task that
 * deserves more than a CPU would otherwise collect credit for ever (and a lone light one, debt).
 *
 * Limits. A lock a domain, held for a dozen instructions; domains are at most a few dozen CPUs wide. `base` follows V
 * whenever they are 2^30 ns apart, so that w * (v - base) keeps far from overflow: w <= 88761 and |v - base| stays below
 * 2^32 (20 ms of a weight 3 task are 6.8 s of vtime: 2^33), 2^17 * 2^33 = 2^50 a task.
 */
#ifndef __SCX_DOMAINS_CLOCK_H
#define __SCX_DOMAINS_CLOCK_H

#define LAG_LIMIT_NS (20ULL * 1000 * 1000)
#define REBASE_NS (1LL << 30)

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

/*
 * Move the vtime of a member with weight `weight` by `step` and return the clock after that. The division is done
 * outside the lock; where `base` is due to follow, a second short hold moves it.
 */
static u64 clock_shift(struct domain_state *state, u64 weight, s64 step)
{
	u64 base, sum;
	s64 weighted, ahead;

	bpf_spin_lock(&state->lock);
	state->weighted += (s64)weight * step;
	base = state->base;
	weighted = state->weighted;
	sum = state->weight;
	bpf_spin_unlock(&state->lock);

	if (!sum)
		return base;
	ahead = div_signed(weighted, sum);
	if (ahead > REBASE_NS || ahead < -REBASE_NS) {
		bpf_spin_lock(&state->lock);
		if (state->base == base) {
			state->base += ahead;
			state->weighted -= ahead * (s64)state->weight;
		}
		bpf_spin_unlock(&state->lock);
	}
	return base + ahead;
}

/* Bound a vtime to `credit_ns` before and LAG_LIMIT_NS behind the clock, both in the task's own run time. */
static __always_inline u64 bounded_vtime(u64 clock, u64 vtime, u64 weight, u64 credit_ns)
{
	s64 lag = clock - vtime;
	s64 credit = to_vtime(credit_ns, weight);
	s64 debt = to_vtime(LAG_LIMIT_NS, weight);

	if (lag > credit)
		return clock - credit;
	if (lag < -debt)
		return clock + debt;
	return vtime;
}

#endif
