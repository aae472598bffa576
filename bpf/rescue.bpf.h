/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Nobody waits longer than a quarter of the watchdog's time, whatever its weight.
 *
 * Fair weights alone cannot promise that: with two tasks at nice -20 and one at nice 19 on a CPU, the light one is due
 * for 4 ms every 47 s, and the kernel's watchdog ends a scheduler that lets a task wait for 30. So once a second, a CPU
 * that dispatches walks its own DSQ and, for all of its domain, the domain's, and puts first whoever has waited longer
 * than rescue_after_ns (an eighth of the watchdog's time: 3.75 s + 1 s + a few slices is well below 7.5 s). This is
 * counted. It costs nobody vtime: the rescued task pays for what it runs like any other.
 *
 * The walk also finds tasks that wait where nobody may run them any more (a CPU that went offline between the choice of
 * the domain and the insertion). A domain that nobody has walked for two periods is not dispatching at all: its CPUs are
 * offline, or real-time tasks have all of them. Whoever walks next takes over those that have waited too long there.
 *
 * Who had to wait for a second, and is in the middle of an RCU read-side section when its turn ends, goes on for up to
 * LATE_TURN_NS: the whole machine waits for such a section to end, and the kernel throws a scheduler out under which that takes
 * 21 s. (Among 240 hogs a CPU, khugepaged at nice 19 copied a huge page in six turns, and had one each 4 s.) Anybody else has its
 * next turn soon. It pays for it like any other.
 *
 * Limits. MAX_RESCUE_WALK tasks are looked at, from the tail (late vtimes, light tasks) in odd seconds and from the head in
 * even ones.
 */
#ifndef __SCX_DOMAINS_RESCUE_H
#define __SCX_DOMAINS_RESCUE_H

#define RESCUE_PERIOD_NS (1000ULL * 1000 * 1000)
/* For a domain that has lost its last CPU: what was queued there just then may be what the unplug waits for. */
#define ORPHAN_PERIOD_NS (5ULL * 1000 * 1000)
#define MAX_RESCUE_WALK 1024
#define LATE_TURN_NS (64ULL * 1000 * 1000)

static __always_inline bool waited_too_long(const struct task_ctx *tctx, u64 now)
{
	return tctx->queued_at && time_delta(now, tctx->queued_at) >= rescue_after_ns;
}

/*
 * Put those first in a DSQ that have waited too long: that of this CPU or of its domain. A global function, like the next
 * one, so that the verifier looks at it once.
 */
__noinline int rescue_queue(u64 dsq, s32 cpu, u64 now, u32 from_tail)
{
	struct domain_state *state = domain_state(domain_of_cpu(cpu));
	u32 visited = unknown_zero;
	struct task_struct *p;
	struct task_ctx *tctx;
	u64 first;

	if (!state || scx_bpf_dsq_nr_queued(dsq) <= 0)
		return 0;
	first = first_key(state, now);
	bpf_for_each(scx_dsq, p, dsq, from_tail ? DSQ_FROM_TAIL : 0) {
		if (++visited > MAX_RESCUE_WALK)
			break;
		tctx = task_ctx_fallible(p);
		if (!tctx || !waited_too_long(tctx, now))
			continue;
		scx_bpf_dsq_move_set_vtime(BPF_FOR_EACH_ITER, first);
		if (scx_bpf_dsq_move_vtime(BPF_FOR_EACH_ITER, p, dsq, 0))
			count(cpu, COUNT_RESCUED);
	}
	return 0;
}

/*
 * Move tasks out of a domain's DSQ: those that nobody there may run to where somebody may; and where the domain is another
 * than this CPU's, those that have waited too long to this CPU's.
 */
__noinline int relocate_queue(u32 domain, s32 cpu, u64 now)
{
	u32 own = domain_of_cpu(cpu), visited = unknown_zero, to;
	const struct cpumask *mask = domain_mask(own);
	struct task_struct *p;
	struct task_ctx *tctx;

	if (!mask || scx_bpf_dsq_nr_queued(domain) <= 0)
		return 0;
	bpf_for_each(scx_dsq, p, domain, 0) {
		if (++visited > MAX_RESCUE_WALK)
			break;
		tctx = task_ctx_fallible(p);
		if (!tctx)
			continue;
		to = fitting_domain(p, domain);
		if (to == domain && waited_too_long(tctx, now) && bpf_cpumask_intersects(mask, p->cpus_ptr))
			to = own;
		if (to != domain)
			move_queued(BPF_FOR_EACH_ITER, p, tctx, to, now);
	}
	return 0;
}

/* The queues of domains that do not dispatch. */
static void relocate_orphans(s32 cpu, u64 now)
{
	struct domain_state *state;
	u32 i;

	bpf_for(i, 0, nr_domains) {
		state = domain_state(i);
		if (state && (!state->nr_online || time_after(now, state->rescue_at + 2 * RESCUE_PERIOD_NS)))
			relocate_queue(i, cpu, now);
	}
}

/* When queues of domains that have lost their last CPU are looked at next. */
u64 orphans_at;

/* Is it time? Moves `*at` on by `period`, so that one of several callers gets the answer yes. */
static bool due(u64 *at, u64 now, u64 period)
{
	u64 when = *at;

	return !time_before(now, when) && __sync_bool_compare_and_swap(at, when, now + period);
}

static void rescue_waiting(s32 cpu, u32 domain, u64 now)
{
	struct cpu_state *here = cpu_state(cpu);
	struct domain_state *state = domain_state(domain);
	bool from_tail = (now / RESCUE_PERIOD_NS) & 1;

	if (!here || !state)
		return;
	if (nr_orphans && due(&orphans_at, now, ORPHAN_PERIOD_NS))
		relocate_orphans(cpu, now);
	if (due(&here->rescue_at, now, RESCUE_PERIOD_NS))
		rescue_queue(cpu_dsq(cpu), cpu, now, from_tail);
	if (due(&state->rescue_at, now, RESCUE_PERIOD_NS)) {
		relocate_queue(domain, cpu, now);
		rescue_queue(domain, cpu, now, from_tail);
		relocate_orphans(cpu, now);
	}
}

/* Does `prev`, whose turn has ended, finish a section that it had to wait long for? */
static bool finishes_section(const struct task_struct *prev, const struct cpu_state *here, u64 now)
{
	return here->late && bpf_core_field_exists(prev->rcu_read_lock_nesting) && prev->rcu_read_lock_nesting > 0 &&
	       time_delta(now, here->started_at) < LATE_TURN_NS;
}

#endif
