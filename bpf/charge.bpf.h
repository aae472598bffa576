/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a task has run goes into its vtime, and into the clock of its domain.
 *
 * Who falls behind the clock by more than the limit of lag does not count in it any more, until it has caught up: it would
 * hold the clock back for all others. Who is ahead by more is taken back to the limit.
 */
#ifndef __SCX_DOMAINS_CHARGE_H
#define __SCX_DOMAINS_CHARGE_H

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
		if (tctx->load_weight != capped(tctx->weight, tctx->home))
			recount(state, tctx, now);
	} else {
		tctx->vtime += step;
	}
	show_running(here, tctx, now);
}

#endif
