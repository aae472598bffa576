/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who runs on and on away from its memory goes there, when a CPU of that node is idle.
 *
 * Problem. A task that binds itself to the memory of one node was born where its parent ran, or where a CPU was idle. It may run
 * elsewhere for as long as it lives, beside idle CPUs of its own node: it never wakes up, and waits in no queue. Each access goes
 * over the link meanwhile.
 *
 * Mechanism. As for misfits (misfit.bpf.h): it gives its CPU up at a tick, is enqueued anew, and puts itself onto the CPU that it
 * claims then, 4 to 8 ms after one of its node goes idle at HZ=250. It leaves again while others wait there, with a flow or to an
 * idle CPU, and then stays away for MEMORY_REST_NS: with 2 ms until its caches are warm again, it loses 4 % at most if it is driven
 * to and fro.
 *
 * Limits. With core classes only wake-ups look there: which CPU is faster counts more. Two that each run where the other's memory is
 * are not swapped while all CPUs are busy.
 *
 * On one node, several_nodes is false when the programs are loaded, so the verifier drops all of it.
 */
#ifndef __SCX_DOMAINS_TO_MEMORY_H
#define __SCX_DOMAINS_TO_MEMORY_H

#define MEMORY_REST_NS (100ULL * 1000 * 1000)

/* Has it run for so long without a sleep, and since it was moved, that it should be where its memory is? */
static bool settles(struct task_struct *p, const struct task_ctx *tctx, u64 now)
{
	return nr_classes == 1 && runs_on_and_on(p, tctx) && time_delta(now, tctx->moved_at) >= MEMORY_REST_NS;
}

/* Should who runs on `cpu` rather be enqueued anew, since its memory is elsewhere and a CPU is idle there? Global: verified once. */
__noinline bool goes_to_memory(struct task_struct *p __arg_trusted, s32 cpu)
{
	const struct task_ctx *tctx = task_ctx(p);
	const struct cpumask *idle, *area;
	bool goes;

	if (!tctx || !settles(p, tctx, scx_bpf_now()) || is_pinned(p) ||
	    !(area = memory_elsewhere(p, domain_of_cpu(cpu))) || !(area = allowed_of(p, area)))
		return false;
	idle = scx_bpf_get_idle_cpumask();
	goes = bpf_cpumask_intersects(area, idle);
	scx_bpf_put_idle_cpumask(idle);
	return goes;
}

/* Put a task that is enqueued, and has run on without a sleep, onto an idle CPU where its memory is. False: there is none. Global. */
__noinline bool move_to_memory(struct task_struct *p __arg_trusted, u64 enq_flags)
{
	struct task_ctx *tctx = task_ctx(p);
	u64 now = scx_bpf_now();

	if (!tctx || !settles(p, tctx, now) ||
	    !put_onto(p, claim_idle_at_memory(p, domain_of_cpu(scx_bpf_task_cpu(p))), COUNT_TO_MEMORY, enq_flags))
		return false;
	tctx->moved_at = now;
	return true;
}

#endif
