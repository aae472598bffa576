/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Misfits: who runs on and on where CPUs are slow moves to a faster one that is idle, though nobody waits and it is alone on its
 * CPU.
 *
 * A running task is in no queue, so nobody can take it. It has to give its CPU up, be enqueued anew (the flag ENQ_LAST has the
 * kernel do so with one that is alone), and put itself onto the CPU that it claims then. It does so
 *
 *	at a tick, if a faster CPU is idle;
 *	when a faster CPU that goes idle kicks it. Whom to kick is found by a flag a CPU, `misfit`, which ticks set; and whether
 *	there is any, by one for all, `misfits_wait`, so that a CPU that goes idle where none is looks at one word.
 *
 * Siblings share a core: beside a busy one, a P-core gives about what an E-core alone does. So with SMT only a whole idle core
 * is room.
 *
 * Example at HZ=250: a hog is born on an E-core. Between 4 and 8 ms after that a tick finds that it has run for 4 ms and that a
 * P-core is idle; it is there at once. In 2 s, 99.7 % of what it could get done.
 */
#ifndef __SCX_DOMAINS_MISFIT_H
#define __SCX_DOMAINS_MISFIT_H

/* Is a CPU of a faster class than `class` idle that the task may run on? */
static bool has_room_above(const struct task_struct *p, u32 class)
{
	const struct cpumask *idle = smt_enabled ? scx_bpf_get_idle_smtmask() : scx_bpf_get_idle_cpumask(), *faster;
	bool room = false;

	if (!bpf_cpumask_empty(idle)) {
		faster = slot_mask(&faster_masks, class);
		faster = faster ? allowed_of(p, faster) : NULL;
		room = faster && bpf_cpumask_intersects(faster, idle);
	}
	scx_bpf_put_idle_cpumask(idle);
	return room;
}

/* May the task run on some CPU of a faster class than `class`? */
static __always_inline bool may_go_above(const struct task_struct *p, u32 class)
{
	const struct cpumask *faster = slot_mask(&faster_masks, class);

	return faster && bpf_cpumask_intersects(faster, p->cpus_ptr);
}

/* Should who runs on `cpu`, which may go on there, rather be enqueued anew, to move to an idle CPU of a faster class? */
static bool goes_up(struct task_struct *p, s32 cpu)
{
	u32 class = class_of_cpu(cpu);
	const struct task_ctx *tctx;

	return class && (tctx = task_ctx(p)) && is_misfit(p, tctx, class) && !is_pinned(p) && has_room_above(p, class);
}

/* At a tick: does the task give up its CPU, to go up? If it would and cannot, whoever goes idle up there shall know. */
static __always_inline bool looks_up(struct task_struct *p, const struct task_ctx *tctx, s32 cpu, struct cpu_state *here)
{
	u32 class = class_of_cpu(cpu);
	bool misfit = is_misfit(p, tctx, class) && !is_pinned(p) && may_go_above(p, class);

	if (misfit && has_room_above(p, class))
		return true;
	here->misfit = misfit;
	if (misfit && !misfits_wait)
		misfits_wait = true;
	return false;
}

/*
 * Put a task that is enqueued, and has run on without a sleep on a slow CPU, onto an idle CPU of the fastest class that has one.
 * False: there is none. Global: verified once.
 */
__noinline bool move_up(struct task_struct *p __arg_trusted, u64 enq_flags)
{
	u32 class = class_of_cpu(scx_bpf_task_cpu(p)), above;
	const struct task_ctx *tctx = task_ctx(p);
	const struct cpumask *faster;
	s32 cpu;

	if (!tctx || !is_misfit(p, tctx, class) || !has_room_above(p, class))
		return false;
	bpf_for(above, 1, class + 1) {
		faster = slot_mask(&faster_masks, above);
		cpu = faster ? claim_idle_in(p, faster, smt_enabled ? PICK_WHOLE_CORE : 0) : -EBUSY;
		if (put_onto(p, cpu, COUNT_MOVED_UP, enq_flags))
			return true;
	}
	return false;
}

/* Kick the first CPU of `domain` that runs a misfit; its own dispatch does the rest. Global: verified once. */
__noinline bool kick_misfit(u32 domain)
{
	struct domain_config *config = domain_config(domain);
	struct cpu_state *state;
	s32 cpu;
	u32 i;

	if (!config)
		return false;
	bpf_for(i, 0, MAX_DOMAIN_SCAN) {
		cpu = domain_cpu(config, i);
		if (cpu < 0)
			break;
		state = cpu_state(cpu);
		if (!state || !state->misfit)
			continue;
		state->misfit = false; /* its next tick sets it again if this leads to nothing */
		kick(cpu, KICK_PREEMPT);
		return true;
	}
	return false;
}

/* A CPU of `domain` goes idle: call the misfit of the nearest domain of a slower class that has one. */
static void call_misfit(u32 domain)
{
	u32 class = class_of_domain(domain), i;
	const struct near_domain *next;

	if (class + 1 >= nr_classes)
		return;
	bpf_for(i, 0, nr_domains - 1) {
		next = neighbour(domain, i);
		if (next && class_of_domain(next->domain) > class && kick_misfit(next->domain))
			return;
	}
	misfits_wait = false;
}

#endif
