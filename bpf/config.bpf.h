/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What userspace tells the scheduler at load, and the maps that hold it.
 *
 * Nothing here is sized by a compiled-in number of CPUs or domains: every map has one entry in the object file and
 * gets its real size before load. BPF holds no knowledge of topology beyond these tables.
 *
 * A lookup that cannot fail in a right program ends the scheduler with a message that names it; a twin `_fallible`
 * is for callers that have an answer to "not there".
 */
#ifndef __SCX_DOMAINS_CONFIG_H
#define __SCX_DOMAINS_CONFIG_H

const volatile u32 nr_domains = 1;
const volatile u32 nr_cpus = 1;	    /* CPU ids are below this */
const volatile u32 nr_areas = 1; /* entries of area_masks */
const volatile u64 rescue_after_ns = 3750000000ULL; /* an eighth of the watchdog's time */
const volatile bool smt_enabled = false;
const volatile bool partial = false; /* only tasks of the class SCHED_EXT are ours */
const volatile bool stealing_enabled = true;
const volatile u32 nr_classes = 1;
const volatile bool ranks_differ = false; /* of CPUs within a domain */
const volatile bool several_nodes = false;
const volatile u64 tick_ns = 4000000; /* from a tick of the kernel to the next */

/*
 * What may change while we run. In a section of its own, which is written then and never else: its lines stay in the caches of all
 * CPUs.
 */
#define SETTING SEC(".data.settings")
SETTING u64 slice_ns = 4000000;
SETTING u64 lag_limit_ns = 20000000;
SETTING u64 duty_half_life_ns = 128000000;
SETTING u64 duty_scale = (1ULL << 42) / 128000000; /* 2^42 / duty_half_life_ns */

/*
 * Of a CPU, the fastest class first: what it can do at its highest frequency, and what it can do within the limits of now
 * (scaling_max_freq). Userspace changes them as it runs, and the order of the classes with them (reclass.bpf.h).
 */
SETTING u32 class_capacity[MAX_CLASSES] = { 1024 };
SETTING u32 class_room[MAX_CLASSES] = { 1024 };

/* The kernel's table for nice -20 .. 19 (kernel/sched/core.c, sched_prio_to_weight): one step is about 1.25. */
const volatile u32 nice_to_weight[40] = {
	88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916,
	9548,  7620,  6100,  4904,  3906,  3121,  2501,	 1991,	1586,  1277,
	1024,  820,   655,   526,   423,   335,	  272,	 215,	172,   137,
	110,   87,    70,    56,    45,	   36,	  29,	 23,	18,    15,
};
#define WEIGHT_NICE_0 1024
#define WEIGHT_IDLE_POLICY 3 /* kernel/sched/sched.h, WEIGHT_IDLEPRIO */

/*
 * Where loops over a queue start counting. The verifier does not know its value, so it sees a range that repeats and is
 * done after two rounds; from a plain 0 it would follow every count as a case of its own.
 */
u32 unknown_zero;

/* The thread that plans (the one that had the loads brought up to date last) and its process: the kernel's ids, no container's. */
u32 planner_pid, planner_tgid;

/* Domains that have no CPU online. */
u32 nr_orphans;

#define SIZED_ARRAY(name, value_type)                                                                                  \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                                      \
		__uint(max_entries, 1);                                                                                \
		__type(key, u32);                                                                                      \
		__type(value, value_type);                                                                             \
	} name SEC(".maps")

struct cpumask_slot {
	struct bpf_cpumask __kptr *mask;
};

SIZED_ARRAY(cpu_configs, struct cpu_config);	   /* nr_cpus */
SIZED_ARRAY(cpu_states, struct cpu_state);	   /* nr_cpus */
SIZED_ARRAY(scratch_masks, struct cpumask_slot);   /* nr_cpus: each used on its own CPU only */
SIZED_ARRAY(domain_cpus, u32);			   /* nr_cpus */
SIZED_ARRAY(domain_configs, struct domain_config); /* nr_domains */
SIZED_ARRAY(domain_states, struct domain_state);   /* nr_domains */
SIZED_ARRAY(domain_flows_map, struct domain_flows); /* nr_domains */
SIZED_ARRAY(domain_masks, struct cpumask_slot);	   /* nr_domains: the CPUs that are online */
SIZED_ARRAY(area_masks, struct cpumask_slot);	   /* one per LLC, then one per node, then the machine: what is online */
SIZED_ARRAY(neighbours, struct near_domain);	   /* nr_domains * nr_domains */

#define DEFINE_LOOKUP(fn, map, value_type, what)                                                                       \
	static __always_inline value_type *fn##_fallible(u32 id)                                                       \
	{                                                                                                              \
		return bpf_map_lookup_elem(&map, &id);                                                                 \
	}                                                                                                              \
	static __always_inline value_type *fn(u32 id)                                                                  \
	{                                                                                                              \
		value_type *value = fn##_fallible(id);                                                                 \
		if (!value)                                                                                            \
			scx_bpf_error("no " what " for id %u", id);                                                    \
		return value;                                                                                          \
	}

