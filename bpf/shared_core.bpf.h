/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who runs on and on beside a busy sibling moves to a core of its own, when one is idle.
 *
 * A wake-up looks for whole cores first, but what was right then does not stay right: a hog that starts while all cores are busy
 * for a moment shares one with another hog, and both have three fifths of it (SMT gives about a quarter on top) for as long as
 * they run, beside an idle core. Nobody waits, so no queue and no flow shows it.
 *
 * Mechanism. As for misfits (misfit.bpf.h): it gives its CPU up at a tick, is enqueued anew, and puts itself onto the core that
 * it claims then. Only after SHARED_TICKS ticks in a row that found the sibling busy: whoever wakes up for a millisecond is no
 * reason to leave warm caches. As a busy CPU ticks, nobody needs to be called: 8 to 12 ms after a core goes idle at HZ=250,
 * somebody has it.
 *
 * With classes, only cores of the same domain count: beside a busy sibling a P-core gives about what an E-core does alone.
 *
 * Without SMT, smt_enabled is false when the programs are loaded, so the verifier drops all of it.
 */
#ifndef __SCX_DOMAINS_SHARED_CORE_H
#define __SCX_DOMAINS_SHARED_CORE_H

#define SHARED_TICKS 2
/* Threads of a core: 8 on POWER. */
#define MAX_THREADS 8

/* Does a sibling of `cpu` run a task of ours? Siblings are linked in a ring. */
static bool has_busy_sibling(s32 cpu)
{
	struct cpu_config *config;
	struct cpu_state *state;
	s32 thread = cpu;
	u32 i;

	bpf_for(i, 1, MAX_THREADS) {
		config = cpu_config(thread);
		if (!config || (thread = config->next_thread) == cpu)
			break;
		state = cpu_state(thread);
		if (state && state->running_weight)
			return true;
	}
	return false;
}

/* Where a whole core will do for one that runs in `domain`. */
static const struct cpumask *core_area(u32 domain)
{
	struct domain_config *config;

	if (nr_classes > 1)
		return domain_mask(domain);
	config = domain_config(domain);
	return config ? slot_mask(&area_masks, config->node_mask) : NULL;
}

/* Is a whole core idle that the task may move to? */
static bool has_whole_core(const struct task_struct *p, u32 domain)
{
	const struct cpumask *idle_cores = scx_bpf_get_idle_smtmask(), *area;
	bool has = false;

	if (!bpf_cpumask_empty(idle_cores)) {
		area = core_area(domain);
		area = area ? allowed_of(p, area) : NULL;
		has = area && bpf_cpumask_intersects(area, idle_cores);
	}
	scx_bpf_put_idle_cpumask(idle_cores);
	return has;
}

/* Has the running task shared the core of `cpu` for so long that it should have one of its own, and is one idle? */
static bool leaves_core(const struct task_struct *p, s32 cpu, const struct cpu_state *here)
{
	return here->shared_ticks >= SHARED_TICKS && has_whole_core(p, domain_of_cpu(cpu));
}

/* At a tick: does the task give up its CPU, to have a core of its own? */
static bool looks_for_core(const struct task_struct *p, const struct task_ctx *tctx, s32 cpu, struct cpu_state *here)
{
	if (!runs_on_and_on(p, tctx) || is_pinned(p) || !has_busy_sibling(cpu)) {
		here->shared_ticks = 0;
		return false;
	}
	here->shared_ticks++;
	return leaves_core(p, cpu, here);
}

/* Put a task that is enqueued, since it left a core that it shared, onto one of its own. False: there is none. Global: verified once. */
__noinline bool move_to_own_core(struct task_struct *p __arg_trusted, u64 enq_flags)
{
	s32 cpu = scx_bpf_task_cpu(p);
	struct cpu_state *there = cpu_state(cpu);
	const struct task_ctx *tctx = task_ctx(p);
	u32 domain = domain_of_cpu(cpu);
	struct domain_config *config = domain_config(domain);
	const struct cpumask *own = domain_mask(domain);

	if (!there || !tctx || !config || !own || !runs_on_and_on(p, tctx) || !leaves_core(p, cpu, there))
		return false;
	cpu = nr_classes > 1 ? claim_idle_in(p, own, PICK_WHOLE_CORE) : claim_idle_near(p, domain, config, PICK_WHOLE_CORE);
	return put_onto(p, cpu, COUNT_OWN_CORE, enq_flags);
}

#endif
