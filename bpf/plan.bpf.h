/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Takes a plan over from userspace, a domain at a time: what became of the last flows is handed back, the new ones are in force,
 * and what waits is moved at once.
 */
#ifndef __SCX_DOMAINS_PLAN_H
#define __SCX_DOMAINS_PLAN_H

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct plan_exchange);
} plan_exchanges SEC(".maps");

/* One round's plan for one domain; see struct plan_exchange. */
SEC("syscall")
int apply_plan(void *unused)
{
	u64 now = scx_bpf_now();
	struct plan_exchange *plan;
	struct domain_flows *flows;
	struct cpu_state *here;
	u32 zero = 0, i;

	plan = bpf_map_lookup_elem(&plan_exchanges, &zero);
	if (!plan || !(flows = domain_flows_fallible(plan->src)))
		return -EINVAL;
	flows->expires_at = 0;
	plan->last = *flows;
	*flows = plan->next;
	flows->expires_at = now + plan->ttl_ns;
	plan->nr_moved = 0;
	bpf_for(i, 0, MAX_FLOWS)
		if (i < flows->nr)
			plan->nr_moved += spend_on_queued(plan->src, i, true, now) +
					  spend_on_queued(plan->src, i, false, now) + swap_queued(plan->src, i, now);
	here = cpu_state_fallible(bpf_get_smp_processor_id());
	if (here)
		here->counters[COUNT_FLOW_QUEUED] += plan->nr_moved;
	return 0;
}

#endif
