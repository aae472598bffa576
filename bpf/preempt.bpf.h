/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who makes way for a task that woke up.
 *
 * The CPU of its domain whose running task is furthest ahead of it, if that is by more than preempt_margin_ns of run time. If
 * that one has only just begun to run, it makes way at its next tick: a sender that is pushed off by each receiver that it
 * wakes sends one message a switch instead of many. For the same reason nobody is preempted for a task that is woken softly,
 * by one of ours that says that it will sleep soon: a CPU comes free, and the woken one is among the first in line. (hackbench
 * on 8 emulated CPUs: 0.51 s with preemption, 0.48 without.)
 *
 * An interrupt sends no messages. Whom one wakes (a timer, a device) and who may take the CPU where it ran last has it at once,
 * however short a time the other has had it.
 */
#ifndef __SCX_DOMAINS_PREEMPT_H
#define __SCX_DOMAINS_PREEMPT_H

/* What a task may run before another task preempts it: a quarter of a tick at HZ=250, and far more than passing a message takes. */
#define UNDISTURBED_NS (1000ULL * 1000)

/* Does the daemon's thread run there, in the middle of a round (planner.bpf.h)? */
static __always_inline bool in_round(const struct cpu_state *state, u64 now)
{
	return time_before(now, state->round_until);
}

/*
 * By how much vtime (ns) the task that runs on `cpu` is ahead of `vtime`; < 0: behind, not ours, in a round, or making way already.
 * Global, as the next one: verified once.
 */
__noinline s64 running_ahead(s32 cpu, u64 vtime, u64 now)
{
	struct cpu_state *state = cpu_state(cpu);
	u64 weight;

	if (!state || !(weight = state->running_weight) || state->make_way || in_round(state, now))
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
	return running_ahead(cpu, vtime, now) > (s64)to_vtime(preempt_margin_ns, weight) &&
	       (!has_just_begun(cpu, now) || in_interrupt());
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

/* May one that is enqueued with these flags preempt, and is it not woken softly? Global: verified once. */
__noinline bool preempts(u64 enq_flags)
{
	struct cpu_state *here = cpu_state(bpf_get_smp_processor_id());

	return may_preempt(enq_flags) && here && !here->waking_softly;
}

#endif
