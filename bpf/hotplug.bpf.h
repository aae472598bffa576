/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUs that come and go. With both callbacks here, the kernel keeps the scheduler over a hotplug.
 *
 * A CPU that goes leaves all masks, so no new task waits where only it could run. What waits already has to be moved: up to
 * 7.0, a task whose runqueue is the CPU's blocks the unplug while it waits in a DSQ of ours, for tens of seconds, until the
 * watchdog ends the scheduler. Put into the CPU's local DSQ, such tasks are migrated by the kernel like any other. What
 * only this CPU of the domain could run is sent to a domain where somebody can.
 */
#ifndef __SCX_DOMAINS_HOTPLUG_H
#define __SCX_DOMAINS_HOTPLUG_H

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
	u32 domain = domain_of_cpu(cpu);
	struct domain_config *config = domain_config(domain);
	struct domain_state *state = domain_state(domain);
	struct cpu_state *here = cpu_state(cpu);

	if (!config || !state || !here || here->online == online)
		return;
	set_in_mask(&domain_masks, domain, cpu, online);
	set_in_mask(&area_masks, config->llc_mask, cpu, online);
	set_in_mask(&area_masks, config->node_mask, cpu, online);
	set_in_mask(&area_masks, nr_areas - 1, cpu, online);
	here->online = online;
	here->running_weight = 0;
	__sync_fetch_and_add(&state->nr_online, online ? 1 : -1);
}

/* Move what nobody in `domain` may run to where somebody may. */
static bool evict_stranded(struct bpf_iter_scx_dsq *it, struct task_struct *p, struct task_ctx *tctx, u32 domain, u64 now)
{
	u32 to = fitting_domain(p, domain);

	return to != domain && move_queued(it, p, tctx, to, now);
}

void BPF_STRUCT_OPS_SLEEPABLE(domains_cpu_online, s32 cpu)
{
	set_cpu_online(cpu, true);
}

void BPF_STRUCT_OPS_SLEEPABLE(domains_cpu_offline, s32 cpu)
{
	u32 domain = domain_of_cpu(cpu);
	u64 now = scx_bpf_now();
	struct task_struct *p;
	struct task_ctx *tctx;

	set_cpu_online(cpu, false);
	bpf_rcu_read_lock();
	bpf_for_each(scx_dsq, p, cpu_dsq(cpu), 0)
		scx_bpf_dsq_move(BPF_FOR_EACH_ITER, p, DSQ_LOCAL_ON | cpu, 0);
	bpf_for_each(scx_dsq, p, domain, 0) {
		tctx = task_ctx_fallible(p);
		if (scx_bpf_task_cpu(p) == cpu)
			scx_bpf_dsq_move(BPF_FOR_EACH_ITER, p, DSQ_LOCAL_ON | cpu, 0);
		else if (tctx)
			evict_stranded(BPF_FOR_EACH_ITER, p, tctx, domain, now);
	}
	bpf_rcu_read_unlock();
}

#endif
