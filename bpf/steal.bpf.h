/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Work that a CPU takes from another domain when it has none.
 *
 * Problem. A CPU that takes whatever it can find takes hogs away from their memory for the millisecond that a sleeper needs on
 * their own CPU, and it takes as long to bring them back. One that takes nothing leaves work undone.
 *
 * Mechanism. A task may be taken once it has waited for as long as its distance says: at once in the LLC, steal_delay_ns of
 * its node or of another node else. (2 ms is what it takes to bring 20 MB over at 10 GB/s.) Idle CPUs do not tick, so each
 * domain has a timer. It is started where a task is queued while some CPU is idle, and where a CPU finds nothing that it may
 * take yet. When it fires, whoever has waited long enough gets an idle CPU: one of the node, or after the longer time any.
 * That CPU is kicked, and takes from queues by itself, nearest first: of each, the first that has waited long enough.
 *
 * Limits. MAX_WAITING tasks of a queue are looked at: the first by vtime.
 */
#ifndef __SCX_DOMAINS_STEAL_H
#define __SCX_DOMAINS_STEAL_H

/* By proximity, never less for farther. Userspace sets those of the node and of other nodes. */
SETTING u64 steal_delay_ns[NEAR_REMOTE + 1] = { 0, 500 * 1000, 2000 * 1000 };

#define MAX_WAITING 8

struct steal_timer {
	struct bpf_timer timer;
	u64 due_at; /* ns; 0: it does not run */
};

SIZED_ARRAY(steal_timers, struct steal_timer); /* nr_domains */

/* Look at a domain's queue again in `ns`, unless it is looked at before that anyway. */
static void look_again(u32 domain, u64 ns, u64 now)
{
	struct steal_timer *timer = bpf_map_lookup_elem(&steal_timers, &domain);
	u64 due_at = now + ns, before;

	if (!timer)
		return;
	before = timer->due_at;
	if ((before && !time_before(due_at, before)) || !is_up())
		return;
	if (__sync_bool_compare_and_swap(&timer->due_at, before, due_at))
		bpf_timer_start(&timer->timer, ns, 0);
}

/* What take_waiting() returns where nobody waits whom the CPU may run. */
#define NOBODY (~0ULL)

/*
 * Take the first of those that wait in a domain's queue that `cpu` may run and that has waited for `delay`: not just anybody,
 * because one of them has. Returns 0 if one was taken, else the ns until one may be (1 where somebody else is moving the one
 * that was found), or NOBODY.
 */
__noinline u64 take_waiting(u32 domain, s32 cpu, u64 delay, u64 now)
{
	u32 visited = unknown_zero;
	u64 soonest = NOBODY, waited;
	struct task_struct *p;
	struct task_ctx *tctx;

	bpf_for_each(scx_dsq, p, domain, 0) {
		if (++visited > MAX_WAITING)
			break;
		tctx = task_ctx_fallible(p);
		if (!tctx || !tctx->queued_at || !bpf_cpumask_test_cpu(cpu, p->cpus_ptr))
			continue;
		waited = time_delta(now, tctx->queued_at);
		if (waited >= delay) {
			soonest = !scx_bpf_dsq_move(BPF_FOR_EACH_ITER, p, DSQ_LOCAL, 0);
			break;
		}
		if (delay - waited < soonest)
			soonest = delay - waited;
	}
	return soonest;
}

/* Take a task from a domain that is that near, if one may be taken yet: if not, it is looked at again when one may. */
static bool steal_from(u32 domain, u32 proximity, s32 cpu, u64 now)
{
	u64 delay = steal_delay_ns[proximity > NEAR_REMOTE ? NEAR_REMOTE : proximity], soonest;

	if (scx_bpf_dsq_nr_queued(domain) <= 0)
		return false;
	if (!delay)
		return scx_bpf_dsq_move_to_local(domain, 0);
	soonest = take_waiting(domain, cpu, delay, now);
	if (soonest && soonest != NOBODY)
		look_again(domain, soonest, now);
	return !soonest;
}

