/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Flows: userspace plans how much load shall go from one domain to another, this spends it, a task at a time.
 *
 * A flow is spent where a task of the domain is enqueued (spend_flow), and at once on tasks that wait in the domain's
 * DSQ (spend_on_queued, as the daemon hands the plan over: plan.bpf.h). Tasks are indivisible: one fits while its load is below
 * 4/3 of what is left, so what is applied may pass what was planned by less than a third of a task; balance/flow.rs
 * says why. What fits no task may fit a pair (swap.bpf.h).
 *
 * A new plan takes the place of the old one, and what the old one had left is given back to the daemon to be counted as
 * expired. Where no new plan comes, flows die by their own time.
 *
 * Whom to move. Of those that wait in the queue, first who loses least: has waited for SETTLED_NS or more (others have had the
 * caches since), has not been moved for SPARED_NS, has no memory here, and is as well off on the other's class of CPUs (heavy
 * ones go up, light ones down). Then anybody, but from the node where a task's memory is only where the plan says that it is
 * worth it.
 *
 * A queued task is moved without its runqueue's lock, so only its place and its key change here. Its home, and with it
 * the load, follows when it runs (running()). Until then the load is `transit`, so that the next plan does not plan it
 * again.
 */
#ifndef __SCX_DOMAINS_FLOW_H
#define __SCX_DOMAINS_FLOW_H

/* A task that was moved is left where it is for this long. */
#define MOVE_REST_NS (50ULL * 1000 * 1000)
/* Whom others are preferred to: who began to wait, or was moved, less than this ago. A slice is 4 ms. */
#define SETTLED_NS (4ULL * 1000 * 1000)
#define SPARED_NS (1000ULL * 1000 * 1000)
/* What handing over a plan looks at and moves at most, for each flow. */
#define MAX_WALK 128
#define MAX_WALK_MOVES 32

/* Does a task of this load bring the flow nearer to done? */
static __always_inline bool fits(const struct flow *flow, u64 load, s64 left)
{
	return left > 0 && load >= flow->min_load && load <= flow->max_load && load * 3 < (u64)left * 4;
}

/* Take `load` from the flow if a task of that load fits; 1 if so. Global: verified once. */
__noinline int claim_flow(struct flow *flow __arg_nonnull, u64 load)
{
	if (!fits(flow, load, flow->left))
		return 0;
	if (fits(flow, load, __sync_fetch_and_sub(&flow->left, load))) {
		__sync_fetch_and_add(&flow->applied, load);
		__sync_fetch_and_add(&flow->nr_moved, 1);
		return 1;
	}
	__sync_fetch_and_add(&flow->left, load);
	return 0;
}

static void unclaim_flow(struct flow *flow, u64 load)
{
	__sync_fetch_and_add(&flow->left, load);
	__sync_fetch_and_sub(&flow->applied, load);
	__sync_fetch_and_sub(&flow->nr_moved, 1);
}

/*
 * The load that moving this task would move; 0 for one that was moved a moment ago and rests, or, if `easily`, does not lose
 * little by a move. The sample that the plan was made for counts one in full that was runnable for all of it. Its duty would say
 * so only half a second after its birth, and twice as many newborn hogs would go as were meant. Global: verified once.
 */
__noinline u64 movable_load(const struct task_ctx *tctx __arg_nonnull, u32 easily, u64 now)
{
	if (time_delta(now, tctx->moved_at) < (easily ? SPARED_NS : MOVE_REST_NS))
		return 0;
	if (easily && (!tctx->queued_at || time_delta(now, tctx->queued_at) < SETTLED_NS))
		return 0;
	return tctx->member && time_before(tctx->changed_at, last_round_at) ? tctx->load_weight : task_load(tctx, now);
}

/* Would a task that goes from one domain to another go off its memory? */
static __always_inline bool leaves_memory(const struct task_struct *p, u32 from, u32 to)
{
	struct domain_config *here = domain_config(from), *there = domain_config(to);

	return here && there && here->node != there->node && here->node >= 0 && memory_node(p) == here->node;
}

/* Is a task that should be on `class` better off if it goes to `to`, or as well? */
static __always_inline bool suits(u32 class, u32 from, u32 to)
{
	u32 here = class_of_domain(from), there = class_of_domain(to);

	return there < here ? class <= there : there == here || class >= there;
}

/*
 * Does a flow out of `from` want a task of this load, if it may run there? Counts one that it would want but for its memory.
 * Global: verified once.
 */
