/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon's rounds are in time.
 *
 * The thread that plans goes before whoever of ours runs on its CPU: among ten hogs a CPU it would be tens of ms late
 * otherwise, and the plan with it. It sleeps most of the time, so this takes next to nothing from anybody; and only for a
 * while after it woke up, so that a daemon that runs wild waits its turn. Not only as it wakes up: who takes its CPU in the
 * middle of a round would send it to the end of the line (seen: 1.1 s, beside hogs at nice -15), so nobody that is ours does.
 * And not only where it may run on more than one CPU: it may not while it is in a BPF program, which most of a round is.
 * (Seen: 0.2 s, beside the same.)
 *
 * But it does not take its CPU from the daemon's other threads. Who of them wakes it does so while it tells why, with a lock held
 * that the planner takes next; pushed off there, it would be one of many that wait to run. (Seen: 0.3 s, beside ten hogs a CPU.)
 * They sleep a moment later.
 */
#ifndef __SCX_DOMAINS_PLANNER_H
#define __SCX_DOMAINS_PLANNER_H

/*
 * So long after it woke up the planner goes first, and then is like any other: far longer than a round takes, or an answer to who
 * steers it, after which a round is due. (With 20 ms, a round of an emulated machine was late by 0.1 s after one.)
 */
#define PLANNER_TURN_NS (100ULL * 1000 * 1000)

/* ns, when it last woke up. Written once a round. */
static u64 planner_woke_at;

static __always_inline void note_planner(const struct task_struct *p, u64 enq_flags, u64 now)
{
	if (p->pid == planner_pid && (enq_flags & ENQ_WAKEUP))
		planner_woke_at = now;
}

static __always_inline bool is_planner(const struct task_struct *p, u64 now)
{
	return p->pid == planner_pid && time_delta(now, planner_woke_at) < PLANNER_TURN_NS;
}

/*
 * Where its CPU is not ours just now, or is the daemon's, it is first in the line of its domain, or of the one CPU that it may run
 * on.
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
	if (there->running_weight && !there->runs_daemon) {
		displace(p, enq_flags);
		return;
	}
	change_home(p, tctx, domain, now);
	scx_bpf_dsq_insert_vtime(p, pinned ? cpu_dsq(cpu) : domain, slice_ns, first_key(state, now), enq_flags);
	idle = pinned ? cpu : claim_idle_cpu(p, cpu_near(p, domain), true);
	if (idle >= 0)
		kick(idle, KICK_IDLE);
}

#endif
