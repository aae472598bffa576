/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a task waits, and who is told.
 *
 * A task that can run on one CPU only waits in that CPU's own DSQ; any other in the DSQ of its home domain, if its mask
 * meets the domain's online CPUs. If it does not, home changes first: a task never waits where nobody may run it. Both
 * kinds of DSQ are ordered by vtime on the same clock, so dispatch can merge them.
 *
 * Then somebody must come for it: an idle CPU if there is one, else, for a task that woke up, the CPU of its domain
 * whose running task is furthest ahead of it is preempted, if that is by more than preempt_margin_ns of run time. If that
 * one has only just begun to run, it makes way at its next tick: a sender that is pushed off by each receiver that it wakes
 * sends one message a switch instead of many. For the same reason nobody is preempted for a task that is woken softly, by
 * one of ours that says that it will sleep soon: a CPU comes free, and the woken one is among the first in line. (hackbench
 * on 8 emulated CPUs: 0.51 s with preemption, 0.48 without.)
 */
#ifndef __SCX_DOMAINS_ENQUEUE_H
#define __SCX_DOMAINS_ENQUEUE_H

/* What a task may run before it is preempted: a quarter of a tick at HZ=250, and far more than passing a message takes. */
#define UNDISTURBED_NS (1000ULL * 1000)
/* What a task that slept may be ahead of the average when it wakes up: one tick at HZ=250. */
#define WAKE_CREDIT_NS (4ULL * 1000 * 1000)

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
 * By how much vtime (ns) the task that runs on `cpu` is ahead of `vtime`; < 0: behind, not ours, or making way already.
 * Global, as the next one: verified once.
 */
__noinline s64 running_ahead(s32 cpu, u64 vtime, u64 now)
{
	struct cpu_state *state = cpu_state(cpu);
	u64 weight;

	if (!state || !(weight = state->running_weight) || state->make_way)
		return -1;
	return state->running_vtime + to_vtime(counted(time_delta(now, state->running_clock), cpu), weight) - vtime;
}

__noinline bool has_just_begun(s32 cpu, u64 now)
{
	struct cpu_state *state = cpu_state(cpu);

	return state && time_delta(now, state->started_at) < UNDISTURBED_NS;
}

/* Have `cpu` make way. Until it does, nobody else asks it to: the next one to wake up finds another victim. */
static void preempt(s32 cpu, u64 now)
{
	struct cpu_state *state = cpu_state(cpu);

	if (!state)
		return;
	state->make_way = true;
	if (has_just_begun(cpu, now))
		return;
	count(bpf_get_smp_processor_id(), COUNT_PREEMPTED);
	kick(cpu, KICK_PREEMPT);
}

/*
 * May a task that wakes up take the CPU where it ran last from who runs there? Its data is there, often its timer fired there,
 * and put straight into the CPU's local DSQ it costs no queue and at most one interrupt: a kick is sent by way of one more.
 * Global: verified once.
 */
__noinline bool can_displace(s32 cpu, u64 vtime, u64 weight, u64 now)
{
	return running_ahead(cpu, vtime, now) > (s64)to_vtime(preempt_margin_ns, weight) && !has_just_begun(cpu, now);
}

static void displace(struct task_struct *p, u64 enq_flags)
{
	count(bpf_get_smp_processor_id(), COUNT_PREEMPTED);
	scx_bpf_dsq_insert(p, DSQ_LOCAL, slice_ns, enq_flags | ENQ_PREEMPT);
}

/*
 * Preempt the CPU of the domain whose running task is furthest ahead of this one. Where all have just begun, the CPU where it
 * ran last makes way at its next tick.
 */
static void preempt_in_domain(struct task_struct *p, const struct task_ctx *tctx, u32 domain, u64 now)
{
	struct domain_config *config = domain_config(domain);
	s64 margin = to_vtime(preempt_margin_ns, tctx->weight), most = margin, ahead;
	s32 last = scx_bpf_task_cpu(p), victim = -1, cpu;
	u32 i;

	if (!config)
		return;
	bpf_for(i, 0, MAX_DOMAIN_SCAN) {
		cpu = domain_cpu(config, i);
		if (cpu < 0)
			break;
		if (has_just_begun(cpu, now) || !bpf_cpumask_test_cpu(cpu, p->cpus_ptr))
			continue;
		ahead = running_ahead(cpu, tctx->vtime, now);
		if (ahead > most) {
			most = ahead;
			victim = cpu;
		}
	}
	if (victim < 0 && domain_of_cpu(last) == domain && running_ahead(last, tctx->vtime, now) > margin)
		victim = last;
	if (victim >= 0)
		preempt(victim, now);
}

/* Into the DSQ of the one CPU that may run it, on the clock of that CPU's domain. */
static void enqueue_on_cpu(struct task_struct *p, struct task_ctx *tctx, s32 cpu, u64 enq_flags, u64 now)
{
	change_home(p, tctx, domain_of_cpu(cpu), now);
	if (may_preempt(enq_flags) && can_displace(cpu, tctx->vtime, tctx->weight, now)) {
		displace(p, enq_flags);
		return;
	}
	count(bpf_get_smp_processor_id(), COUNT_CPU_QUEUED);
	scx_bpf_dsq_insert_vtime(p, cpu_dsq(cpu), slice_ns, queue_key(tctx->vtime, now), enq_flags);
	if (scx_bpf_test_and_clear_cpu_idle(cpu))
		kick(cpu, KICK_IDLE);
	else if (may_preempt(enq_flags) &&
		 running_ahead(cpu, tctx->vtime, now) > (s64)to_vtime(preempt_margin_ns, tctx->weight))
		preempt(cpu, now);
}

