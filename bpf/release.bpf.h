/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUs that a higher class takes.
 *
 * When a real-time or deadline task (with --partial, any task that is not ours) takes a CPU, the task that it pushed off,
 * and what was put straight onto the CPU, wait in the CPU's local DSQ, where no other CPU may take them. So they are
 * enqueued anew, and somebody else comes for them.
 *
 * From 6.19 on that may be done from anywhere, and the kernel wants it done at the context switch; before, only
 * cpu_release may do it, and later kernels warn about that callback. Userspace loads the one that the kernel has.
 *
 * How long a CPU is gone is counted here too: the balancer takes it off what the CPU's domain can do.
 */
#ifndef __SCX_DOMAINS_RELEASE_H
#define __SCX_DOMAINS_RELEASE_H

/* A higher class had the CPU until now, or has it from now on. */
static __always_inline void count_taken(struct cpu_state *here, bool had, bool has, u64 now)
{
	if (had && here->taken_at)
		here->taken_ns += time_delta(now, here->taken_at);
	here->taken_at = has ? now : 0;
}

void BPF_STRUCT_OPS(domains_cpu_release, s32 cpu, struct scx_cpu_release_args *args)
{
	struct cpu_state *here = cpu_state(cpu);

	if (!here)
		return;
	count_taken(here, true, true, scx_bpf_now());
	here->releasing = true; /* for migration_disabled() */
	scx_bpf_reenqueue_local();
	here->releasing = false;
}

void BPF_STRUCT_OPS(domains_cpu_acquire, s32 cpu, struct scx_cpu_acquire_args *args)
{
	struct cpu_state *here = cpu_state(cpu);

	if (here)
		count_taken(here, true, false, scx_bpf_now());
}

static __always_inline bool of_higher_class(const struct task_struct *p)
{
	return p->prio < 100 /* MAX_RT_PRIO */ ||
	       (partial && p->policy != 7 /* SCHED_EXT */ && !(p->flags & PF_IDLE));
}

SEC("tp_btf/sched_switch")
int BPF_PROG(cpu_taken, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	bool had = of_higher_class(prev), has = of_higher_class(next);
	struct cpu_state *here;

	if (!had && !has)
		return 0;
	here = cpu_state(bpf_get_smp_processor_id());
	if (here)
		count_taken(here, had, has, scx_bpf_now());
	if (has && scx_bpf_dsq_nr_queued(DSQ_LOCAL_ON | (s32)bpf_get_smp_processor_id()) > 0)
		scx_bpf_reenqueue_local();
	return 0;
}

#endif