__noinline bool flow_wants(struct task_struct *p __arg_trusted, struct flow *flow __arg_nonnull, u32 from, u64 load, u32 easily)
{
	if (!load || !fits(flow, load, flow->left))
		return false;
	if ((flow->off_memory && !easily) || !leaves_memory(p, from, flow->to))
		return true;
	if (!easily)
		__sync_fetch_and_add(&flow->refused_memory, 1);
	return false;
}

/* Count one that a flow wants and that may not run there. Global: verified once. */
__noinline int refuse(struct flow *flow __arg_nonnull)
{
	__sync_fetch_and_add(&flow->refused, 1);
	return 0;
}

/*
 * The domain that a task being enqueued shall wait in: the destination of the first flow that takes it, or its home. The
 * destination is read once: a new plan may take the place of this one meanwhile, and a task must not go where its mask was
 * not checked.
 */
static u32 spend_flow(struct task_struct *p, struct task_ctx *tctx, u64 now)
{
	struct domain_flows *flows = domain_flows(tctx->home);
	const struct cpumask *mask;
	u32 i, to;
	u64 load;

	if (!flows || !flows->nr || time_after(now, flows->expires_at))
		return tctx->home;
	load = movable_load(tctx, false, now);
	if (!load)
		return tctx->home;
	bpf_for(i, 0, MAX_FLOWS) {
		if (i >= flows->nr)
			break;
		to = READ_ONCE(flows->flow[i].to);
		if (!flow_wants(p, &flows->flow[i], tctx->home, load, false))
			continue;
		mask = domain_mask(to);
		if (!mask || !bpf_cpumask_intersects(mask, p->cpus_ptr)) {
			refuse(&flows->flow[i]);
			continue;
		}
		if (!claim_flow(&flows->flow[i], load))
			continue;
		tctx->moved_at = now;
		count_as_there(tctx->home, to, load, now);
		count(bpf_get_smp_processor_id(), COUNT_FLOW_ENQUEUED);
		return to;
	}
	return tctx->home;
}

/*
 * Move a task that waits in a domain's DSQ into that of `to`. Its key there is its lag on the new clock; its home and load
 * follow when it runs. `it` is the iterator that found it. (Inline: the verifier of 6.18 trips over itself when it tracks a
 * constant through this call, "backtracking exit unexpected regs".)
 */
static __always_inline bool move_queued(struct bpf_iter_scx_dsq *it, struct task_struct *p, struct task_ctx *tctx, u32 to,
					u64 now)
{
	u64 key = begin_transit(tctx, to, now);

	if (!key)
		return false;
	scx_bpf_dsq_move_set_vtime(it, key);
	if (!scx_bpf_dsq_move_vtime(it, p, to, 0)) {
		settle_transit(tctx, now);
		return false;
	}
	kick_idle_in(p, to);
	return true;
}

/*
 * Spend one flow of a domain on what waits there, from the tail: those would wait longest. With `easily`, only on those that
 * lose little. Returns how many tasks were moved. Global, so that the verifier looks at it once.
 */
__noinline int spend_on_queued(u32 src, u32 index, u32 easily, u64 now)
{
	struct domain_flows *flows = domain_flows(src);
	u32 visited = unknown_zero, moved = unknown_zero;
	const struct cpumask *mask;
	struct task_struct *p;
	struct task_ctx *tctx;
	struct flow *flow;
	u64 load;

	if (!flows)
		return 0;
	flow = &flows->flow[index & (MAX_FLOWS - 1)];
	bpf_rcu_read_lock();
	mask = domain_mask(flow->to);
	bpf_for_each(scx_dsq, p, src, DSQ_FROM_TAIL) {
		if (!mask || ++visited > MAX_WALK || moved >= MAX_WALK_MOVES)
			break;
		tctx = task_ctx_fallible(p);
		if (!tctx)
			continue;
		load = movable_load(tctx, easily, now);
		if (nr_classes > 1 && easily && !suits(tctx->class, src, flow->to))
			continue;
		if (!flow_wants(p, flow, src, load, easily))
			continue;
		if (!bpf_cpumask_intersects(mask, p->cpus_ptr)) {
			refuse(flow);
			continue;
		}
		if (!claim_flow(flow, load))
			continue;
		if (move_queued(BPF_FOR_EACH_ITER, p, tctx, flow->to, now))
			moved++;
		else
			unclaim_flow(flow, load);
	}
	bpf_rcu_read_unlock();
	return moved;
}

#endif
