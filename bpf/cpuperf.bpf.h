/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How fast a CPU shall run, where the governor schedutil asks the scheduler.
 *
 * Problem. Under sched_ext the kernel's own utilisation of a CPU is gone, and the target that stands in for it is full speed until
 * a scheduler says otherwise.
 *
 * Mechanism. Speed is a part of the CPU's highest frequency, 0 to 1024, made of what the CPU had to do and of what the task that
 * runs now is known to need (which may have come from another CPU a moment ago), whichever is more:
 *
 *	wanted = bias x max(busy time x frequency, demand of the task / capacity of the class),	floor <= wanted <= ceiling
 *
 * Time that higher classes had is none of ours: schedutil adds theirs to what we ask for (effective_cpu_util).
 *
 * Bias, floor and ceiling are userspace's, by class and profile (src/frequency). Up at once; down by an eighth for each STEP_NS, so
 * that the gap between two bursts costs nobody a switch of frequency; and not at all for less than DEADBAND. schedutil makes
 * 1.25 x highest frequency x target / capacity of it (kernel/sched/cpufreq_schedutil.c), so for a part of 1 the target is
 * 0.8 x capacity, as the kernel counts capacity.
 *
 * Where the kernel cannot measure how fast a CPU runs (x86 without APERF/MPERF: virtual machines mostly), schedutil takes what is
 * asked for as a part of the frequency of the moment, with another quarter on top (get_capacity_ref_freq), and climbs from step to
 * step. There, what is asked for is made a part of that, and asked for again until the frequency is there (frequency_changed).
 *
 * schedutil forgets what it is asked for within its rate limit since the last switch (sugov_should_update_freq), and asks nobody
 * later. So what was asked for last is asked for once more when that limit is over (PERF_SETTLED_NS, as high as the kernel sets it
 * by itself: cpufreq_policy_transition_delay_us).
 *
 * Example: 5 ms of each 10 on a CPU that runs at its highest: 512 x 1.25 = 640, 5/8 of that frequency. There the same work takes 8
 * of 10 ms; 0.8 x 5/8 is 512 again, so it stays.
 *
 * A CPU sets its own speed only: with a runqueue locked the kernel allows no other. One that is idle does not look again by
 * itself. So each round userspace has those kicked that are idle and faster than they need be (kick_fast_idlers), and they look
 * in dispatch().
 */
#ifndef __SCX_DOMAINS_CPUPERF_H
#define __SCX_DOMAINS_CPUPERF_H

const volatile bool cpuperf_enabled = false;

/* By class; userspace changes it as it runs. */
struct perf_terms perf_terms[MAX_CLASSES];

/*
 * How fast each CPU runs, where the kernel cannot measure it: nr_cpus of them. Userspace writes it at first, and only once
 * frequency_changed is there: whatever changes before that would never be known.
 */
SIZED_ARRAY(cpu_khz, u32);

#define PERF_STEP_NS (4ULL * 1000 * 1000)
#define PERF_DEADBAND 32 /* of 1024: 3 % */
#define PERF_SETTLED_NS (10ULL * 1000 * 1000)
#define PERF_FULL 1024

/* Is it of use to know what tasks need? */
static __always_inline bool demand_matters(void)
{
	return nr_classes > 1 || cpuperf_enabled;
}

/* A CPU goes idle, or comes back. */
static __always_inline void count_idle(struct cpu_state *here, bool idle, u64 now)
{
	if (here->idle_from)
		here->idle_ns += time_delta(now, here->idle_from);
	here->idle_from = idle ? now : 0;
}

/*
 * Bring up to now what part of the CPU's highest frequency it was busy for with what is ours, as a moving average. What it did
 * before the first time nobody knows: then it is `at_first`.
 */
static __always_inline void follow_busy(struct cpu_state *here, s32 cpu, u32 at_first, u64 now)
{
	u64 ns = time_delta(now, here->busy_at), idle = here->idle_ns, taken;
	u32 level = 0;

	if (ns < DEMAND_STEP_NS)
		return;
	if (here->idle_from)
		idle += time_delta(now, here->idle_from);
	taken = higher_class_ns(here, now);
	idle += time_delta(taken, here->busy_taken);
	if (idle < ns)
		level = ((u64)scx_bpf_cpuperf_cur(cpu) << 10) * (ns - idle) / ns;
	if (!here->busy_at)
		here->busy = at_first << 10;
	else if (here->busy > level)
		here->busy = level + decayed(here->busy - level, ns, demand_half_life_ns, demand_scale);
	else
		here->busy = level - decayed(level - here->busy, ns, demand_half_life_ns, demand_scale);
	here->busy_taken = taken;
	here->idle_ns = 0;
	if (here->idle_from)
		here->idle_from = now;
	here->busy_at = now;
}

