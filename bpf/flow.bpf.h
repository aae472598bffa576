/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Flows: userspace plans how much load shall go from one domain to another, this spends it, a task at a time.
 *
 * A flow is spent where a task of the domain is enqueued (spend_flow), and at once on tasks that wait in the domain's
 * DSQ (apply_plan, which the daemon runs each round). Tasks are indivisible: one fits while moving it brings the flow
 * nearer to done, load < 2 * left. So what is applied may pass what was planned by less than half a task.
 *
 * A new plan takes the place of the old one, and what the old one had left is given back to the daemon to be counted as
 * expired. Where no new plan comes, flows die by their own time.
 *
 * A queued task is moved without its runqueue's lock, so only its place and its key change here. Its home, and with it
 * the load, follows when it runs (running()). Until then the load is `transit`, so that the next plan does not plan it
 * again.
 */
#ifndef __SCX_DOMAINS_FLOW_H
#define __SCX_DOMAINS_FLOW_H

/* A task that was moved is left where it is for this long. */
#define MOVE_REST_NS (50ULL * 1000 * 1000)
/* What one run of apply_plan looks at and moves at most. */
#define MAX_WALK 128
#define MAX_WALK_MOVES 32

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct plan_exchange);
} plan_exchanges SEC(".maps");

/* Take `load` from the flow if a task of that load fits. */
static bool claim_flow(struct flow *flow, u64 load)
{
	s64 left = flow->left;

	if (left <= 0 || load < flow->min_load || load > flow->max_load || load >= 2 * (u64)left)
		return false;
	left = __sync_fetch_and_sub(&flow->left, load);
	if (left > 0 && load < 2 * (u64)left) {
		__sync_fetch_and_add(&flow->applied, load);
		__sync_fetch_and_add(&flow->nr_moved, 1);
		return true;
	}
	__sync_fetch_and_add(&flow->left, load);
	return false;
}

static void unclaim_flow(struct flow *flow, u64 load)
{
	__sync_fetch_and_add(&flow->left, load);
	__sync_fetch_and_sub(&flow->applied, load);
	__sync_fetch_and_sub(&flow->nr_moved, 1);
}

/* Claim the first flow of `flows` that takes this task; MAX_FLOWS if none does. */
static u32 claim_any_flow(struct domain_flows *flows, const struct task_struct *p, const struct task_ctx *tctx, u64 load,
			  u64 now)
{
	const struct cpumask *mask;
	u32 i;

	if (!load || time_delta(now, tctx->moved_at) < MOVE_REST_NS)
		return MAX_FLOWS;
	bpf_for(i, 0, MAX_FLOWS) {
		if (i >= flows->nr)
			break;
		mask = domain_mask(flows->flow[i].to);
		if (mask && bpf_cpumask_intersects(mask, p->cpus_ptr) && claim_flow(&flows->flow[i], load))
			return i;
	}
	return MAX_FLOWS;
}

/* The domain that a task being enqueued shall wait in: a flow's destination, or its home. */
static u32 spend_flow(struct task_struct *p, struct task_ctx *tctx, u64 now)
{
	struct domain_flows *flows = domain_flows(tctx->home);
	u32 chosen;

	if (!flows || !flows->nr || time_after(now, flows->expires_at))
		return tctx->home;
	chosen = claim_any_flow(flows, p, tctx, task_load(tctx, now), now);
	if (chosen >= MAX_FLOWS)
		return tctx->home;
	tctx->moved_at = now;
	count(bpf_get_smp_processor_id(), COUNT_FLOW_ENQUEUED);
	return flows->flow[chosen].to;
}

/*
 * Move a task that waits in a domain's DSQ into that of `to`. Its key there is its lag on the new clock; its home and load
 * follow when it runs. `it` is the iterator that found it.
 */
static bool move_queued(struct bpf_iter_scx_dsq *it, struct task_struct *p, struct task_ctx *tctx, u32 to, u64 now)
{
	struct domain_state *home = domain_state(tctx->home), *target = domain_state(to);
	u64 load = task_load(tctx, now);

	if (!home || !target)
		return false;
	settle_transit(tctx, now);
	tctx->moved_to = to;
	tctx->moved_at = now;
	add_transit(tctx->home, -(s64)load, now);
	add_transit(to, load, now);
	__sync_lock_test_and_set(&tctx->moved_load, load);
	scx_bpf_dsq_move_set_vtime(it, clock_read(target) + tctx->vtime - clock_read(home));
	if (scx_bpf_dsq_move_vtime(it, p, to, 0))
		return true;
	settle_transit(tctx, now);
	return false;
}

/* Spend the flows of a domain on what waits there, from the tail: those are the last to have run there. */
static u32 spend_on_queued(u32 src, struct domain_flows *flows, u64 now)
{
	u32 visited = unknown_zero, moved = unknown_zero, chosen;
	const struct cpumask *mask;
	struct task_struct *p;
	struct task_ctx *tctx;
	u64 load;
	s32 cpu;

	bpf_for_each(scx_dsq, p, src, DSQ_FROM_TAIL) {
		if (++visited > MAX_WALK || moved >= MAX_WALK_MOVES)
			break;
		tctx = task_ctx_fallible(p);
		if (!tctx)
			continue;
		load = task_load(tctx, now);
		chosen = claim_any_flow(flows, p, tctx, load, now);
		if (chosen >= MAX_FLOWS)
			continue;
		if (!move_queued(BPF_FOR_EACH_ITER, p, tctx, flows->flow[chosen].to, now)) {
			unclaim_flow(&flows->flow[chosen], load);
			continue;
		}
		moved++;
		mask = domain_mask(flows->flow[chosen].to);
		cpu = mask ? scx_bpf_pick_idle_cpu(mask, 0) : -ENOENT;
		if (cpu >= 0)
			scx_bpf_kick_cpu(cpu, KICK_IDLE);
	}
	return moved;
}

/* One round's plan for one domain; see struct plan_exchange. */
SEC("syscall")
int apply_plan(void *unused)
{
	u64 now = scx_bpf_now();
	struct plan_exchange *plan;
	struct domain_flows *flows;
	s32 cpu;
	u32 zero = 0;

	plan = bpf_map_lookup_elem(&plan_exchanges, &zero);
	if (!plan || !(flows = domain_flows_fallible(plan->src)))
		return -EINVAL;
	flows->expires_at = 0;
	plan->last = *flows;
	*flows = plan->next;
	flows->expires_at = now + plan->ttl_ns;
	plan->nr_moved = 0;
	if (flows->nr) {
		bpf_rcu_read_lock();
		plan->nr_moved = spend_on_queued(plan->src, flows, now);
		bpf_rcu_read_unlock();
	}
	cpu = bpf_get_smp_processor_id();
	if (cpu >= 0 && plan->nr_moved) {
		struct cpu_state *state = cpu_state_fallible(cpu);

		if (state)
			state->counters[COUNT_FLOW_QUEUED] += plan->nr_moved;
	}
	return 0;
}

#endif
