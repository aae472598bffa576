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
 * the domain and the insertion), and those of a domain that has lost all its CPUs.
 *
 * Limits. MAX_RESCUE_WALK tasks are looked at, from the tail (late vtimes, light tasks) and from the head by turns.
 */
#ifndef __SCX_DOMAINS_RESCUE_H
#define __SCX_DOMAINS_RESCUE_H

#define RESCUE_PERIOD_NS (1000ULL * 1000 * 1000)
#define MAX_RESCUE_WALK 1024
/* Before any vtime that a lag-bounded task can have (20 ms at weight 3 are 6.8 s of vtime). */
#define RESCUE_LEAD_NS (1ULL << 40)

/* Move what nobody in `domain` may run to where somebody may. */
static bool evict_stranded(struct bpf_iter_scx_dsq *it, struct task_struct *p, struct task_ctx *tctx, u32 domain, u64 now)
{
	u32 to = fitting_domain(p, domain);

	return to != domain && move_queued(it, p, tctx, to, now);
}

/*
 * Walk one DSQ and put those first that have waited too long. `domain` is NO_DOMAIN for a CPU's own DSQ. A global function,
 * which the verifier looks at once instead of once a caller.
 */
__noinline int rescue_queue(u64 dsq, s32 cpu, u32 domain, u64 now, u32 from_tail)
{
	struct domain_state *state = domain_state(domain_of_cpu(cpu));
	struct task_struct *p;
	struct task_ctx *tctx;
	u32 visited = unknown_zero;
	u64 first;

	if (!state || scx_bpf_dsq_nr_queued(dsq) <= 0)
		return 0;
	first = clock_read(state) - RESCUE_LEAD_NS;
	bpf_for_each(scx_dsq, p, dsq, from_tail ? DSQ_FROM_TAIL : 0) {
		if (++visited > MAX_RESCUE_WALK)
			break;
		tctx = task_ctx_fallible(p);
		if (!tctx)
			continue;
		if (domain != NO_DOMAIN && evict_stranded(BPF_FOR_EACH_ITER, p, tctx, domain, now))
			continue;
		if (!tctx->queued_at || time_delta(now, tctx->queued_at) < rescue_after_ns)
			continue;
		scx_bpf_dsq_move_set_vtime(BPF_FOR_EACH_ITER, first);
		if (scx_bpf_dsq_move_vtime(BPF_FOR_EACH_ITER, p, dsq, 0)) {
			count(cpu, COUNT_RESCUED);
			tctx->queued_at = now;
		}
	}
	return 0;
}

/* Domains that have lost all their CPUs: whoever comes by moves what is left there. */
static void rescue_orphans(s32 cpu, u64 now)
{
	struct domain_state *state;
	u32 i;

	bpf_for(i, 0, nr_domains) {
		state = domain_state(i);
		if (state && !state->nr_online)
			rescue_queue(i, cpu, i, now, false);
	}
}

/* Is it time? Moves `*at` on, so that one of several callers gets the answer yes. */
static bool due(u64 *at, u64 now)
{
	u64 when = *at;

	return !time_before(now, when) && __sync_bool_compare_and_swap(at, when, now + RESCUE_PERIOD_NS);
}

static void rescue_waiting(s32 cpu, u32 domain, u64 now)
{
	struct cpu_state *here = cpu_state(cpu);
	struct domain_state *state = domain_state(domain);
	bool from_tail = (now / RESCUE_PERIOD_NS) & 1;

	if (!here || !state)
		return;
	if (due(&here->rescue_at, now))
		rescue_queue(cpu_dsq(cpu), cpu, NO_DOMAIN, now, from_tail);
	if (due(&state->rescue_at, now)) {
		rescue_queue(domain, cpu, domain, now, from_tail);
		rescue_orphans(cpu, now);
	}
}

#endif
