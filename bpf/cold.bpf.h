/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a task waits that has nothing warm anywhere, if no CPU is idle: one that is new, or that comes back from a long sleep.
 *
 * Problem. Left alone a new task waits where its parent ran. Of 16 hogs that one thread starts on two nodes of four CPUs, eight
 * find idle CPUs and the others all wait in the parent's domain, until flows take four of them away: from memory that they have
 * touched by then. One that comes back waits where it ran last, however crowded that has become meanwhile.
 *
 * Mechanism. It has no data in caches, so this is the time to choose: of the domain that it comes from and the nearest
 * MAX_COLD_PLACES others, the one that has the least load for its capacity. The one that it comes from, where what it shares with
 * others is warm, is left only for one that has no more to do with the newcomer than this one without it. Example: loads of 7 and
 * 6 on domains of four CPUs, and a newcomer of 1: it goes, 7 and 7. With 7 and 6.5 it stays: gone, the other one would be the
 * crowded one. A new task hardly has memory yet and may go to any node; one that comes back has its own where it was, and stays in
 * the node; and in the class of CPUs that it is on, which is chosen by other means (class.bpf.h).
 *
 * Source: the kernel's fair class looks for the idlest group at a fork likewise (sched_balance_find_dst_group, kernel/sched/fair.c).
 *
 * Limits. Loads are read without their locks, and what a flow has under way is not in them: one choice may be wrong, and flows mend
 * it.
 */
#ifndef __SCX_DOMAINS_COLD_H
#define __SCX_DOMAINS_COLD_H

#define MAX_COLD_PLACES 16
/* Who has slept for longer finds nothing in an L2 that others have had meanwhile: five turns of theirs, and no CPU was idle. */
#define COLD_NS (20ULL * 1000 * 1000)

/* What the online CPUs of a domain can do together, 1024 a CPU of the fastest class; 0: none is there. */
static u64 online_capacity(u32 domain, const struct domain_state *state)
{
	return (u64)state->nr_online * class_capacity[class_of_domain(domain)];
}

/* A CPU to wait at: of the domain that has the least load for its capacity. Global: verified once. */
__noinline s32 thinnest_place(struct task_struct *p __arg_trusted, s32 prev_cpu, u32 is_new)
{
	u32 home = domain_of_cpu(prev_cpu), best = home, i, cpu;
	struct domain_state *state = domain_state(home);
	const struct task_ctx *tctx = task_ctx(p);
	u64 least, least_capacity, load, capacity, there, here;
	const struct near_domain *next;
	const struct cpumask *mask;

	if (!state || !tctx || (!is_new && time_delta(scx_bpf_now(), tctx->changed_at) < COLD_NS))
		return prev_cpu;
	least = state->load_weight;
	least_capacity = online_capacity(home, state);
	bpf_for(i, 0, nr_domains - 1) {
		if (i >= MAX_COLD_PLACES || !(next = neighbour(home, i)) || !(state = domain_state(next->domain)) ||
		    !(mask = domain_mask(next->domain)))
			break;
		if (!is_new && (next->proximity == NEAR_REMOTE || class_of_domain(next->domain) != class_of_domain(home)))
			continue;
		load = state->load_weight + tctx->load_weight;
		capacity = online_capacity(next->domain, state);
		there = load * least_capacity;
		here = least * capacity;
		if (there > here || (there == here && best != home) || !bpf_cpumask_intersects(mask, p->cpus_ptr))
			continue;
		best = next->domain;
		least = load;
		least_capacity = capacity;
	}
	if (best == home || !(mask = domain_mask(best)))
		return prev_cpu;
	cpu = bpf_cpumask_any_and_distribute(mask, p->cpus_ptr);
	return cpu < nr_cpus ? (s32)cpu : prev_cpu;
}

#endif
