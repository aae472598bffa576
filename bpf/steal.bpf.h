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
 * That CPU is kicked, and takes from the queue by itself, nearest first.
 *
 * Limits. MAX_WAITING tasks of a queue are looked at: the first by vtime. One timer a domain, started again only after it has
 * fired, so a wait may last longer than its delay by the shortest delay.
 */
#ifndef __SCX_DOMAINS_STEAL_H
#define __SCX_DOMAINS_STEAL_H

/* By proximity. Userspace sets those of the node and of other nodes. */
SETTING u64 steal_delay_ns[NEAR_REMOTE + 1] = { 0, 500 * 1000, 2000 * 1000 };

#define MAX_WAITING 8

struct steal_timer {
	struct bpf_timer timer;
	u32 started;
};

SIZED_ARRAY(steal_timers, struct steal_timer); /* nr_domains */

/* Look at a domain's queue again in `ns`. */
static void look_again(u32 domain, u64 ns)
{
	struct steal_timer *timer = bpf_map_lookup_elem(&steal_timers, &domain);

	if (timer && !timer->started && !__sync_lock_test_and_set(&timer->started, 1))
		bpf_timer_start(&timer->timer, ns, 0);
}

/* How long the first of those that wait in a domain's queue, and that `cpu` may run, have waited at most, ns; 0 for none. */
__noinline u64 longest_wait(u32 domain, s32 cpu, u64 now)
{
	u32 visited = unknown_zero;
	struct task_struct *p;
	struct task_ctx *tctx;
	u64 longest = 0, waited;

	bpf_for_each(scx_dsq, p, domain, 0) {
		if (++visited > MAX_WAITING)
			break;
		tctx = task_ctx_fallible(p);
		if (!tctx || !tctx->queued_at || !bpf_cpumask_test_cpu(cpu, p->cpus_ptr))
			continue;
		waited = time_delta(now, tctx->queued_at) ?: 1;
		if (waited > longest)
			longest = waited;
	}
	return longest;
}

/* May `cpu` take from a domain that is that near? Not yet: it is looked at again when it may. */
static bool may_steal(u32 domain, u32 proximity, s32 cpu, u64 now)
{
	u64 delay = steal_delay_ns[proximity > NEAR_REMOTE ? NEAR_REMOTE : proximity], waited;

	if (scx_bpf_dsq_nr_queued(domain) <= 0)
		return false;
	if (!delay)
		return true;
	waited = longest_wait(domain, cpu, now);
	if (waited >= delay)
		return true;
	if (waited)
		look_again(domain, delay - waited);
	return false;
}

/* Take a task from the nearest domain that has one for this CPU. */
static void steal(s32 cpu, u32 domain, u64 now)
{
	struct near_domain *next;
	u32 i, slot;

	bpf_for(i, 0, nr_domains - 1) {
		slot = domain * nr_domains + i;
		next = bpf_map_lookup_elem(&neighbours, &slot);
		if (!next) {
			scx_bpf_error("no neighbour in slot %u", slot);
			return;
		}
		if (may_steal(next->domain, next->proximity, cpu, now) && scx_bpf_dsq_move_to_local(next->domain, 0)) {
			count(cpu, next->proximity == NEAR_LLC	? COUNT_STOLEN_LLC :
				   next->proximity == NEAR_NODE ? COUNT_STOLEN_NODE :
								  COUNT_STOLEN_REMOTE);
			return;
		}
	}
}

/* A task has been queued in `domain` and no CPU near it is idle. If one is elsewhere, it shall come when it may. */
static void offer_far(u32 domain)
{
	if (stealing_enabled && nr_domains > 1 && any_idle())
		look_again(domain, steal_delay_ns[NEAR_NODE] ?: steal_delay_ns[NEAR_REMOTE] ?: 1);
}

/* Kick an idle CPU for one that waits in a domain's queue, from as far as it has waited for. False: there is none. */
static bool call_for(struct task_struct *p, const struct cpumask *node, const struct cpumask *online, u64 waited)
{
	s32 cpu;

	if (waited < steal_delay_ns[NEAR_NODE] && waited < steal_delay_ns[NEAR_REMOTE])
		return false;
	cpu = claim_idle_in(p, waited >= steal_delay_ns[NEAR_REMOTE] ? online : node, 0);
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

	timer->started = 0;
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
	bpf_rcu_read_unlock();
	/* past both delays, a CPU that goes idle finds it by itself */
	if (shortest < steal_delay_ns[NEAR_NODE])
		look_again(domain, steal_delay_ns[NEAR_NODE] - shortest);
	else if (shortest < steal_delay_ns[NEAR_REMOTE] && any_idle())
		look_again(domain, steal_delay_ns[NEAR_REMOTE] - shortest);
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
