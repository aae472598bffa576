/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Load and exit: DSQs and CPU masks are made from the tables that userspace filled; the reason of an exit is kept for
 * userspace to read.
 */
#ifndef __SCX_DOMAINS_INIT_H
#define __SCX_DOMAINS_INIT_H

static s32 make_mask(void *map, u32 id)
{
	struct cpumask_slot *slot = bpf_map_lookup_elem(map, &id);
	struct bpf_cpumask *mask;

	if (!slot)
		return -ENOENT;
	mask = bpf_cpumask_create();
	if (!mask)
		return -ENOMEM;
	mask = bpf_kptr_xchg(&slot->mask, mask);
	if (mask)
		bpf_cpumask_release(mask);
	return 0;
}

/* Make the DSQ and the place of one CPU. */
static s32 init_cpu(s32 cpu, bool online)
{
	struct cpu_config *config = cpu_config(cpu);
	struct cpu_state *state = cpu_state(cpu);
	struct domain_config *domain;
	s32 ret;

	if (!config || !state || config->domain == NO_DOMAIN)
		return 0;
	domain = domain_config(config->domain);
	if (!domain)
		return -ENOENT;
	state->perf = PERF_FULL; /* the kernel's own target at first */
	ret = scx_bpf_create_dsq(cpu_dsq(cpu), domain->node);
	if (!ret && online)
		set_cpu_online(cpu, true);
	return ret;
}

static s32 init_domain(u32 id)
{
	struct domain_config *config = domain_config(id);
	s32 ret;

	if (!config)
		return -ENOENT;
	ret = make_mask(&domain_masks, id);
	ret = ret ?: init_steal_timer(id);
	return ret ?: scx_bpf_create_dsq(id, config->node);
}

s32 BPF_STRUCT_OPS_SLEEPABLE(domains_init)
{
	const struct cpumask *online = scx_bpf_get_online_cpumask();
	s32 ret = 0;
	u32 i;

	nr_orphans = nr_domains; /* until their first CPU is found online */
	bpf_for(i, 0, nr_areas)
		if (!ret)
			ret = make_mask(&area_masks, i);
	if (nr_classes > 1)
		bpf_for(i, 0, nr_classes)
			if (!ret)
				ret = make_mask(&faster_masks, i);
	if (!ret)
		ret = make_mask(&awake_masks, 0);
	bpf_for(i, 0, nr_domains)
		if (!ret)
			ret = init_domain(i);
	bpf_for(i, 0, nr_cpus) {
		if (!ret)
			ret = make_mask(&scratch_masks, i);
		if (!ret)
			ret = init_cpu(i, bpf_cpumask_test_cpu(i, online));
	}
	scx_bpf_put_cpumask(online);
	if (ret)
		scx_bpf_error("setting up queues and masks failed: %d", ret);
	return ret;
}

void BPF_STRUCT_OPS(domains_exit, struct scx_exit_info *info)
{
	UEI_RECORD(uei, info);
	send_signal(SIGNAL_EXIT);
}

#endif
