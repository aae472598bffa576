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
 */
#ifndef __SCX_DOMAINS_RELEASE_H
#define __SCX_DOMAINS_RELEASE_H

void BPF_STRUCT_OPS(domains_cpu_release, s32 cpu, struct scx_cpu_release_args *args)
{
	struct cpu_state *here = cpu_state(cpu);

	if (!here)
		return;
	here->releasing = true; /* for migration_disabled() */
	scx_bpf_reenqueue_local();
	here->releasing = false;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(cpu_taken, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	bool taken = next->prio < 100 /* MAX_RT_PRIO */ ||
		     (partial && next->policy != 7 /* SCHED_EXT */ && !(next->flags & PF_IDLE));

	if (taken && scx_bpf_dsq_nr_queued(DSQ_LOCAL_ON | (s32)bpf_get_smp_processor_id()) > 0)
		scx_bpf_reenqueue_local();
	return 0;
}

#endif