/* Take a task from the nearest domain that has one for this CPU; false if there is none. */
static bool steal(s32 cpu, u32 domain, u64 now)
{
	const struct near_domain *next;
	u32 i;

	bpf_for(i, 0, nr_domains - 1) {
		next = neighbour(domain, i);
		if (!next)
			return false;
		if (steal_from(next->domain, next->proximity, cpu, now)) {
			count(cpu, next->proximity == NEAR_LLC	? COUNT_STOLEN_LLC :
				   next->proximity == NEAR_NODE ? COUNT_STOLEN_NODE :
								  COUNT_STOLEN_REMOTE);
			return true;
		}
	}
	return false;
}

/* A task has been queued in `domain` and no CPU near it is idle. If one is elsewhere, it shall come when it may. */
static void offer_far(u32 domain, u64 now)
{
	const struct cpumask *online = stealing_enabled && nr_domains > 1 ? online_mask() : NULL;

	if (online && any_idle(online))
		look_again(domain, steal_delay_ns[NEAR_NODE] ?: 1, now);
}

/* Kick an idle CPU for one that waits in a domain's queue: of its node, else from as far as it has waited for. False: none. */
static bool call_for(struct task_struct *p, const struct cpumask *node, const struct cpumask *online, u64 waited)
{
	s32 cpu;

	if (waited < steal_delay_ns[NEAR_NODE])
		return false;
	cpu = claim_idle_in(p, node, 0);
	if (cpu < 0 && waited >= steal_delay_ns[NEAR_REMOTE])
		cpu = claim_idle_in(p, online, 0);
	if (cpu < 0)
		return false;
	kick(cpu, KICK_IDLE);
	return true;
}

/* The timer of a domain: call idle CPUs for those that wait there, and look again when the next of them has waited long enough. */
static int steal_due(void *map, int *key, struct steal_timer *timer)
{
	u32 domain = *key, visited = unknown_zero;
	struct domain_config *config = domain_config_fallible(domain);
	u64 now = scx_bpf_now(), shortest = ~0ULL, waited;
	const struct cpumask *node, *online;
	struct task_struct *p;
	struct task_ctx *tctx;
	bool idlers;

	timer->due_at = 0;
	if (!config || scx_bpf_dsq_nr_queued(domain) <= 0)
		return 0;
	bpf_rcu_read_lock();
	node = slot_mask(&area_masks, config->node_mask);
	online = online_mask();
	bpf_for_each(scx_dsq, p, domain, 0) {
		if (!node || !online || ++visited > MAX_WAITING)
			break;
		tctx = task_ctx_fallible(p);
		if (!tctx || !tctx->queued_at)
			continue;
		waited = time_delta(now, tctx->queued_at);
		if (!call_for(p, node, online, waited) && waited < shortest)
			shortest = waited;
	}
	idlers = online && any_idle(online);
	bpf_rcu_read_unlock();
	/* past both delays, a CPU that goes idle finds it by itself */
	if (shortest < steal_delay_ns[NEAR_NODE])
		look_again(domain, steal_delay_ns[NEAR_NODE] - shortest, now);
	else if (shortest < steal_delay_ns[NEAR_REMOTE] && idlers)
		look_again(domain, steal_delay_ns[NEAR_REMOTE] - shortest, now);
	return 0;
}

/* Global: verified once, and the callback with it. */
__noinline int init_steal_timer(u32 domain)
{
	struct steal_timer *timer = bpf_map_lookup_elem(&steal_timers, &domain);
	s32 ret;

	if (!timer)
		return -ENOENT;
	ret = bpf_timer_init(&timer->timer, &steal_timers, 1 /* CLOCK_MONOTONIC */);
	return ret ?: bpf_timer_set_callback(&timer->timer, steal_due);
}

#endif
