/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a task that is new waits, if no CPU is idle.
 *
 * Problem. Left alone it waits where its parent ran. Of 16 hogs that one thread starts on two nodes of four CPUs, eight find idle
 * CPUs and the others all wait in the parent's domain, until flows take four of them away: from memory that they have touched by
 * then.
 *
 * Mechanism. It has no caches and hardly any memory yet, so this is the time to choose: of its parent's domain and the nearest
 * MAX_BIRTHPLACES others, the one that has the least load for its capacity. The parent's domain, where what parent and child share
 * is warm, is left only for one that has no more to do with the newcomer than this one without it. Example: loads of 7 and 6 on
 * domains of four CPUs, and a newcomer of 1: it goes, 7 and 7. With 7 and 6.5 it stays: gone, the other one would be the crowded
 * one.
 *
 * Source: the kernel's fair class looks for the idlest group at a fork likewise (sched_balance_find_dst_group, kernel/sched/fair.c).
 *
 * Limits. Loads are read without their locks, and what a flow has under way is not in them: one choice may be wrong, and flows mend
 * it.
 */
#ifndef __SCX_DOMAINS_BIRTH_H
#define __SCX_DOMAINS_BIRTH_H

#define MAX_BIRTHPLACES 16

/* What the online CPUs of a domain can do together, 1024 a CPU of the fastest class; 0: none is there. */
static u64 birth_capacity(u32 domain, const struct domain_state *state)
{
	return (u64)state->nr_online * class_capacity[class_of_domain(domain)];
}

/* A CPU for a new task to wait at: of the domain that has the least load for its capacity. Global: verified once. */
__noinline s32 birthplace(struct task_struct *p __arg_trusted, s32 prev_cpu)
{
	u32 home = domain_of_cpu(prev_cpu), best = home, i, cpu;
	struct domain_state *state = domain_state(home);
	const struct task_ctx *tctx = task_ctx(p);
	u64 least, least_capacity, load, capacity, there, here;
	const struct near_domain *next;
	const struct cpumask *mask;

	if (!state || !tctx)
		return prev_cpu;
	least = state->load_weight;
	least_capacity = birth_capacity(home, state);
	bpf_for(i, 0, nr_domains - 1) {
		if (i >= MAX_BIRTHPLACES || !(next = neighbour(home, i)) || !(state = domain_state(next->domain)) ||
		    !(mask = domain_mask(next->domain)))
			break;
		load = state->load_weight + tctx->load_weight;
		capacity = birth_capacity(next->domain, state);
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