DEFINE_LOOKUP(cpu_config, cpu_configs, struct cpu_config, "CPU configuration")
DEFINE_LOOKUP(cpu_state, cpu_states, struct cpu_state, "CPU state")
DEFINE_LOOKUP(domain_config, domain_configs, struct domain_config, "domain configuration")
DEFINE_LOOKUP(domain_state, domain_states, struct domain_state, "domain state")
DEFINE_LOOKUP(domain_flows, domain_flows_map, struct domain_flows, "domain flows")

/*
 * The domain that a CPU belongs to, NO_DOMAIN (and an end of the scheduler) if it has none. Global, as are others that are
 * called from within walks: the verifier looks at them once instead of in every state of every caller.
 */
__noinline u32 domain_of_cpu(s32 cpu)
{
	struct cpu_config *config = cpu_config(cpu);

	return config ? config->domain : NO_DOMAIN;
}

static __always_inline u32 class_of_cpu(s32 cpu)
{
	struct cpu_config *config = cpu_config(cpu);

	return config ? config->class & (MAX_CLASSES - 1) : 0;
}

static __always_inline u32 class_of_domain(u32 domain)
{
	struct domain_config *config = domain_config(domain);

	return config ? config->class & (MAX_CLASSES - 1) : 0;
}

/*
 * The CPUs of a mask slot. Valid while an RCU read lock is held, which all non-sleepable programs do.
 */
static __always_inline const struct cpumask *slot_mask(void *map, u32 id)
{
	struct cpumask_slot *slot = bpf_map_lookup_elem(map, &id);
	const struct cpumask *mask = slot ? cast_mask(slot->mask) : NULL;

	if (!mask)
		scx_bpf_error("no CPU mask %u", id);
	return mask;
}

/* The online CPUs of a domain, and of the machine. */
static __always_inline const struct cpumask *domain_mask(u32 domain)
{
	return slot_mask(&domain_masks, domain);
}

static __always_inline const struct cpumask *online_mask(void)
{
	return slot_mask(&area_masks, nr_areas - 1);
}

/* The i-th CPU of a domain; -1 past the last. */
static __always_inline s32 domain_cpu(const struct domain_config *config, u32 i)
{
	u32 slot = config->first_cpu + i, *cpu;

	if (i >= config->nr_cpus)
		return -1;
	cpu = bpf_map_lookup_elem(&domain_cpus, &slot);
	if (!cpu)
		scx_bpf_error("no CPU in slot %u", slot);
	return cpu ? *cpu : -1;
}

/*
 * CPUs of a domain that are looked at one by one. Userspace cuts domains at 32, but keeps cores whole, and CPUs that were
 * offline then come on top.
 */
#define MAX_DOMAIN_SCAN 64

/* The CPUs of `area` that a task may run on; NULL if there are none. The mask is good until the next such call on this CPU. */
static const struct cpumask *allowed_of(const struct task_struct *p, const struct cpumask *area)
{
	u32 here = bpf_get_smp_processor_id();
	struct cpumask_slot *slot;
	struct bpf_cpumask *scratch;

	if (p->nr_cpus_allowed >= nr_cpus)
		return area;
	slot = bpf_map_lookup_elem(&scratch_masks, &here);
	if (!slot || !(scratch = slot->mask)) {
		scx_bpf_error("no scratch mask for CPU %u", here);
		return NULL;
	}
	return bpf_cpumask_and(scratch, area, p->cpus_ptr) ? cast_mask(scratch) : NULL;
}

/* The i-th nearest of the other domains; i is below nr_domains - 1. */
static __always_inline const struct near_domain *neighbour(u32 domain, u32 i)
{
	u32 slot = domain * nr_domains + i;
	const struct near_domain *next = bpf_map_lookup_elem(&neighbours, &slot);

	if (!next)
		scx_bpf_error("no neighbour in slot %u", slot);
	return next;
}

static __always_inline u64 cpu_dsq(s32 cpu)
{
	return CPU_DSQ_BASE + cpu;
}

/*
 * May this CPU be asked for anything later? The kernel sends kicks, wakes a ring's reader and (from 7.3 on) starts timers in work
 * that it raises on the CPU itself. A CPU on its way down must raise none: on a dead one it stays raised, and all that is raised
 * there later, when the CPU has come back, waits behind it for ever: kicks from it are lost, timers do not start, and unloading
 * the scheduler does not end.
 */
static __always_inline bool is_up(void)
{
	struct cpu_state *here = cpu_state_fallible(bpf_get_smp_processor_id());
	const struct cpumask *online;
	bool up = here && here->online;

	if (!up) {
		online = scx_bpf_get_online_cpumask();
		up = bpf_cpumask_test_cpu(bpf_get_smp_processor_id(), online);
		scx_bpf_put_cpumask(online);
	}
	return up;
}

/* Kick a CPU; every kick goes through here. From a CPU that goes down there is none: whom it would call finds the work later. */
static __always_inline void kick(s32 cpu, u64 flags)
{
	if (is_up())
		scx_bpf_kick_cpu(cpu, flags);
}

static __always_inline void count(s32 cpu, enum counter counter)
{
	struct cpu_state *state = cpu_state_fallible(cpu);

	if (state)
		state->counters[counter]++;
}

#endif
