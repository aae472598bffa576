/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a task waits, and who is told.
 *
 * A task that can run on one CPU only waits in that CPU's own DSQ; any other in the DSQ of its home domain, if its mask
 * meets the domain's online CPUs. If it does not, home changes first: a task never waits where nobody may run it. Both
 * kinds of DSQ are ordered by vtime on the same clock, so dispatch can merge them.
 *
 * Then somebody must come for it: an idle CPU if there is one, else, for a task that woke up, one that makes way (preempt.bpf.h).
 */
#ifndef __SCX_DOMAINS_ENQUEUE_H
#define __SCX_DOMAINS_ENQUEUE_H

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
	domain = spend_flow(p, tctx, now);
	change_home(p, tctx, domain, now);
	if (preempts(enq_flags) && domain_of_cpu(last) == domain && bpf_cpumask_test_cpu(last, p->cpus_ptr) &&
	    can_displace(last, tctx->vtime, tctx->weight, now)) {
		displace(p, enq_flags);
		return;
	}
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

void BPF_STRUCT_OPS(domains_enqueue, struct task_struct *p, u64 enq_flags)
{
	struct task_ctx *tctx = task_ctx(p);
	u64 now = scx_bpf_now();

	if (!tctx)
		return;
	if (tctx->transit)
		settle_transit(tctx, now);
	if (!tctx->queued_at) { /* a change of mask or weight does not make the wait any shorter */
		tctx->queued_at = now;
		tctx->woken = enq_flags & ENQ_WAKEUP;
	}
	if (is_planner(p, now))
		enqueue_planner(p, tctx, enq_flags, now);
	else if (is_pinned(p))
		enqueue_on_cpu(p, tctx, scx_bpf_task_cpu(p), enq_flags, now);
	else if ((nr_classes > 1 && move_up(p, enq_flags)) || (smt_enabled && move_to_own_core(p, enq_flags)) ||
		 (ranks_differ && move_to_better(p, enq_flags)) ||
		 (several_nodes && move_to_memory(p, enq_flags)))
		return;
	else if (!(fair_progress && has_turn(p) && enqueue_for_turn(p, tctx, enq_flags, now)))
		enqueue_in_domain(p, tctx, enq_flags, now);
}

#endif
