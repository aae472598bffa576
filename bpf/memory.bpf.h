/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a task's memory is.
 *
 * What is known is a policy that names one node, the node of its process's GPU (hint.bpf.h), and what NUMA balancing has found, which
 * the kernel does for its own classes only. At a wake-up, an idle CPU of that node comes before any other (idle.bpf.h); who runs on
 * and on goes there (to_memory.bpf.h); and flows leave it there (flow.bpf.h).
 */
#ifndef __SCX_DOMAINS_MEMORY_H
#define __SCX_DOMAINS_MEMORY_H

/*
 * The node that has most of a task's memory, as far as the kernel tells; < 0: no one node. That is the only node that it is bound to
 * or prefers by mempolicy, or else the one that its process prefers for its GPU (hint.bpf.h), or else the one that NUMA balancing has
 * found. Of policies, whatever their mode (hwloc's binding is MPOL_PREFERRED_MANY unless it is strict), nodes 0 to 63 are looked at.
 */
static s32 memory_node(const struct task_struct *p)
{
	const struct mempolicy *policy = bpf_core_field_exists(p->mempolicy) ? p->mempolicy : NULL;
	u64 nodes = policy ? policy->nodes.bits[0] : 0;
	struct node_hint *hint;
	s32 node;

	if (nodes) {
		bpf_for(node, 0, 64)
			if (nodes == 1ULL << (node & 63))
				return node;
		return -1;
	}
	hint = node_hint(p);
	if (hint)
		return hint->node;
	return bpf_core_field_exists(p->numa_preferred_nid) ? p->numa_preferred_nid : -1;
}

/* The CPUs of that node, for a task in a domain of another; NULL: none, or it is unknown. */
static const struct cpumask *memory_elsewhere(const struct task_struct *p, u32 domain)
{
	struct domain_config *here = domain_config(domain), *there;
	s32 node = memory_node(p);
	const struct near_domain *next;
	u32 i;

	if (!here || node < 0 || node == here->node)
		return NULL;
	bpf_for(i, 0, nr_domains - 1) {
		next = neighbour(domain, i);
		there = next ? domain_config(next->domain) : NULL;
		if (!there)
			break;
		if (there->node == node)
			return slot_mask(&area_masks, there->node_mask);
	}
	return NULL;
}

#endif
