/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Turns on the fast CPUs, with --fair-progress.
 *
 * Problem. Of eight hogs on four P-cores and four E-cores of half the speed each has a CPU, and nobody waits for any. Those on the
 * E-cores get half as much done, for ever: no queue's order changes that, and no flow, since no domain has more than its CPUs.
 *
 * Mechanism. All clocks run in ms of a fastest CPU (progress.bpf.h). Who runs on and on where CPUs are slow compares at its ticks
 * what it has got done since it came there with what the tasks of the nearest fastest domain have, by that domain's clock. When it
 * has fallen behind by what a task may be owed at most, it waits there, with that much credit, and the CPU whose task is
 * furthest ahead makes way for it. Its own CPU is idle then and takes whoever is displaced.
 *
 * Example: eight equal hogs as above. One on an E-core falls behind by 1 ms in 2: after 40 ms, and up to a tick, it changes places
 * with the one that has been on a P-core for longest. Each of the eight is on P-cores for half of the time, and gets 3/4 of a
 * fastest CPU. Of ten hogs, six on P-cores get 2/3 there, and E-cores give 1/2: turns come three times as seldom.
 *
 * Measured in the lab (hybrid-4p4e, as above, 7.3, two seeds), the mean distance of what a hog got done from the mean of all: of 6
 * hogs 27 %, with turns 1.6 %; of 8, 32 % and 2.2 %; of 12, which wait in queues, 1.2 % and 0.5 %. All of them together got 0.8 %
 * less done.
 *
 * Limits. It costs a migration each way. Who is pinned, or may not run on a fastest CPU, has no turn; nor has who sleeps: it wakes
 * up where there is room. Between classes that are both slow there are no turns.
 */
#ifndef __SCX_DOMAINS_TURNS_H
#define __SCX_DOMAINS_TURNS_H

/* The nearest domain of the fastest class that the task may run in; NO_DOMAIN: there is none. */
static u32 fastest_domain(const struct task_struct *p, u32 home)
{
	u32 fastest = nearest_of_class(home, 0);
	const struct cpumask *mask = domain_mask(fastest);

	return mask && bpf_cpumask_intersects(mask, p->cpus_ptr) ? fastest : NO_DOMAIN;
}

/*
 * By how much vtime (ns) a task that runs on and on where CPUs are slow has fallen behind those of `fastest` since it came there;
 * the first look begins to count.
 */
static s64 fallen_behind(struct task_ctx *tctx, u32 fastest)
{
	struct domain_state *state = domain_state(fastest);
	s64 lead;

	if (!state)
		return 0;
	lead = clock_read(state) - tctx->vtime;
	if (!tctx->compares) {
		tctx->compares = true;
		tctx->lead = lead;
	}
	return lead - tctx->lead;
}

/* Should a task that runs, or did until now, have its turn on a fast CPU? Global: verified once. */
__noinline bool has_turn(struct task_struct *p __arg_trusted)
{
	struct task_ctx *tctx = task_ctx(p);
	u32 fastest;

	if (!tctx || !tctx->member || !is_misfit(p, tctx, class_of_domain(tctx->home)) || is_pinned(p))
		return false;
	fastest = fastest_domain(p, tctx->home);
	return fastest != NO_DOMAIN && fallen_behind(tctx, fastest) > (s64)to_vtime(lag_limit_ns, tctx->weight);
}

#endif
