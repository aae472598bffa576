/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a task belongs.
 *
 * A task is a *member* of its home domain from runnable() to quiescent(): its weight and vtime are part of the domain's
 * clock and its load is part of the domain's, so a task never counts twice or nowhere.
 *
 * Home follows the CPU: the domain that a task runs in becomes its home (running()), with its lag carried over from the
 * old clock to the new one.
 */
#ifndef __SCX_DOMAINS_MEMBER_H
#define __SCX_DOMAINS_MEMBER_H

static __always_inline u64 capped(u64 weight, u32 domain)
{
	u64 cap = load_caps[nr_classes > 1 ? class_of_domain(domain) : 0];

	weight <<= load_shift & 31;
	return weight < cap ? weight : cap;
}

/* Add to (or, negative, take from) what the domain counts as load. Under its lock. */
static __always_inline void count_load(struct domain_state *state, const struct task_ctx *tctx, u64 weight)
{
	state->load_weight += weight;
	if (tctx->pinned)
		state->pinned_weight += weight;
}

/* Weight, cap or shift is another: count this task by it. */
static void recount(struct domain_state *state, struct task_ctx *tctx, u64 now)
{
	u64 weight = capped(tctx->weight, tctx->home);

	bpf_spin_lock(&state->lock);
	load_advance(state, now);
	count_load(state, tctx, weight - tctx->load_weight);
	bpf_spin_unlock(&state->lock);
	tctx->load_weight = weight;
}

/* Can no flow move it out of `domain`? */
static bool cannot_leave(const struct task_struct *p, u32 domain)
{
	const struct cpumask *mask;

	if (is_pinned(p))
		return true;
	if (p->nr_cpus_allowed >= nr_cpus)
		return false;
	mask = domain_mask(domain);
	return mask && bpf_cpumask_subset(p->cpus_ptr, mask);
}

/* The vtime at which a task with this lag joins a clock whose sum has `sum` of weight (see the top of clock.bpf.h). */
static __always_inline u64 placed_vtime(u64 clock, u64 vtime, u64 weight, u64 sum)
{
	s64 lag = clock - vtime;

	return sum ? clock - div_signed(lag * (s64)(sum + weight), sum) : vtime;
}

/* Find the task's weight, from its nice value and its cgroup. */
static __always_inline void weigh(const struct task_struct *p, struct task_ctx *tctx)
{
	tctx->own_weight = task_weight(p);
	tctx->weight = weight_in_cgroup(tctx->own_weight, tctx->cgroup);
}

/* The vtime of a task whose weight changes from `was` to `is`: what it is owed in service stays (see cgroup.bpf.h). */
static __always_inline u64 reweighed_vtime(u64 clock, u64 vtime, u64 was, u64 is)
{
	s64 lag = clock - vtime;

	return is == was ? vtime : clock - div_signed(lag * (s64)was, is);
}

/* Where the task's cgroup is counted in `domain`; NULL for the root, which is not. */
static __always_inline struct cgroup_load *cgroup_of(const struct task_ctx *tctx, u32 domain)
{
	return tctx->cgroup == ROOT_SLOT ? NULL : cgroup_load(domain, tctx->cgroup);
}

/* Become a member of `domain` with the vtime that is set, bounded by the domain's clock. */
static void join(struct task_struct *p, struct task_ctx *tctx, u32 domain, u64 credit_ns, u64 now)
{
	struct domain_state *state = domain_state(domain);
	struct cgroup_load *cgroup = cgroup_of(tctx, domain);
	u64 clock, vtime, was = tctx->weight;

	if (!state)
		return;
	tctx->home = domain;
	weigh(p, tctx);
	tctx->load_weight = capped(tctx->weight, domain);
	tctx->pinned = cannot_leave(p, domain);

	bpf_spin_lock(&state->lock);
	clock = clock_value(state->base, state->weighted, state->weight);
	vtime = bounded_vtime(clock, tctx->vtime, was, credit_ns);
	vtime = reweighed_vtime(clock, vtime, was, tctx->weight);
	tctx->vtime = placed_vtime(clock, vtime, tctx->weight, state->weight);
	load_advance(state, now);
	clock_add(state, tctx->weight, tctx->vtime);
	tctx->in_clock = true;
	state->nr_runnable++;
	count_load(state, tctx, tctx->load_weight);
	if (cgroup)
		cgroup_count(cgroup, tctx->own_weight, 1, now);
	bpf_spin_unlock(&state->lock);
	tctx->member = true;
	if (fair_progress)
		tctx->compares = false;
}

