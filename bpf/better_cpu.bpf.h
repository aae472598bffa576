/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who runs on and on moves to a better CPU of its domain (preferred.bpf.h), when one is idle.
 *
 * It is born where CPUs are good while the best ones are busy for a moment, and stays there: it never wakes up, and waits in no
 * queue. As for misfits (misfit.bpf.h), it gives its CPU up at a tick, is enqueued anew, and puts itself onto the one that it claims
 * then. As a busy CPU ticks, nobody needs to be called: 4 to 8 ms after a better CPU goes idle at HZ=250, somebody has it. It costs
 * one migration inside an LLC, 10 us of work: of the better CPU's 3 % it has those back within a tick.
 *
 * Siblings share a core: with SMT, only a CPU whose whole core is idle is better.
 */
#ifndef __SCX_DOMAINS_BETTER_CPU_H
#define __SCX_DOMAINS_BETTER_CPU_H

/* Should who runs on `cpu` rather be enqueued anew, to move to a better CPU of its domain that is idle? Global: verified once. */
__noinline bool goes_to_better(struct task_struct *p __arg_trusted, s32 cpu)
{
	const struct task_ctx *tctx;

	return rank_of_cpu(cpu) && (tctx = task_ctx(p)) && runs_on_and_on(p, tctx) && !is_pinned(p) && better_idle(p, cpu) >= 0;
}

/* Put a task that is enqueued, and has run on without a sleep, onto a better CPU of its domain. False: none is idle. Global. */
__noinline bool move_to_better(struct task_struct *p __arg_trusted, u64 enq_flags)
{
	const struct task_ctx *tctx = task_ctx(p);

	return tctx && runs_on_and_on(p, tctx) &&
	       put_onto(p, claim_better(p, scx_bpf_task_cpu(p)), COUNT_MOVED_UP, enq_flags);
}

#endif