/* May one that is enqueued with these flags preempt, and is it not woken softly? Global: verified once. */
__noinline bool preempts(u64 enq_flags)
{
	struct cpu_state *here = cpu_state(bpf_get_smp_processor_id());

	return may_preempt(enq_flags) && here && !here->waking_softly;
}

/* Wait for a turn on a fast CPU: with what it has fallen behind as credit, where the one that is furthest ahead makes way. */
static bool enqueue_for_turn(struct task_struct *p, struct task_ctx *tctx, u64 enq_flags, u64 now)
{
	u32 fastest = fastest_domain(p, tctx->home);
	struct domain_state *state;

	if (fastest == NO_DOMAIN || !(state = domain_state(fastest)))
		return false;
	change_home(p, tctx, fastest, now);
	move_vtime(state, tctx, -(s64)to_vtime(lag_limit_ns, tctx->weight));
	count(bpf_get_smp_processor_id(), COUNT_DOMAIN_QUEUED);
	scx_bpf_dsq_insert_vtime(p, fastest, slice_ns, queue_key(tctx->vtime, now), enq_flags);
	preempt_in_domain(p, tctx, fastest, now);
	return true;
}

static void enqueue_in_domain(struct task_struct *p, struct task_ctx *tctx, u64 enq_flags, u64 now)
{
	/* the domain of the CPU that it is on: the kernel may have pushed it there, away from a CPU that goes offline */
	s32 last = scx_bpf_task_cpu(p), idle;
	u32 domain = fitting_domain(p, domain_of_cpu(last));

	if (nr_classes > 1 && (enq_flags & ENQ_WAKEUP) && is_too_heavy(tctx, class_of_domain(domain)))
		domain = fitting_domain(p, nearest_of_class(domain, tctx->class));
	change_home(p, tctx, domain, now);
	if (preempts(enq_flags) && domain_of_cpu(last) == domain && bpf_cpumask_test_cpu(last, p->cpus_ptr) &&
	    can_displace(last, tctx->vtime, tctx->weight, now)) {
		displace(p, enq_flags);
		return;
	}
	domain = spend_flow(p, tctx, now);
	change_home(p, tctx, domain, now);
	count(bpf_get_smp_processor_id(), COUNT_DOMAIN_QUEUED);
	scx_bpf_dsq_insert_vtime(p, domain, slice_ns, queue_key(tctx->vtime, now), enq_flags);

	idle = claim_idle_cpu(p, cpu_near(p, domain), false);
	if (idle >= 0) {
		kick(idle, KICK_IDLE);
		return;
	}
	if (preempts(enq_flags))
		preempt_in_domain(p, tctx, domain, now);
	offer_far(domain, now);
}

/* What the daemon may run after it woke up, before it is like any other: ten times what a round takes. */
#define PLANNER_TURN_NS (20ULL * 1000 * 1000)

/*
 * The daemon goes before whoever of ours runs on its CPU: among ten hogs a CPU it would be tens of ms late otherwise, and the
 * plan with it. It sleeps most of the time, so this takes next to nothing from anybody; and only for a while after it woke up,
 * so that a daemon that runs wild waits its turn. Not only as it wakes up: who takes its CPU in the middle of a round would
 * send it to the end of the line. (Seen: 1.1 s, beside hogs at nice -15.) And not only where it may run on more than one CPU:
 * it may not while it is in a BPF program, which most of a round is. (Seen: 0.2 s, beside the same.) Where its CPU is not ours
 * just now, it is first in the line of its domain, or of the one CPU that it may run on.
 */
static void enqueue_planner(struct task_struct *p, struct task_ctx *tctx, u64 enq_flags, u64 now)
{
	s32 cpu = scx_bpf_task_cpu(p), idle;
	bool pinned = is_pinned(p);
	u32 domain = pinned ? domain_of_cpu(cpu) : fitting_domain(p, domain_of_cpu(cpu));
	struct domain_state *state = domain_state(domain);
	struct cpu_state *there = cpu_state(cpu);

	if (!state || !there)
		return;
	if (there->running_weight) {
		displace(p, enq_flags);
		return;
	}
	change_home(p, tctx, domain, now);
	scx_bpf_dsq_insert_vtime(p, pinned ? cpu_dsq(cpu) : domain, slice_ns, first_key(state, now), enq_flags);
	if (pinned)
		idle = scx_bpf_test_and_clear_cpu_idle(cpu) ? cpu : -1;
	else
		idle = claim_idle_cpu(p, cpu_near(p, domain), true);
	if (idle >= 0)
		kick(idle, KICK_IDLE);
}

void BPF_STRUCT_OPS(domains_enqueue, struct task_struct *p, u64 enq_flags)
{
	struct task_ctx *tctx = task_ctx(p);
	u64 now = scx_bpf_now();

	if (!tctx)
		return;
	if (tctx->transit)
		settle_transit(tctx, now);
	if (!tctx->queued_at) /* a change of mask or weight does not make the wait any shorter */
		tctx->queued_at = now;
	if (p->pid == planner_pid && time_delta(now, tctx->changed_at) < PLANNER_TURN_NS)
		enqueue_planner(p, tctx, enq_flags, now);
	else if (is_pinned(p))
		enqueue_on_cpu(p, tctx, scx_bpf_task_cpu(p), enq_flags, now);
	else if ((nr_classes > 1 && move_up(p, enq_flags)) || (smt_enabled && move_to_own_core(p, enq_flags)))
		return;
	else if (!(fair_progress && has_turn(p) && enqueue_for_turn(p, tctx, enq_flags, now)))
		enqueue_in_domain(p, tctx, enq_flags, now);
}

#endif