/* Stop being a member. */
static void leave(struct task_ctx *tctx, u64 now)
{
	struct domain_state *state;
	struct cgroup_load *cgroup;

	if (!tctx->member || !(state = domain_state(tctx->home)))
		return;
	cgroup = cgroup_of(tctx, tctx->home);
	bpf_spin_lock(&state->lock);
	load_advance(state, now);
	if (tctx->in_clock)
		clock_remove(state, tctx->weight, tctx->vtime);
	tctx->in_clock = false;
	state->nr_runnable--;
	count_load(state, tctx, -tctx->load_weight);
	if (cgroup)
		cgroup_count(cgroup, -(s64)tctx->own_weight, -1, now);
	bpf_spin_unlock(&state->lock);
	tctx->member = false;
}

/*
 * Load in transit, in one word so that it is claimed and settled by one exchange: where from, where to (16 bits each: no
 * machine has as many domains) and how much, in the low half.
 */
static __always_inline u64 pack_transit(u32 from, u32 to, u32 load)
{
	return (u64)from << 48 | (u64)to << 32 | load;
}

/* What a flow counted in transit for this task has arrived, or will not: take it off. */
__noinline int settle_transit(struct task_ctx *tctx __arg_nonnull, u64 now)
{
	u64 transit;

	if (!tctx->transit)
		return 0;
	transit = __sync_lock_test_and_set(&tctx->transit, 0);
	if (!transit)
		return 0;
	add_transit(transit >> 48, (u32)transit, now);
	add_transit(transit >> 32 & 0xffff, -(s64)(u32)transit, now);
	return 0;
}

/*
 * Count the load of a waiting task as in transit to `to`, and return the key that it shall wait under there: its lag on that
 * domain's clock. 0: it is not to be moved, somebody else is moving it.
 */
__noinline u64 begin_transit(struct task_ctx *tctx __arg_nonnull, u32 to, u64 now)
{
	struct domain_state *home = domain_state(tctx->home), *target = domain_state(to);
	u32 from = tctx->home, load = tctx->load_weight; /* what it counts for while it is runnable */

	if (!home || !target)
		return 0;
	settle_transit(tctx, now);
	if (!__sync_bool_compare_and_swap(&tctx->transit, 0, pack_transit(from, to, load)))
		return 0;
	add_transit(from, -(s64)load, now);
	add_transit(to, load, now);
	tctx->moved_at = now;
	return queue_key(clock_read(target) + tctx->vtime - clock_read(home), now) ?: 1;
}

/* Before any vtime that a task on the domain's clock can have: lag is bounded to seconds of vtime. */
#define FIRST_LEAD_NS (1ULL << 40)

/* The key of who shall be first in a domain, whatever it is due. */
static u64 first_key(struct domain_state *state, u64 now)
{
	return queue_key(clock_read(state), now) - FIRST_LEAD_NS;
}

/* Change the home of a task, its lag carried from the old clock to the new one. */
static void change_home(struct task_struct *p, struct task_ctx *tctx, u32 domain, u64 now)
{
	struct domain_state *from, *to;
	bool member = tctx->member;
	s64 lag;

	if (tctx->transit)
		settle_transit(tctx, now);
	if (tctx->home == domain)
		return;
	from = domain_state(tctx->home);
	to = domain_state(domain);
	if (!from || !to)
		return;
	lag = clock_read(from) - tctx->vtime;
	if (member)
		leave(tctx, now);
	tctx->vtime = clock_read(to) - lag;
	tctx->home = domain;
	if (member)
		join(p, tctx, domain, lag_limit_ns, now);
}

/* The domain of some online CPU that the task may run on, its current home if that will do. */
static u32 fitting_domain(const struct task_struct *p, u32 home)
{
	const struct cpumask *mask, *online;
	u32 cpu;

	if (!nr_orphans && p->nr_cpus_allowed >= nr_cpus)
		return home;
	mask = domain_mask(home);
	online = online_mask();
	if (!mask || !online || bpf_cpumask_intersects(mask, p->cpus_ptr))
		return home;
	cpu = bpf_cpumask_any_and_distribute(online, p->cpus_ptr);
	if (cpu >= nr_cpus)
		cpu = scx_bpf_task_cpu(p);
	return domain_of_cpu(cpu);
}

#endif
