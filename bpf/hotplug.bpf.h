/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUs that come and go. With both callbacks here, the kernel keeps the scheduler over a hotplug.
 *
 * A CPU that goes leaves its domain's mask, so no new task waits where only it could run. What waits already has to be
 * moved: up to 7.0, tasks in the CPU's own DSQ block the unplug for tens of seconds, until the watchdog ends the
 * scheduler. Put into the CPU's local DSQ they are migrated by the kernel like any other.
 */
#ifndef __SCX_DOMAINS_HOTPLUG_H
#define __SCX_DOMAINS_HOTPLUG_H

static void set_cpu_online(s32 cpu, bool online)
{
	u32 domain = domain_of_cpu(cpu);
	struct cpumask_slot *slot = bpf_map_lookup_elem(&domain_masks, &domain);
	struct domain_state *state = domain_state(domain);
	struct cpu_state *here = cpu_state(cpu);
	struct bpf_cpumask *mask;

	if (!slot || !state || !here || here->online == online)
		return;
	bpf_rcu_read_lock();
	mask = slot->mask;
	if (mask && online)
		bpf_cpumask_set_cpu(cpu, mask);
	else if (mask)
		bpf_cpumask_clear_cpu(cpu, mask);
	bpf_rcu_read_unlock();
	here->online = online;
	here->running_weight = 0;
	__sync_fetch_and_add(&state->nr_online, online ? 1 : -1);
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
		if (tctx)
			evict_stranded(BPF_FOR_EACH_ITER, p, tctx, domain, now);
	}
	bpf_rcu_read_unlock();
}

#endif
