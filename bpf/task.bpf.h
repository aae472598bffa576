/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A task's life: its weight, its vtime, the domain it belongs to, and how much of its time it wants to run.
 *
 * A task is a *member* of its home domain from runnable() to quiescent(): its weight and vtime are part of the domain's
 * clock and its load is part of the domain's. All of that changes only in callbacks that hold the runqueue of the task,
 * so a task never counts twice or nowhere; only `transit`, which flows set on waiting tasks, is exchanged atomically,
 * and one that is stuck may be taken out of the clock by others (stuck.bpf.h). The truth about a task's vtime is here;
 * p->scx.dsq_vtime is only the key that it waits under.
 *
 * Home follows the CPU: the domain that a task runs in becomes its home (running()), with its lag carried over from the
 * old clock to the new one.
 */
#ifndef __SCX_DOMAINS_TASK_H
#define __SCX_DOMAINS_TASK_H

struct task_ctx {
	u64 vtime;
	u64 weight;	/* 1024 = nice 0 in the root cgroup; the one it was counted with while it is a member */
	u64 load_weight; /* the same as far as it counts in loads */
	u64 charged;	/* p->se.sum_exec_runtime up to which run time is in vtime */
	u64 queued_at;	/* ns, when it began to wait in a DSQ; 0: not waiting */
	u64 changed_at; /* ns, when it last became runnable or quiescent, or `duty` was brought up to date */
	u64 transit;	/* what a flow counted in transit for it (see pack_transit), 0: nothing */
	u64 moved_at;	/* ns, when a flow last moved it */
	u64 slept_ran;	/* p->se.sum_exec_runtime when it last went to sleep; kept with several core classes or SMT only */
	/* kept with several core classes only: */
	u64 demand_at;	/* ns, when `demand` was last brought up to date, */
	u64 demand_ran; /* and p->se.sum_exec_runtime then */
	u64 fits_no_slower; /* ns, when its demand last fit no slower class than `class` */
	s64 lead; /* of the fastest domain's clock, vns, when it began to compare (turns.bpf.h) */
	u32 home;
	u32 own_weight; /* that of its nice value, whatever its cgroup; as of when `weight` was found */
	u32 cgroup;	/* its cgroup's slot */
	u32 demand; /* of the fastest CPU, 0 .. 1024 << 10 (class.bpf.h) */
	u32 class;  /* the core class that it should be on */
	u32 duty; /* 0 .. 1024: share of its time that it is runnable, as of changed_at */
	u32 in_clock; /* does its term count in the domain's clock? Changes under its lock, as vtime of one that counts */
	bool member;
	bool pinned; /* counted as one that cannot leave the domain */
	bool compares; /* is `lead` of its stay in this domain? */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct task_ctx);
} task_ctxs SEC(".maps");

static __always_inline struct task_ctx *task_ctx_fallible(struct task_struct *p)
{
	return bpf_task_storage_get(&task_ctxs, p, NULL, 0);
}

static __always_inline struct task_ctx *task_ctx(struct task_struct *p)
{
	struct task_ctx *tctx = task_ctx_fallible(p);

	if (!tctx)
		scx_bpf_error("no context for task %d", p->pid);
	return tctx;
}

/* The kernel's own weight. p->scx.weight is coarser (nice 10 is 11 of 100 there, 10.7 here). */
static u64 task_weight(const struct task_struct *p)
{
	s32 index = p->static_prio - 100; /* MAX_RT_PRIO */

	if (p->policy == 5 /* SCHED_IDLE */)
		return WEIGHT_IDLE_POLICY;
	if (index < 0)
		index = 0;
	if (index > 39)
		index = 39;
	return nice_to_weight[index & 63 /* for the verifier */];
}

/*
 * May the task not leave its CPU just now? In a kernel whose BPF prologue disables migration itself, one of the current
 * task's counts is the prologue's; two are where cpu_release enqueues anew whom a higher class has just pushed off, who is
 * still the current task. scx_lib_init_probe (scx/common.bpf.h) finds out which kind of kernel this is. The headers'
 * is_migration_disabled() reads a kconfig extern, which would not load where there is no /proc/config.gz, and counts one
 * prologue only.
 */