/* The speed that is wanted of a CPU of `class` on which `need` of 1024 is to be done. */
static __always_inline u32 wanted_perf(u32 class, u32 need)
{
	const struct perf_terms *terms = &perf_terms[class & (MAX_CLASSES - 1)];
	u32 wanted = need * terms->bias >> 10;

	if (wanted < terms->floor)
		wanted = terms->floor;
	return wanted < terms->ceiling ? wanted : terms->ceiling;
}

/* A CPU's frequency has changed; loaded where the kernel cannot measure it. */
SEC("tp_btf/cpu_frequency")
int BPF_PROG(frequency_changed, unsigned int khz, unsigned int cpu)
{
	u32 *is = bpf_map_lookup_elem(&cpu_khz, &cpu);

	if (is)
		*is = khz;
	return 0;
}

/* How fast `cpu` runs, where the kernel does not know it; else, and before it is known here, 0. */
static __always_inline u64 unmeasured_khz(const struct cpu_config *config, s32 cpu)
{
	u32 *is = config->max_khz ? bpf_map_lookup_elem(&cpu_khz, &cpu) : NULL;

	return is ? *is : 0;
}

/* What to ask the kernel for, for a CPU to run at this part of its highest frequency. */
static __always_inline u32 perf_target(const struct cpu_config *config, s32 cpu, u64 perf)
{
	u64 target = perf * scx_bpf_cpuperf_cap(cpu) * 4 / (5 * PERF_FULL), khz = unmeasured_khz(config, cpu);

	if (khz)
		target = target * 4 / 5 * config->max_khz / khz;
	return target < PERF_FULL ? target : PERF_FULL;
}

/* Is it known to run slower than this part of its highest frequency? */
static __always_inline bool is_slower(const struct cpu_config *config, s32 cpu, u64 perf)
{
	return unmeasured_khz(config, cpu) * PERF_FULL < perf * config->max_khz;
}

/* May what was asked for last have been forgotten? */
static __always_inline bool may_be_forgotten(const struct cpu_state *here, u64 now)
{
	return here->perf_asked_at && time_delta(now, here->perf_asked_at) >= PERF_SETTLED_NS;
}

/* Is what was asked for so near to what is wanted that it need not change? The highest speed that may be is never given away. */
static __always_inline bool is_near(u32 perf, u32 wanted, u32 ceiling)
{
	if (wanted < perf)
		return perf - wanted < PERF_DEADBAND;
	return wanted == perf || (wanted - perf < PERF_DEADBAND && wanted < ceiling);
}

/*
 * Set the speed of `cpu`, whose runqueue is held. The task that runs there, or is about to, has this demand; 0: there is none.
 * Global: verified once.
 */
__noinline int adjust_perf(s32 cpu, u32 demand, u64 now)
{
	struct cpu_config *config = cpu_config(cpu);
	struct cpu_state *here = cpu_state(cpu);
	u32 need, wanted, steps, class;
	bool again;

	if (!config || !here || !config->cpuperf)
		return 0;
	class = config->class & (MAX_CLASSES - 1);
	follow_busy(here, cpu, demand ? PERF_FULL : 0, now);
	demand = demand / (class_capacity[class] ?: 1); /* << 10 in both */
	need = here->busy >> 10 > demand ? here->busy >> 10 : demand;
	wanted = wanted_perf(class, need);
	again = may_be_forgotten(here, now);
	if (is_near(here->perf, wanted, perf_terms[class].ceiling)) {
		here->perf_at = now; /* it is right: the way down has not begun */
		if (!again && !is_slower(config, cpu, here->perf))
			return 0;
		wanted = here->perf;
	} else if (wanted < here->perf) {
		steps = time_delta(now, here->perf_at) / PERF_STEP_NS;
		if (!steps)
			return 0;
		if (steps < 8 && here->perf - (here->perf * steps >> 3) > wanted)
			wanted = here->perf - (here->perf * steps >> 3);
	}
	here->perf_asked_at = again && wanted == here->perf ? 0 : now;
	here->perf = wanted;
	here->perf_at = now;
	scx_bpf_cpuperf_set(cpu, perf_target(config, cpu, wanted));
	return 0;
}

/*
 * Have idle CPUs look at their speed that are faster than they have to be, or whose last wish may have been forgotten; one that has
 * been idle since before we came too.
 */
SEC("syscall")
int kick_fast_idlers(void *unused)
{
	u64 now = scx_bpf_now();
	struct cpu_config *config;
	struct cpu_state *state;
	u32 cpu;

	bpf_for(cpu, 0, nr_cpus) {
		config = cpu_config_fallible(cpu);
		state = cpu_state_fallible(cpu);
		if (config && state && config->cpuperf && state->online && (state->idle_from || !state->busy_at) &&
		    (state->perf >= wanted_perf(config->class, 0) + PERF_DEADBAND || may_be_forgotten(state, now)))
			kick(cpu, KICK_IDLE);
	}
	return 0;
}

#endif
