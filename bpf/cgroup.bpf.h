/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cpu.weight of cgroups, over their hierarchy.
 *
 * Problem. A cgroup is promised a part of its parent, whatever runs in it: of siblings with cpu.weight 100 and 300 the second
 * gets three quarters, be it one hog or a hundred. Queues nested like the cgroups would keep that promise, at the price of
 * going through all levels at each switch, and for one queue only: a cgroup's tasks are spread over domains.
 *
 * Mechanism. There is one clock a domain as before, and a task's weight on it is
 *
 *	weight = own weight * multiplier of its cgroup
 *
 * Own weight is that of its nice value. The multiplier is the same on the whole machine, so a cgroup that is spread over
 * domains gets its share as long as the balancer spreads weight evenly. Userspace finds it each round from how much own
 * weight was runnable in each cgroup (balance/cgroup.rs): for cpu.weight 300, as much as three tasks at nice 0, and six hogs
 * at nice 0, it is 0.5. The six then weigh 512 each.
 *
 * Each cgroup that has the cpu controller takes a *slot*. A task carries the number of its slot, so cgroups are never looked
 * up where tasks run. Slot 0 is the root's: its multiplier is 1 by definition, nothing is counted for it, and a machine
 * without cgroups pays a comparison.
 *
 * What is runnable in a slot is counted by domain, under the domain's lock, which join() and leave() hold anyway; so no two
 * domains write to one line. A task takes a new multiplier when it becomes runnable, changes its home, or is charged.
 *
 * When a weight changes, lag in service stays: 4 ms of run time owed at weight 512 are 8 ms of vtime, and 4 ms of vtime at
 * weight 1024 (EEVDF's reweight_entity does the same). The clock does not move then: with V the clock, v the vtime, and
 * v' = V - (V - v) * w / w', the sum changes by w' * (v' - V) - w * (v - V) = 0.
 *
 * Limits. Weights are whole numbers, 1 or more, so 2000 hogs in a cgroup of cpu.weight 100 count as two such cgroups. No task
 * weighs more than its cgroup: until the next round, a cgroup that one light task was in must not be worth a hundred for a
 * heavy one that comes. Beyond MAX_CGROUPS a cgroup counts as part of its parent. cpu.max is not honoured.
 */
#ifndef __SCX_DOMAINS_CGROUP_H
#define __SCX_DOMAINS_CGROUP_H

const volatile bool cgroup_weights = false; /* does the kernel tell of cgroups, and are their weights wanted? */

#define ROOT_SLOT 0
#define CGROUP_WEIGHT_DEFAULT 100

/* The highest slot that has been used. Userspace looks no further. */
u32 cgroups_used;
/* Cgroups that got no slot of their own. */
u32 cgroups_unplaced;
/* Has a cgroup been given a limit in cpu.max? */
u32 cgroup_limited;

struct cgroup_ctx {
	u32 slot;
};

struct {
	__uint(type, BPF_MAP_TYPE_CGRP_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct cgroup_ctx);
} cgroup_ctxs SEC(".maps");

SIZED_ARRAY(cgroup_states, struct cgroup_state); /* MAX_CGROUPS */
SIZED_ARRAY(cgroup_shares, struct cgroup_share); /* MAX_CGROUPS */
SIZED_ARRAY(cgroup_loads, struct cgroup_load);	 /* nr_domains * MAX_CGROUPS */

DEFINE_LOOKUP(cgroup_state, cgroup_states, struct cgroup_state, "cgroup state")
DEFINE_LOOKUP(cgroup_share, cgroup_shares, struct cgroup_share, "cgroup share")

/* What is runnable of a slot in a domain; the slots of one domain lie side by side. */
static __always_inline struct cgroup_load *cgroup_load(u32 domain, u32 slot)
{
	u32 index = domain * MAX_CGROUPS + slot;
	struct cgroup_load *load = bpf_map_lookup_elem(&cgroup_loads, &index);

	if (!load)
		scx_bpf_error("no load of cgroup slot %u in domain %u", slot, domain);
	return load;
}

/* What a task of this own weight weighs in the cgroup of this slot. */
static __always_inline u64 weight_in_cgroup(u64 own, u32 slot)
{
	struct cgroup_share *share;
	u64 weight;

	if (slot == ROOT_SLOT || !(share = cgroup_share(slot)))
		return own;
	weight = (own * share->multiplier + (1 << (CGROUP_FRACTION_BITS - 1))) >> CGROUP_FRACTION_BITS;
	if (weight > share->most)
		weight = share->most;
	return weight ?: 1;
}

/* Bring the integrals up to `now`. Under the domain's lock, as the next one. */
static __always_inline void cgroup_advance(struct cgroup_load *load, u64 now)
{
	s64 ns = now - load->stamp;

	if (ns <= 0)
		return;
	load->weight_integral += load->weight * ns;
	load->runnable_integral += load->nr_runnable * ns;
	load->stamp = now;
}

static __always_inline void cgroup_count(struct cgroup_load *load, s64 weight, s64 tasks, u64 now)
{
	cgroup_advance(load, now);
	load->weight += weight;
	load->nr_runnable += tasks;
}

/*
 * The slot of a cgroup. One that was on its way out when the scheduler came was never shown to it; what exits there counts as
 * the root's.
 */
static u32 cgroup_slot(struct cgroup *cgrp)
{
	struct cgroup_ctx *cctx = bpf_cgrp_storage_get(&cgroup_ctxs, cgrp, NULL, 0);

	return cctx ? cctx->slot : ROOT_SLOT;
}

