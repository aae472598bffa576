/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The callbacks that follow a task through its life and keep its context and its domain's clock and load true.
 *
 *	init_task		its context is made
 *	enable			it becomes ours: vtime at the clock, no credit, no debt
 *	runnable		it wants to run: it becomes a member of the domain of the CPU that was chosen for it
 *	running, tick, stopping	it runs: run time goes into vtime; another domain than home becomes home
 *	quiescent		it sleeps, leaves the class or is being changed: no member any more, its vtime kept
 */
#ifndef __SCX_DOMAINS_ACCOUNT_H
#define __SCX_DOMAINS_ACCOUNT_H

/* Sleepable, so that the storage is allocated with GFP_KERNEL: a failure here fails a fork. */
s32 BPF_STRUCT_OPS_SLEEPABLE(domains_init_task, struct task_struct *p, struct scx_init_task_args *args)
{
	struct task_ctx *tctx = bpf_task_storage_get(&task_ctxs, p, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!tctx)
		return -ENOMEM;
	tctx->home = domain_of_cpu(scx_bpf_task_cpu(p));
	if (cgroup_weights)
		tctx->cgroup = first_slot(args);
	tctx->duty = 512; /* unknown: neither a sleeper nor a hog */
	if (nr_classes > 1)
		tctx->class = class_for_demand[0];
	tctx->changed_at = scx_bpf_now();
	return 0;
}

void BPF_STRUCT_OPS(domains_enable, struct task_struct *p)
{
	struct task_ctx *tctx = task_ctx(p);
	struct domain_state *state;

	if (!tctx || !(state = domain_state(tctx->home)))
		return;
	tctx->vtime = clock_read(state);
	weigh(p, tctx);
	tctx->load_weight = capped(tctx->weight, tctx->home);
	tctx->charged = p->se.sum_exec_runtime;
	if (sleeps_matter())
		tctx->slept_ran = tctx->charged;
	if (demand_matters()) {
		tctx->demand_ran = tctx->charged;
		tctx->demand_at = scx_bpf_now();
	}
}

/*
 * What a task that slept may be ahead of the average when it wakes up.
 *
 * Whom an interrupt wakes, a timer or a device: two ticks at HZ=250. With one, it often finds nobody whom it is ahead of by enough
 * where it was, and the CPU of another is an interrupt away. The same for the kernel's own threads, which work for others, many on
 * one CPU only.
 *
 * Whom another task wakes: nothing, as EEVDF adds nothing for a sleep. It is as far as the average, and gets the CPU at once of one
 * that is ahead of that by the margin. With credit, each that gets a message goes before those who send, reads that one message, and
 * sleeps again. (hackbench on 8 emulated CPUs: 0.48 and 0.49 s with 4 ms of it, 0.43 to 0.46 with none.)
 */
#define SLEEP_CREDIT_NS (8ULL * 1000 * 1000)

static u64 credit_ns(const struct task_struct *p, u64 enq_flags)
{
	if (!(enq_flags & ENQ_WAKEUP))
		return lag_limit_ns;
	return (p->flags & PF_KTHREAD) || in_interrupt() ? SLEEP_CREDIT_NS : 0;
}

void BPF_STRUCT_OPS(domains_runnable, struct task_struct *p, u64 enq_flags)
{
	struct task_ctx *tctx = task_ctx(p);
	u64 now = scx_bpf_now();
	u32 domain;

	if (!tctx || tctx->member)
		return;
	note_planner(p, enq_flags, now);
	tctx->duty = duty_at(tctx, now);
	tctx->changed_at = now;
	domain = fitting_domain(p, domain_of_cpu(scx_bpf_task_cpu(p)));
	change_home(p, tctx, domain, now);
	join(p, tctx, domain, credit_ns(p, enq_flags), now);
}

void BPF_STRUCT_OPS(domains_running, struct task_struct *p)
{
	struct task_ctx *tctx = task_ctx(p);
	s32 cpu = scx_bpf_task_cpu(p);
	u32 domain = domain_of_cpu(cpu);
	struct domain_state *state = domain_state(domain);
	struct cpu_state *here = cpu_state(cpu);
	u64 now = scx_bpf_now();

	if (!tctx || !state || !here)
		return;
	__sync_fetch_and_add(&state->nr_running, 1);
	if (tctx->transit)
		settle_transit(tctx, now);
	if (tctx->home != domain) {
		change_home(p, tctx, domain, now);
		count(bpf_get_smp_processor_id(), COUNT_CHANGED_DOMAIN);
	}
	count_delay(here, tctx, now);
	tctx->queued_at = 0;
	if (p->se.sum_exec_runtime != tctx->charged)
		charge(p, tctx, cpu, now); /* the rest of a turn that ended with a migration */
	if (!here->handed_on)
		here->started_at = now;
	here->handed_on = false;
	here->runs_daemon = p->tgid == planner_tgid;
	here->round_until = is_planner(p, now) ? planner_woke_at + PLANNER_TURN_NS : 0;
	if (smt_enabled)
		here->shared_ticks = 0;
	show_running(here, tctx, now);
	if (cpuperf_enabled)
		adjust_perf(cpu, tctx->demand, now);
}

