/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Core classes: which CPUs are faster, and how much of a CPU a task needs.
 *
 * Problem. Where CPUs differ, who waits in a fair line on a slow one loses more than any line costs: of four hogs on four E-cores
 * of half the speed beside four idle P-cores, each has "its CPU" and gets half of what there is.
 *
 * Mechanism. A task's *demand* is its invariant utilisation: running time x capacity of the class x frequency, as a moving average
 * (PELT, kernel/sched/pelt.c, with run time that is counted exactly). 1024 is the whole of a fastest CPU; 512 is all of an E-core
 * of capacity 512, or half of a P-core. Userspace says for each 32nd of that which class such a task should be on
 * (src/placement), by what costs less in the profile that is in force. A faster class is taken at once, a slower one when the
 * demand has fit there for SETTLED_DOWN_NS.
 *
 *	at a wake-up	an idle CPU of that class is looked for first, then any (idle.bpf.h)
 *	while it runs	a *misfit* is one that has run for MISFIT_NS without a sleep on a class below the highest: when a CPU
 *			of a faster one is idle it moves there, at its next tick (goes_up, move_up), or called by a CPU that
 *			goes idle (call_misfit)
 *	in a queue	one that wakes up, and would be late on the slow CPU where it was, waits for a faster one (enqueue.bpf.h)
 *	in a flow	heavy ones go up first, light ones down (flow.bpf.h)
 *
 * With one class, nr_classes is 1 when the programs are loaded, so the verifier drops all of it.
 *
 * Limits. MAX_CLASSES; slower classes count as the last. A slow CPU's misfit is seen at ticks: 4 ms at HZ=250.
 */
#ifndef __SCX_DOMAINS_CLASS_H
#define __SCX_DOMAINS_CLASS_H

const volatile u64 demand_half_life_ns = 32000000;
const volatile u64 demand_scale = (1ULL << 42) / 32000000; /* 2^42 / demand_half_life_ns */

/* By demand, in steps of 1024 / DEMAND_STEPS: the class that such a task should be on. Userspace changes it as it runs. */
u8 class_for_demand[DEMAND_STEPS];

/* Has some CPU told of a misfit (cpu_state.misfit) since the last that looked for one found none? A hint, seldom written. */
u32 misfits_wait;

SIZED_ARRAY(faster_masks, struct cpumask_slot); /* nr_classes: what is online of the classes before it */
SIZED_ARRAY(class_domains, u32); /* nr_domains * nr_classes: the nearest domain of that class */

/* What a task runs without a sleep before it counts as one that needs a faster CPU: one tick at HZ=250, so two have seen it. */
#define MISFIT_NS (4ULL * 1000 * 1000)
/* For how long a demand has to fit a slower class. */
#define SETTLED_DOWN_NS (200ULL * 1000 * 1000)
/* Shorter stretches are put together: they would be lost to rounding. */
#define DEMAND_STEP_NS (1ULL << 20)
#define DEMAND_BITS 20 /* 1024 << 10 */

/* The domain of a class that is nearest to `domain`: itself if it is of that class. */
static __always_inline u32 nearest_of_class(u32 domain, u32 class)
{
	u32 slot = domain * nr_classes + class, *found = bpf_map_lookup_elem(&class_domains, &slot);

	if (!found)
		scx_bpf_error("no domain in slot %u", slot);
	return found ? *found : domain;
}

/* Set the class that a task should be on by its demand. */
static __always_inline void choose_class(struct task_ctx *tctx, u64 now)
{
	u32 step = tctx->demand >> (DEMAND_BITS - DEMAND_STEP_BITS), class;

	if (step >= DEMAND_STEPS)
		step = DEMAND_STEPS - 1;
	barrier_var(step); /* or the compiler leaves out what shows the verifier that this is within bounds */
	class = class_for_demand[step & (DEMAND_STEPS - 1)];
	if (class <= tctx->class)
		tctx->fits_no_slower = now;
	else if (time_delta(now, tctx->fits_no_slower) < SETTLED_DOWN_NS)
		return;
	tctx->class = class;
}

/*
 * Bring the demand of a task up to now: it runs on `cpu`, or did until now.
 *
 *	level = capacity x frequency x run time / time,		demand = level + (demand - level) x 2^-(time / half-life)
 *
 * It is not brought up to date by a wake-up: what it needed when it last ran is what it will need (util_est of the kernel's
 * fair class).
 */
static void follow_demand(struct task_struct *p, struct task_ctx *tctx, s32 cpu, u64 now)
{
	u64 total = p->se.sum_exec_runtime, ran = time_delta(total, tctx->demand_ran);
	u64 ns = time_delta(now, tctx->demand_at);
	u32 level;

	if (ns < DEMAND_STEP_NS)
		return;
	level = class_capacity[class_of_cpu(cpu)] * scx_bpf_cpuperf_cur(cpu);
	if (ran < ns)
		level = level * ran / ns;
	if (tctx->demand > level)
		tctx->demand = level + decayed(tctx->demand - level, ns, demand_half_life_ns, demand_scale);
	else
		tctx->demand = level - decayed(level - tctx->demand, ns, demand_half_life_ns, demand_scale);
	tctx->demand_ran = total;
	tctx->demand_at = now;
	choose_class(tctx, now);
}

/* Does a task that should be on a faster class need more than half of a CPU of `class`? Then it is late there, whoever waits. */
static __always_inline bool is_too_heavy(const struct task_ctx *tctx, u32 class)
{
	return tctx->class < class && tctx->demand >> 9 > class_room[class & (MAX_CLASSES - 1)];
}

/* Is it kept how long tasks run without a sleep? */
static __always_inline bool sleeps_matter(void)
{
	return nr_classes > 1 || smt_enabled || ranks_differ || several_nodes;
}

static __always_inline bool runs_on_and_on(const struct task_struct *p, const struct task_ctx *tctx)
{
	return time_delta(p->se.sum_exec_runtime, tctx->slept_ran) >= MISFIT_NS;
}

/* Has it run for so long without a sleep that it needs a faster CPU than one of `class`? */
static __always_inline bool is_misfit(const struct task_struct *p, const struct task_ctx *tctx, u32 class)
{
	return class && runs_on_and_on(p, tctx);
}

#endif