/* The slot of the cgroup that a task is in when the scheduler gets to know it. */
static u32 first_slot(struct scx_init_task_args *args)
{
	struct cgroup *cgrp;
	u32 slot = ROOT_SLOT;

	bpf_rcu_read_lock();
	cgrp = args->cgroup;
	if (cgrp)
		slot = cgroup_slot(cgrp);
	bpf_rcu_read_unlock();
	return slot;
}

static u32 parent_slot(struct cgroup *cgrp)
{
	struct cgroup *parent = bpf_cgroup_ancestor(cgrp, cgrp->level - 1);
	u32 slot = ROOT_SLOT;

	if (parent) {
		slot = cgroup_slot(parent);
		bpf_cgroup_release(parent);
	}
	return slot;
}

/* The slot's state if it is this cgroup's own, and not one that it shares with its parent. */
static struct cgroup_state *own_state(struct cgroup *cgrp)
{
	struct cgroup_state *state = cgroup_state(cgroup_slot(cgrp));

	return state && state->id == cgrp->kn->id ? state : NULL;
}

/* Until the first round, a cgroup's share is what one task at nice 0 would need, and no more than its parent's. */
static void first_share(u32 slot, u32 parent, u32 weight)
{
	struct cgroup_share *share = cgroup_share(slot), *of_parent = cgroup_share(parent);

	if (!share || !of_parent)
		return;
	share->most = weight * WEIGHT_NICE_0 / CGROUP_WEIGHT_DEFAULT ?: 1;
	if (parent != ROOT_SLOT && share->most > of_parent->most)
		share->most = of_parent->most;
	share->multiplier = (share->most << CGROUP_FRACTION_BITS) / WEIGHT_NICE_0;
}

/*
 * A free slot, or the parent's if there is none. The counters stay as they are: a task that is still exiting from the last
 * cgroup that had the slot will be taken off them.
 */
static u32 take_slot(u64 id, u32 parent, u32 weight)
{
	struct cgroup_state *state;
	u32 slot;

	bpf_for(slot, ROOT_SLOT + 1, MAX_CGROUPS) {
		state = cgroup_state(slot);
		if (!state)
			break;
		if (!__sync_bool_compare_and_swap(&state->id, 0, id))
			continue;
		state->parent = parent;
		state->weight = weight;
		first_share(slot, parent, weight);
		if (cgroups_used < slot)
			cgroups_used = slot;
		return slot;
	}
	__sync_fetch_and_add(&cgroups_unplaced, 1);
	return parent;
}

/* The kernel shows parents before their children. */
s32 BPF_STRUCT_OPS_SLEEPABLE(domains_cgroup_init, struct cgroup *cgrp, struct scx_cgroup_init_args *args)
{
	struct cgroup_ctx *cctx = bpf_cgrp_storage_get(&cgroup_ctxs, cgrp, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	struct cgroup_state *state;

	if (!cctx)
		return -ENOMEM;
	if (!cgrp->level)
		return 0;
	cctx->slot = take_slot(cgrp->kn->id, parent_slot(cgrp), args->weight);
	state = own_state(cgrp);
	if (state && bpf_core_field_exists(args->sched_idle))
		state->idle = args->sched_idle;
	return 0;
}

void BPF_STRUCT_OPS(domains_cgroup_exit, struct cgroup *cgrp)
{
	struct cgroup_state *state = own_state(cgrp);

	if (!state)
		return;
	state->idle = 0;
	__sync_lock_test_and_set(&state->id, 0);
}

void BPF_STRUCT_OPS(domains_cgroup_set_weight, struct cgroup *cgrp, u32 weight)
{
	struct cgroup_state *state = own_state(cgrp);

	if (state)
		state->weight = weight;
}

void BPF_STRUCT_OPS(domains_cgroup_set_idle, struct cgroup *cgrp, bool idle)
{
	struct cgroup_state *state = own_state(cgrp);

	if (state)
		state->idle = idle;
}

/* cpu.max is not honoured. Userspace says so when it is set. */
void BPF_STRUCT_OPS(domains_cgroup_set_bandwidth, struct cgroup *cgrp, u64 period_us, u64 quota_us, u64 burst_us)
{
	if (quota_us != ~0ULL /* RUNTIME_INF */)
		cgroup_limited = 1;
}

/* Sum up what was runnable in one slot, over all domains, up to `now`. Global: verified once. */
__noinline int sum_cgroup(u32 slot, u64 now)
{
	struct cgroup_state *state = cgroup_state_fallible(slot);
	u64 weight_integral = 0, runnable_integral = 0;
	struct domain_state *domain;
	struct cgroup_load *load;
	u32 i, index;

	if (!state)
		return -ENOENT;
	bpf_for(i, 0, nr_domains) {
		index = i * MAX_CGROUPS + slot;
		domain = domain_state_fallible(i);
		load = bpf_map_lookup_elem(&cgroup_loads, &index);
		if (!domain || !load)
			return -ENOENT;
		bpf_spin_lock(&domain->lock);
		cgroup_advance(load, now);
		weight_integral += load->weight_integral;
		runnable_integral += load->runnable_integral;
		bpf_spin_unlock(&domain->lock);
	}
	state->weight_integral = weight_integral;
	state->runnable_integral = runnable_integral;
	state->at = now;
	return 0;
}

/* Bring the sums of all cgroups up to now, for userspace to read. */
SEC("syscall")
int advance_cgroups(void *unused)
{
	u64 now = scx_bpf_now();
	struct cgroup_state *state;
	int ret = 0;
	u32 slot;

	bpf_for(slot, ROOT_SLOT + 1, cgroups_used + 1) {
		state = cgroup_state_fallible(slot);
		if (state && state->id)
			ret = ret ?: sum_cgroup(slot, now);
	}
	return ret;
}

#endif