/*
 * The kernel ends slices at its ticks. With 250 of them a second a slice of 4 ms that began a moment after one has that moment
 * left at the next, and would go on for 8 ms: a slice ends at the tick that is nearest to its end.
 */
static bool ends_now(const struct task_struct *p)
{
	return p->scx.slice < tick_ns / 2;
}

/*
 * At a tick: charge, and make way for a task that woke up, or was handed this CPU and still waits for it, unless the hand-over
 * was a moment ago.
 */
void BPF_STRUCT_OPS(domains_tick, struct task_struct *p)
{
	struct task_ctx *tctx = task_ctx(p);
	s32 cpu = scx_bpf_task_cpu(p);
	u32 domain = domain_of_cpu(cpu);
	struct cpu_state *here = cpu_state(cpu);
	u64 now = scx_bpf_now();
	bool steady;

	if (!tctx || !here)
		return;
	steady = time_delta(now, here->running_clock) >= UNDISTURBED_NS;
	charge(p, tctx, cpu, now);
	if (demand_matters())
		follow_demand(p, tctx, cpu, now);
	if ((nr_classes > 1 && looks_up(p, tctx, cpu, here)) || (smt_enabled && looks_for_core(p, tctx, cpu, here)) ||
	    (ranks_differ && goes_to_better(p, cpu)) || (several_nodes && goes_to_memory(p, cpu)) ||
	    (fair_progress && has_turn(p)) || ends_now(p))
		scx_bpf_task_set_slice(p, 0);
	if (cpuperf_enabled)
		adjust_perf(cpu, tctx->demand, now);
	look_for_stuck(domain, here);
	tell_crowding(domain, here);
	if (!in_round(here, now) && (here->make_way || (steady && scx_bpf_dsq_nr_queued(DSQ_LOCAL_ON | cpu))))
		scx_bpf_task_set_slice(p, 0);
}

/* Who stops because it sleeps leaves the clock in quiescent(), which its last turn then does not move: it is charged there. */
void BPF_STRUCT_OPS(domains_stopping, struct task_struct *p, bool runnable)
{
	s32 cpu = scx_bpf_task_cpu(p);
	struct domain_state *state = domain_state(domain_of_cpu(cpu));
	struct cpu_state *here = cpu_state(cpu);
	struct task_ctx *tctx;

	if (!here || !state)
		return;
	__sync_fetch_and_sub(&state->nr_running, 1);
	if (runnable && (tctx = task_ctx(p)))
		charge(p, tctx, cpu, scx_bpf_now());
	here->running_weight = 0;
	if (nr_classes > 1)
		here->misfit = false;
}

void BPF_STRUCT_OPS(domains_quiescent, struct task_struct *p, u64 deq_flags)
{
	struct task_ctx *tctx = task_ctx(p);
	u64 now = scx_bpf_now();

	if (!tctx || !tctx->member)
		return;
	if (tctx->transit)
		settle_transit(tctx, now);
	tctx->duty = duty_at(tctx, now);
	leave(tctx, now);
	charge_rest(p, tctx);
	tctx->changed_at = now;
	if (demand_matters())
		follow_demand(p, tctx, scx_bpf_task_cpu(p), now);
	if (deq_flags & DEQ_SLEEP) {
		tctx->queued_at = 0;
		if (sleeps_matter())
			tctx->slept_ran = p->se.sum_exec_runtime;
	}
}

/* Nice or policy changed. The kernel takes a queued task out first; where it does not, count it anew. So in a move. */
void BPF_STRUCT_OPS(domains_set_weight, struct task_struct *p, u32 weight)
{
	struct task_ctx *tctx = task_ctx(p);
	u64 now = scx_bpf_now();

	if (!tctx || !tctx->member)
		return;
	leave(tctx, now);
	join(p, tctx, tctx->home, lag_limit_ns, now);
}

/* The task goes to another cgroup. */
void BPF_STRUCT_OPS(domains_cgroup_move, struct task_struct *p, struct cgroup *from, struct cgroup *to)
{
	struct task_ctx *tctx = task_ctx(p);
	u64 now = scx_bpf_now();
	bool member;

	if (!tctx)
		return;
	member = tctx->member;
	if (member)
		leave(tctx, now);
	tctx->cgroup = cgroup_slot(to);
	if (member)
		join(p, tctx, tctx->home, lag_limit_ns, now);
}

#endif
