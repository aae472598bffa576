/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much a domain has to do: runnable weight over time.
 *
 * Userspace reads the integral at two moments and divides by the time between: the mean runnable weight, waiting
 * included, with no sampling error however short the round. Two tasks at nice 0 that run half of the time and one that
 * always does are the same load, 1024. Weight that cannot leave the domain is kept apart, and so is how many tasks
 * are runnable: a domain with no more of them than CPUs has nothing to give, whatever its weight.
 *
 * What its CPUs cannot give, since a higher class has them, is counted a CPU (release.bpf.h) and summed here, and so is what
 * interrupts have. That is where the kernel keeps it apart from run time (IRQ_TIME_ACCOUNTING): others charge it to the task that
 * is interrupted, and it counts as given.
 */
#ifndef __SCX_DOMAINS_LOAD_H
#define __SCX_DOMAINS_LOAD_H

/*
 * The most that one task counts for in the loads of domains of a class: what one CPU of that class is worth, as the balancer finds
 * it each round (balance/cap.rs). A task can use one CPU and no more, whatever its weight: a kworker at nice -20 that runs 1 % of
 * the time would otherwise count as 0.9 hogs at nice 0. Until the first round it is one task at nice 0.
 */
u64 load_caps[MAX_CLASSES] = { [0 ... MAX_CLASSES - 1] = WEIGHT_NICE_0 };

/* When the round began that userspace measures now, and when the last one did. */
u64 round_at, last_round_at;

/*
 * Loads count weights this many doublings up. Where most tasks are in cgroups, weights are small: a hundred hogs share what
 * one cgroup is worth. The balancer's least amounts are meant for CPUs that are worth a task at nice 0 or more, so it keeps
 * them there (balance/cgroup.rs).
 */
u32 load_shift;

/* Bring the integrals up to `now`. Called under the domain's lock, before the weight changes. */
static __always_inline void load_advance(struct domain_state *state, u64 now)
{
	s64 ns = now - state->load_stamp, load = state->load_weight + state->transit;

	if (ns <= 0)
		return;
	/* a task that leaves before what is on its way away has been settled takes it below 0 for a moment */
	state->load_integral += (load > 0 ? load : 0) * ns;
	state->pinned_integral += state->pinned_weight * ns;
	state->runnable_integral += state->nr_runnable * ns;
	state->load_stamp = now;
}

/* Time that hard and soft interrupts have had of a CPU since it booted, ns; 0 where the kernel does not keep it apart. */
static u64 cpu_interrupted_ns(u32 cpu)
{
	const struct irqtime___local *time;

	if (!bpf_ksym_exists(&cpu_irqtime))
		return 0;
	time = bpf_per_cpu_ptr(&cpu_irqtime, cpu);
	return time ? time->total : 0;
}

/* How long a higher class has had a CPU, up to now. What runs one of ours has been given back, whoever failed to say so. */
static __always_inline u64 higher_class_ns(const struct cpu_state *state, u64 now)
{
	return state->taken_ns + (state->taken_at && !state->running_weight ? time_delta(now, state->taken_at) : 0);
}

/* And how long that and interrupts. */
static u64 cpu_taken_ns(u32 cpu, u64 now)
{
	struct cpu_state *state = cpu_state_fallible(cpu);

	return state ? cpu_interrupted_ns(cpu) + higher_class_ns(state, now) : 0;
}

static u64 domain_taken_ns(const struct domain_config *config, u64 now)
{
	u64 sum = 0;
	s32 cpu;
	u32 i;

	bpf_for(i, 0, config->nr_cpus) {
		cpu = domain_cpu(config, i);
		if (cpu < 0)
			break;
		sum += cpu_taken_ns(cpu, now);
	}
	return sum;
}

/*
 * What the firmware or the kernel's cooling takes of each CPU just now, of its capacity; where the kernel is told so (arm64 and
 * riscv: topology_update_hw_pressure() of drivers/base/arch_topology.c).
 */
extern const unsigned long hw_pressure __ksym __weak;

/* The sum of that over a domain. */
static u32 domain_pressure(const struct domain_config *config)
{
	const unsigned long *pressure;
	u32 sum = 0, i;
	s32 cpu;

	if (!bpf_ksym_exists(&hw_pressure))
		return 0;
	bpf_for(i, 0, config->nr_cpus) {
		cpu = domain_cpu(config, i);
		pressure = cpu < 0 ? NULL : bpf_per_cpu_ptr(&hw_pressure, cpu);
		if (!pressure)
			break;
		sum += *pressure;
	}
	return sum;
}

/* Bring all domains up to now, for userspace to read: it divides by the difference of their load_stamps. */
SEC("syscall")
int advance_loads(void *unused)
{
	u64 pid_tgid = bpf_get_current_pid_tgid();
	u64 now = scx_bpf_now(), taken;
	struct domain_config *config;
	struct domain_state *state;
	u32 pressure, i;

	if (planner_pid != (u32)pid_tgid) {
		planner_pid = pid_tgid;
		planner_tgid = pid_tgid >> 32;
	}
	last_round_at = round_at;
	round_at = now;
	bpf_for(i, 0, nr_domains) {
		state = domain_state_fallible(i);
		config = domain_config_fallible(i);
		if (!state || !config)
			return -ENOENT;
		taken = domain_taken_ns(config, now);
		pressure = domain_pressure(config);
		bpf_spin_lock(&state->lock);
		state->taken_ns = taken;
		state->pressure = pressure;
		load_advance(state, now);
		bpf_spin_unlock(&state->lock);
	}
	return 0;
}

/*
 * Count load that a flow has moved and that has not run yet: negative where it came from, positive where it goes. Global, so
 * that the verifier looks at it once.
 */
__noinline int add_transit(u32 domain, s64 load, u64 now)
{
	struct domain_state *state = domain_state(domain);

	if (!state)
		return -ENOENT;
	bpf_spin_lock(&state->lock);
	load_advance(state, now);
	state->transit += load;
	bpf_spin_unlock(&state->lock);
	return 0;
}

static void add_to_integral(u32 domain, s64 load_ns)
{
	struct domain_state *state = domain_state(domain);

	if (!state)
		return;
	bpf_spin_lock(&state->lock);
	state->load_integral += load_ns;
	bpf_spin_unlock(&state->lock);
}

/*
 * Count load that moves now as if it had been there since the round began. The mean of the round would otherwise show a part
 * of it where it is no more, and the next plan would move that again.
 */
static __always_inline void count_as_there(u32 from, u32 to, u64 load, u64 now)
{
	s64 load_ns = load * time_delta(now, round_at);

	add_to_integral(from, -load_ns);
	add_to_integral(to, load_ns);
}

#endif
