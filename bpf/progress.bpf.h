/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What run time counts for: CPU time, or with --fair-progress what it got done.
 *
 * Problem. A ms on an E-core of half the speed gets half as much done. What a task is owed, or has had too much of, goes along with
 * it from domain to domain (change_home). Counted as CPU time, 10 ms that it was ahead on E-cores, 5 ms of a P-core's work, cost it
 * 10 ms there.
 *
 * Mechanism. Run time x capacity of the class x frequency, each a part of the highest, as demand is counted (follow_demand), and as
 * the kernel counts utilisation (cap_scale in kernel/sched/pelt.c). So all clocks run in ms of a fastest CPU. How much each
 * class has to do is the balancer's, which shares load out by capacity whatever run time counts for. Where there are too few tasks
 * to share, they take turns (turns.bpf.h).
 *
 * Limits. What siblings of a core take from each other is not counted, nor are caches and memory.
 *
 * Where it is not asked for, or there is one class, the verifier drops it.
 */
#ifndef __SCX_DOMAINS_PROGRESS_H
#define __SCX_DOMAINS_PROGRESS_H

const volatile bool fair_progress = false;

/* What `ran` ns on `cpu` count for. */
static __always_inline u64 counted(u64 ran, s32 cpu)
{
	if (!fair_progress)
		return ran;
	return ran * class_capacity[class_of_cpu(cpu)] * scx_bpf_cpuperf_cur(cpu) >> 20;
}

#endif
