/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUs that come and go. With both callbacks here, the kernel keeps the scheduler over a hotplug.
 *
 * A CPU that goes leaves all masks, so that nothing waits where only it could run. That has to be at the very start: from
 * the moment when the kernel marks it inactive it refuses to run what comes from other runqueues, and a task that it waits
 * for (RCU's thread) may be among those. cpu_offline comes later, so the tracepoint that tells each step of a hotplug is
 * used. What waits already has to be moved in cpu_offline: up to 7.0, a task whose runqueue is the CPU's blocks the unplug
 * while it waits in any DSQ of ours, until the watchdog ends the scheduler. Put into the CPU's local DSQ, such tasks are
 * migrated by the kernel like any other. What only this CPU of its domain could run is sent to where somebody can.
 */
#ifndef __SCX_DOMAINS_HOTPLUG_H
#define __SCX_DOMAINS_HOTPLUG_H

/* enum cpuhp_state, by its value in the kernel that runs */
#define CPUHP_AP_ACTIVE_STATE ((int)KERNEL_VALUE(cpuhp_state, CPUHP_AP_ACTIVE))

static void set_in_mask(void *map, u32 id, s32 cpu, bool present)
{
	struct cpumask_slot *slot = bpf_map_lookup_elem(map, &id);
	struct bpf_cpumask *mask;

	bpf_rcu_read_lock();
	mask = slot ? slot->mask : NULL;
	if (!mask)
		scx_bpf_error("no CPU mask %u", id);
	else if (present)
		bpf_cpumask_set_cpu(cpu, mask);
	else
		bpf_cpumask_clear_cpu(cpu, mask);
	bpf_rcu_read_unlock();
}

static void set_cpu_online(s32 cpu, bool online)
{
	u32 domain = domain_of_cpu(cpu), class;
	struct domain_config *config = domain_config(domain);
	struct domain_state *state = domain_state(domain);
	struct cpu_state *here = cpu_state(cpu);

	if (!config || !state || !here || here->online == online)
		return;
	set_in_mask(&domain_masks, domain, cpu, online);
	set_in_mask(&area_masks, config->llc_mask, cpu, online);
	set_in_mask(&area_masks, config->node_mask, cpu, online);
	set_in_mask(&area_masks, nr_areas - 1, cpu, online);
	if (nr_classes > 1)
		bpf_for(class, config->class + 1, nr_classes)
			set_in_mask(&faster_masks, class, cpu, online);
	here->online = online;
	here->running_weight = 0;
	if (online && __sync_fetch_and_add(&state->nr_online, 1) == 0 && nr_orphans)
		__sync_fetch_and_sub(&nr_orphans, 1);
	else if (!online && __sync_fetch_and_sub(&state->nr_online, 1) == 1)
		__sync_fetch_and_add(&nr_orphans, 1);
}

/* A step of a hotplug begins: towards `target`, through `state`. Going down, the first of interest makes the CPU inactive. */
SEC("tp_btf/cpuhp_enter")
int BPF_PROG(hotplug_step, unsigned int cpu, int target, int state)
{
	if (state == CPUHP_AP_ACTIVE_STATE && target < state && cpu < nr_cpus)
		set_cpu_online(cpu, false);
	return 0;
}

/* The CPU could not be made inactive (deadline tasks need its time, say): the kernel keeps it, and calls nobody for that. */
SEC("tp_btf/cpuhp_exit")
int BPF_PROG(hotplug_step_ended, unsigned int cpu, int reached, int state, int error)
{
	if (state == CPUHP_AP_ACTIVE_STATE && error && cpu < nr_cpus)
		set_cpu_online(cpu, true);
	return 0;
}

/* Put what waits in a DSQ and belongs to the CPU's runqueue into its local DSQ. Global, so that it is verified once. */
__noinline int drain_queue(u64 dsq, s32 cpu)
{
	struct task_struct *p;

	bpf_rcu_read_lock();
	bpf_for_each(scx_dsq, p, dsq, 0)
		if (scx_bpf_task_cpu(p) == cpu)
			scx_bpf_dsq_move(BPF_FOR_EACH_ITER, p, DSQ_LOCAL_ON | cpu, 0);
	bpf_rcu_read_unlock();
	return 0;
}

void BPF_STRUCT_OPS_SLEEPABLE(domains_cpu_online, s32 cpu)
{
	set_cpu_online(cpu, true);
	send_signal(SIGNAL_CPUS);
}

void BPF_STRUCT_OPS_SLEEPABLE(domains_cpu_offline, s32 cpu)
{
	u32 domain = domain_of_cpu(cpu), i;
	struct task_struct *p;
	struct task_ctx *tctx;
	u64 now = scx_bpf_now();

	set_cpu_online(cpu, false);
	drain_queue(cpu_dsq(cpu), cpu);
	bpf_for(i, 0, nr_domains)
		drain_queue(i, cpu);
	bpf_rcu_read_lock();
	bpf_for_each(scx_dsq, p, domain, 0) {
		u32 to = fitting_domain(p, domain);

		tctx = task_ctx_fallible(p);
		if (tctx && to != domain)
			move_queued(BPF_FOR_EACH_ITER, p, tctx, to, now);
	}
	bpf_rcu_read_unlock();
	send_signal(SIGNAL_CPUS);
}

#endif
