/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who is stuck does not hold the clock back.
 *
 * Problem. The clock is the mean of its members' vtimes, and one that waits for a CPU that a real-time task has taken stands
 * still. With three hogs on the domain's other CPU and one stuck, the mean falls behind the three by a quarter of what they
 * run. After 80 ms they are at the limit ahead of it, are put back there, stand still in vtime as well, and whoever runs
 * goes on without end. (Seen: 0.6 s.) A kworker whose CPU a hog at nice -20 has is stuck as well: that hog is owed more than
 * a CPU can give, and so is ahead of it for seconds. Nobody who is not charged can find out for itself that it cannot follow.
 *
 * Mechanism. At each tick a CPU looks at one of its domain, in turn, itself too. What waits in that CPU's own DSQ and is
 * behind the clock by more than the limit is taken out of the clock, as follow_clock does it for who runs. It keeps its
 * vtime, and comes back into the mean when it has run and is within the limit again, like any other that could not follow.
 *
 * Limits. What waits in the domain's DSQ and may run on such CPUs only is left to the rescue. In a domain of n CPUs of which
 * one ticks, it takes up to n ticks to find out.
 */
#ifndef __SCX_DOMAINS_STUCK_H
#define __SCX_DOMAINS_STUCK_H

/* Tasks that are looked at in one DSQ. */
#define MAX_STUCK_WALK 64

/* Take who waits in a CPU's own DSQ and cannot follow out of its domain's clock. Global: verified once. */
__noinline int unclock_queue(u64 dsq, u32 domain)
{
	struct domain_state *state = domain_state(domain);
	u32 visited = unknown_zero;
	struct task_struct *p;
	struct task_ctx *tctx;
	u64 clock;

	if (!state)
		return 0;
	clock = clock_read(state);
	bpf_for_each(scx_dsq, p, dsq, 0) {
		if (++visited > MAX_STUCK_WALK)
			break;
		tctx = task_ctx_fallible(p);
		if (tctx && tctx->in_clock && (s64)(clock - tctx->vtime) > (s64)to_vtime(lag_limit_ns, tctx->weight))
			leave_clock(tctx, domain);
	}
	return 0;
}

/* Look at the next CPU of the domain: is anybody stuck there? */
static void look_for_stuck(u32 domain, struct cpu_state *here)
{
	struct domain_config *config = domain_config(domain);
	s32 cpu;

	if (!config)
		return;
	cpu = domain_cpu(config, here->looked_at);
	here->looked_at = cpu < 0 ? 0 : here->looked_at + 1;
	if (cpu >= 0 && scx_bpf_dsq_nr_queued(cpu_dsq(cpu)) > 0)
		unclock_queue(cpu_dsq(cpu), domain);
}

#endif
