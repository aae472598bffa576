/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which idle CPU a task gets.
 *
 * The kernel's own idle masks are used: taking a CPU from them clears its bit, so two wakers never take the same one.
 * Near memory and caches count more than an empty sibling far away, so the order is
 *
 *	1. where SMT is on, a whole idle core: the previous one, then one in the domain, the LLC, the node
 *	2. the previous CPU, then any idle CPU in the domain, the LLC, the node
 *	3. for a task that is new, anywhere else that it may run, whole cores first
 *
 * If none is idle, one that is new or has slept long waits where the load is least (cold.bpf.h).
 *
 * Whose memory, or whose process's GPU, is on another node gets any idle CPU of that first (memory.bpf.h).
 * CPUs that are not parked come first of all (park.bpf.h), and of a domain's those that are better (preferred.bpf.h).
 *
 * With several core classes, an idle CPU of the class that the task should be on comes before these, from the nearest domain
 * that has such: but where nothing of that class is idle, any CPU is better than a queue. While some are parked, what spills over
 * to another class of its node has the first idle CPU of that, not just any, so that it keeps few awake.
 *
 * Any other has its data in its node, and waits a moment before a CPU of another node may take it (steal.bpf.h).
 *
 * A synchronous waker (it says that it is about to sleep) hands its own CPU over to one that is due by its vtime, or where
 * nobody waits: the data is in its cache, and no queue is touched. (32 pairs on 8 emulated CPUs: 17 thousand round trips a
 * second through the domain's queue, 23 with the CPU handed on.) It is believed if it is ours and has been known to sleep: a
 * softirq wakes with the same flag, on top of whatever hog it interrupted. If the waker runs on after all, a tick makes way
 * (tick() in account.bpf.h).
 */
#ifndef __SCX_DOMAINS_IDLE_H
#define __SCX_DOMAINS_IDLE_H

/* Pick and claim an idle CPU in `area` that the task may run on; < 0 if there is none. */
static s32 claim_idle_in(const struct task_struct *p, const struct cpumask *area, u64 flags)
{
	const struct cpumask *allowed = allowed_of(p, area);

	return allowed ? scx_bpf_pick_idle_cpu(allowed, flags) : -EBUSY;
}

/* The same in a domain, the best CPU first. */
static s32 claim_idle_of(const struct task_struct *p, u32 domain, u64 flags)
{
	const struct cpumask *mask = domain_mask(domain), *allowed = mask ? allowed_of(p, mask) : NULL;

	return allowed ? pick_idle_of(domain, allowed, flags) : -EBUSY;
}

/* Claim `cpu` if its whole core is idle. */
static bool claim_whole_core(s32 cpu)
{
	const struct cpumask *idle_cores = scx_bpf_get_idle_smtmask();
	bool whole = bpf_cpumask_test_cpu(cpu, idle_cores);

	scx_bpf_put_idle_cpumask(idle_cores);
	return whole && scx_bpf_test_and_clear_cpu_idle(cpu);
}

/*
 * Claim an idle CPU of another class in the node, where some are parked: of the slowest class first, always the first that is idle
 * in the order of its domain. So what spills over wakes few CPUs, and the others sleep deeply. Global: verified once.
 */
__noinline s32 claim_spill(struct task_struct *p __arg_trusted, u32 domain)
{
	struct domain_config *here = domain_config(domain), *there;
	const struct cpumask *mask;
	s32 cpu = -EBUSY;
	u32 i, to;

	if (!here)
		return -ENOENT;
	bpf_for(i, 0, MAX_CLASSES) {
		if (i >= nr_classes)
			break;
		to = nearest_of_class(domain, nr_classes - 1 - i);
		if (to == domain || !(there = domain_config(to)) || there->node != here->node ||
		    !(mask = domain_mask(to)) || !(mask = allowed_of(p, mask)))
			continue;
		cpu = best_idle(to, mask, ANY_RANK, smt_enabled);
		if (cpu >= 0 && scx_bpf_test_and_clear_cpu_idle(cpu))
			break;
		cpu = -EBUSY;
	}
	return cpu;
}

/* Claim an idle CPU in the domain, its LLC or its node, nearest first. */
static s32 claim_idle_near(struct task_struct *p, u32 domain, const struct domain_config *config, u64 flags)
{
	const struct cpumask *llc = slot_mask(&area_masks, config->llc_mask);
	const struct cpumask *node = slot_mask(&area_masks, config->node_mask);
	s32 cpu;

	if (!llc || !node)
		return -ENOENT;
	cpu = claim_idle_of(p, domain, flags);
	if (cpu < 0 && nr_classes > 1 && nr_parked)
		cpu = claim_spill(p, domain);
	if (cpu < 0 && config->shares_llc)
		cpu = claim_idle_in(p, llc, flags);
	return cpu >= 0 ? cpu : claim_idle_in(p, node, flags);
}

/*
 * Claim an idle CPU of the class that a task should be on, if that is another than its domain's; < 0 if there is none. One that
 * spilled over onto a parked CPU does not keep that awake by coming back to it.
 */
static s32 claim_idle_in_class(struct task_struct *p, s32 prev_cpu, u32 domain, const struct domain_config *config)
{
	const struct task_ctx *tctx = task_ctx(p);
	s32 cpu;
	u32 to;

	if (!tctx || tctx->class == config->class || (to = nearest_of_class(domain, tctx->class)) == domain)
		return -EBUSY;
	cpu = claim_idle_of(p, to, smt_enabled ? PICK_WHOLE_CORE : 0);
	return cpu >= 0 || !nr_parked || is_awake(prev_cpu) ? cpu : claim_spill(p, to);
}

/* Is a better CPU of the domain worth to a task what it costs to leave the one where it was? */
static bool is_worth_moving(struct task_struct *p, u32 domain)
{
	const struct task_ctx *tctx = task_ctx(p);

	return tctx && tctx->duty >= MOVES_FROM_DUTY &&
	       (nr_classes == 1 || nearest_of_class(domain, tctx->class & (MAX_CLASSES - 1)) == domain);
}

/* The best idle CPU of the domain of `cpu` that is better than it, and not parked; < 0 if there is none. Global: verified once. */
__noinline s32 better_idle(struct task_struct *p __arg_trusted, s32 cpu)
{
	u32 rank = rank_of_cpu(cpu), domain = domain_of_cpu(cpu);
	const struct cpumask *mask = rank ? domain_mask(domain) : NULL;

	if (!mask || !(mask = nr_parked ? awake_of(p, mask) : allowed_of(p, mask)))
		return -EBUSY;
	return best_idle(domain, mask, rank, smt_enabled);
}

/* Claim that one. */
static s32 claim_better(struct task_struct *p, s32 cpu)
{
	s32 better = better_idle(p, cpu);

	return better >= 0 && scx_bpf_test_and_clear_cpu_idle(better) ? better : -EBUSY;
}

/* Put a task that is being enqueued onto `cpu`, which has been claimed for it. False if none has (< 0). */
static bool put_onto(struct task_struct *p, s32 cpu, enum counter counter, u64 enq_flags)
{
	if (cpu < 0)
		return false;
	count(bpf_get_smp_processor_id(), counter);
	scx_bpf_dsq_insert(p, DSQ_LOCAL_ON | cpu, slice_ns, enq_flags);
	return true;
}

/*
 * Is any CPU of the machine idle? Under load there is none most of the time, and this is cheaper than to look everywhere. The
 * kernel's mask keeps those that were idle when they went offline.
 */
static bool any_idle(const struct cpumask *online)
{
	const struct cpumask *idle = scx_bpf_get_idle_cpumask();
	bool any = bpf_cpumask_intersects(idle, online);

	scx_bpf_put_idle_cpumask(idle);
	return any;
}

/* Claim an idle CPU of the node that has its memory, for a task that is elsewhere; < 0: there is none. Global: verified once. */
__noinline s32 claim_idle_at_memory(struct task_struct *p __arg_trusted, u32 domain)
{
	const struct cpumask *area = memory_elsewhere(p, domain);

	return area ? claim_idle_in(p, area, 0) : -EBUSY;
}

/* The CPU from which to look for an idle one: where the task was, if that is in the domain where it waits now. */
static s32 cpu_near(const struct task_struct *p, u32 domain)
{
	s32 last = scx_bpf_task_cpu(p);
	struct domain_config *config;
	s32 cpu;

	if (domain_of_cpu(last) == domain || !(config = domain_config(domain)))
		return last;
	cpu = domain_cpu(config, 0);
	return cpu < 0 ? last : cpu;
}

/*
 * Claim the best idle CPU for a task that last ran on `prev_cpu`; < 0 if no idle CPU may run it. CPUs of other nodes are looked
 * at only if it may go `far`.
 */
static s32 claim_idle_cpu(struct task_struct *p, s32 prev_cpu, bool far)
{
	u32 domain = domain_of_cpu(prev_cpu);
	struct domain_config *config = domain_config(domain);
	bool prev_allowed = bpf_cpumask_test_cpu(prev_cpu, p->cpus_ptr);
	const struct cpumask *online = online_mask();
	s32 cpu;

	if (!config || !online)
		return -ENOENT;
	if (!any_idle(online))
		return -EBUSY;
	if (several_nodes) {
		cpu = claim_idle_at_memory(p, domain);
		if (cpu >= 0)
			return cpu;
	}
	if (ranks_differ && is_worth_moving(p, domain)) {
		cpu = claim_better(p, prev_cpu);
		if (cpu >= 0)
			return cpu;
	}
	if (nr_parked) {
		cpu = claim_awake(p, prev_cpu);
		if (cpu >= 0)
			return cpu;
	}
	if (nr_classes > 1) {
		cpu = claim_idle_in_class(p, prev_cpu, domain, config);
		if (cpu >= 0)
			return cpu;
	}
	if (smt_enabled) {
		if (prev_allowed && claim_whole_core(prev_cpu))
			return prev_cpu;
		cpu = claim_idle_near(p, domain, config, PICK_WHOLE_CORE);
		if (cpu >= 0)
			return cpu;
	}
	if (prev_allowed && scx_bpf_test_and_clear_cpu_idle(prev_cpu))
		return prev_cpu;
	cpu = claim_idle_near(p, domain, config, 0);
	/* the kernel prefers whole cores by itself, and takes any idle CPU of the mask if there are none */
	return cpu >= 0 || !far ? cpu : claim_idle_in(p, online, 0);
}

/* Wakers that are runnable for more than this share of their time (of 1024) are not about to sleep. */
#define MAX_SYNC_DUTY 960

/*
 * Is the task next by its vtime, or as good as that? Those who hand a CPU to each other may get ahead of the clock by the
 * margin by which others may run ahead of one that wakes up, and then stand in line. (The clock is read without its
 * lock: what a torn read costs is one choice.)
 */
static bool is_due(struct task_struct *p, const struct domain_state *state, u32 domain)
{
	const struct task_ctx *tctx = task_ctx_fallible(p);
	u64 clock = clock_value(state->base, state->weighted, state->weight);

	return !in_order_of_arrival && tctx && tctx->home == domain &&
	       !time_after(tctx->vtime, clock + to_vtime(preempt_margin_ns, tctx->weight));
}

/* Does anybody wait whom `cpu` could run? Where all of its domain's tasks run, nobody does; else its queues tell. */
static bool somebody_waits(s32 cpu, const struct domain_state *state, u32 domain)
{
	if (state->nr_runnable <= state->nr_running)
		return false;
	return scx_bpf_dsq_nr_queued(cpu_dsq(cpu)) || scx_bpf_dsq_nr_queued(domain);
}

/* May a task woken by a waker that is about to sleep have the waker's CPU? */
static bool can_take_over(struct task_struct *p, const struct cpu_state *here, s32 cpu)
{
	struct task_struct *waker = (struct task_struct *)bpf_get_current_task_btf();
	u32 domain = domain_of_cpu(cpu);
	const struct domain_state *state = domain_state(domain);

	return state && here->running_weight && !here->handed_on && !here->make_way && here->running_duty <= MAX_SYNC_DUTY &&
	       !(waker->flags & PF_EXITING) &&
	       (p->nr_cpus_allowed >= nr_cpus || bpf_cpumask_test_cpu(cpu, p->cpus_ptr)) &&
	       !scx_bpf_dsq_nr_queued(DSQ_LOCAL_ON | cpu) &&
	       (is_due(p, state, domain) || !somebody_waits(cpu, state, domain));
}

/*
 * Wake an idle CPU of `domain` that may run a task which has been put into the domain's queue from elsewhere. For a task
 * that may run on some of them only, one of those is asked, and may be busy: whoever runs there will come to the queue.
 */
static __always_inline void kick_idle_in(const struct task_struct *p, u32 domain)
{
	const struct cpumask *mask = domain_mask(domain);
	s32 cpu;

	if (!mask)
		return;
	cpu = p->nr_cpus_allowed >= nr_cpus ? scx_bpf_pick_idle_cpu(mask, 0) :
					      (s32)bpf_cpumask_any_and_distribute(mask, p->cpus_ptr);
	if (cpu >= 0 && cpu < nr_cpus)
		kick(cpu, KICK_IDLE);
}

s32 BPF_STRUCT_OPS(domains_select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	s32 this_cpu = bpf_get_smp_processor_id(), cpu;
	struct cpu_state *here = cpu_state(this_cpu);

	if (!here)
		return prev_cpu;
	here->waking_softly = (wake_flags & WAKE_SYNCHRONOUS) && here->running_weight;
	if ((wake_flags & WAKE_SYNCHRONOUS) && can_take_over(p, here, this_cpu)) {
		here->counters[COUNT_SYNC_HANDOVER]++;
		here->handed_on = true;
		scx_bpf_dsq_insert(p, DSQ_LOCAL, slice_ns, 0);
		return this_cpu;
	}
	cpu = claim_idle_cpu(p, prev_cpu, wake_flags & WAKE_NEW);
	if (cpu < 0)
		return nr_domains > 1 ? thinnest_place(p, prev_cpu, (wake_flags & WAKE_NEW) != 0) : prev_cpu;
	here->counters[COUNT_IDLE_DIRECT]++;
	scx_bpf_dsq_insert(p, DSQ_LOCAL, slice_ns, 0);
	return cpu;
}

#endif