static bool migration_disabled(const struct task_struct *p)
{
	struct cpu_state *here;
	u32 prologues = 1;

	if (!bpf_core_field_exists(p->migration_disabled) || !p->migration_disabled)
		return false;
	/* userspace sets this where nothing can probe */
	if (!__scx_prolog_disables_migration || bpf_get_current_task_btf() != p)
		return true;
	here = cpu_state_fallible(bpf_get_smp_processor_id());
	if (here && here->releasing)
		prologues = 2;
	return p->migration_disabled > prologues;
}

/* Can it run on one CPU only? Then it waits in that CPU's own DSQ. */
static __always_inline bool is_pinned(const struct task_struct *p)
{
	return p->nr_cpus_allowed == 1 || migration_disabled(p);
}

/*
 * Duty: a moving average, by default with a half-life of 0.128 s, so that a hog counts fully after half a second and a task
 * that sleeps does so as fast. 2^-x is taken as 1 - x/2 between the halvings: within 6 %.
 */
static __always_inline u32 decayed(u32 value, u64 ns, u64 half_life_ns, u64 scale)
{
	u64 halvings; /* in 1024ths */

	if (ns >= 10 * half_life_ns)
		return 0;
	halvings = ns * scale >> 32; /* below 10 * 2^42, before the shift */
	value >>= halvings >> 10;
	return value - (value * (halvings & 1023) >> 11);
}

static __always_inline u32 halved(u32 value, u64 ns)
{
	return decayed(value, ns, duty_half_life_ns, duty_scale);
}

/* Duty at `now` of a task that has been runnable (or not) since changed_at. */
static __always_inline u32 duty_at(const struct task_ctx *tctx, u64 now)
{
	u64 ns = time_delta(now, tctx->changed_at);

	return tctx->member ? 1024 - halved(1024 - tctx->duty, ns) : halved(tctx->duty, ns);
}

/* Of a duty that is up to date, others need no `now` to read it. Not more often: short times are lost to rounding. */
#define DUTY_STEP_NS (1 << 20)

static __always_inline void advance_duty(struct task_ctx *tctx, u64 now)
{
	if (time_delta(now, tctx->changed_at) < DUTY_STEP_NS)
		return;
	tctx->duty = duty_at(tctx, now);
	tctx->changed_at = now;
}

static __always_inline u64 task_load(const struct task_ctx *tctx, u64 now)
{
	return tctx->load_weight * duty_at(tctx, now) >> 10;
}

static __always_inline u64 capped(u64 weight)
{
	weight <<= load_shift & 31;
	return weight < load_cap ? weight : load_cap;
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
	u64 weight = capped(tctx->weight);

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
	tctx->load_weight = capped(tctx->weight);
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

/*
 * Move the vtime of a member by `step`, and the clock with it if it counts there; returns the clock after that. The division
 * is done outside the lock; where `base` is due to follow, a second short hold moves it.
 */
static u64 move_vtime(struct domain_state *state, struct task_ctx *tctx, s64 step)
{
	u64 base, sum;
	s64 weighted, ahead;

	bpf_spin_lock(&state->lock);
	tctx->vtime += step;
	if (tctx->in_clock)
		state->weighted += (s64)tctx->weight * step;
	base = state->base;
	weighted = state->weighted;
	sum = state->weight;
	bpf_spin_unlock(&state->lock);

	if (!sum)
		return base;
	ahead = div_signed(weighted, sum);
	if (ahead > REBASE_NS || ahead < -REBASE_NS) {
		bpf_spin_lock(&state->lock);
		if (state->base == base) {
			state->base += ahead;
			state->weighted -= ahead * (s64)state->weight;
		}
		bpf_spin_unlock(&state->lock);
	}
	return base + ahead;
}

/*
 * Count no more in the clock of `domain`. Others than the task's own runqueue may say so of one that waits: it may leave for
 * another home meanwhile, so whether it counts here is looked at under the lock, home last.
 */
static void leave_clock(struct task_ctx *tctx, u32 domain)
{
	struct domain_state *state = domain_state(domain);

	if (!state)
		return;
	bpf_spin_lock(&state->lock);
	if (__sync_fetch_and_or(&tctx->in_clock, 0) && READ_ONCE(tctx->home) == domain) {
		clock_remove(state, tctx->weight, tctx->vtime);
		tctx->in_clock = false;
	}
	bpf_spin_unlock(&state->lock);
}

static void enter_clock(struct task_ctx *tctx, struct domain_state *state)
{
	bpf_spin_lock(&state->lock);
	clock_add(state, tctx->weight, tctx->vtime);
	tctx->in_clock = true;
	bpf_spin_unlock(&state->lock);
}

/* A member has run for `step` of vtime: keep the clock's sum right, and keep out of it who cannot follow it. */
static void follow_clock(struct domain_state *state, struct task_ctx *tctx, s64 step)
{
	u64 clock = move_vtime(state, tctx, step);
	s64 limit = to_vtime(lag_limit_ns, tctx->weight), lag = clock - tctx->vtime;

	if (lag < -limit)
		move_vtime(state, tctx, lag + limit);
	else if (tctx->in_clock && lag > limit)
		leave_clock(tctx, tctx->home);
	else if (!tctx->in_clock && lag > limit && lag > FAR_LAG_NS)
		tctx->vtime = clock - (limit > FAR_LAG_NS ? limit : FAR_LAG_NS);
	else if (!tctx->in_clock && lag <= limit)
		enter_clock(tctx, state);
}

/* A member's cgroup has another multiplier: take the weight that it makes. The load follows by recount(). */
static void reweigh(struct domain_state *state, struct task_ctx *tctx)
{
	u64 weight = weight_in_cgroup(tctx->own_weight, tctx->cgroup), vtime;
	bool counts;

	if (weight == tctx->weight)
		return;
	vtime = reweighed_vtime(clock_read(state), tctx->vtime, tctx->weight, weight);
	bpf_spin_lock(&state->lock);
	counts = tctx->in_clock;
	if (counts)
		clock_remove(state, tctx->weight, tctx->vtime);
	tctx->vtime = vtime;
	tctx->weight = weight;
	if (counts)
		clock_add(state, weight, vtime);
	bpf_spin_unlock(&state->lock);
}

/* Let others see what runs on this CPU, for them to choose whom to preempt. */
static __always_inline void show_running(struct cpu_state *here, const struct task_ctx *tctx, u64 now)
{
	here->running_vtime = tctx->vtime;
	here->running_weight = tctx->weight;
	here->running_duty = tctx->duty;
	here->running_clock = now;
}

/* Put the run time since the last charge into the vtime of a task that is no member any more. */
static __always_inline void charge_rest(struct task_struct *p, struct task_ctx *tctx)
{
	u64 total = p->se.sum_exec_runtime;

	tctx->vtime += to_vtime(counted(time_delta(total, tctx->charged), scx_bpf_task_cpu(p)), tctx->weight);
	tctx->charged = total;
}

/*
 * Put the run time since the last charge into the task's vtime and its domain's clock. At ticks too, so that a long
 * slice does not hide what has been used. Run time is the kernel's sum_exec_runtime: what users see as CPU time.
 */
static void charge(struct task_struct *p, struct task_ctx *tctx, s32 cpu, u64 now)
{
	struct domain_state *state = domain_state(tctx->home);
	struct cpu_state *here = cpu_state(cpu);
	u64 total = p->se.sum_exec_runtime;
	u64 ran = time_delta(total, tctx->charged);
	u64 step = to_vtime(counted(ran, cpu), tctx->weight);

	if (!state || !here)
		return;
	tctx->charged = total;
	if (tctx->member) {
		advance_duty(tctx, now);
		follow_clock(state, tctx, step);
		if (tctx->cgroup != ROOT_SLOT)
			reweigh(state, tctx);
		if (tctx->load_weight != capped(tctx->weight))
			recount(state, tctx, now);
	} else {
		tctx->vtime += step;
	}
	show_running(here, tctx, now);
}

#endif
