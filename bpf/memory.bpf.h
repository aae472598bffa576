/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a task's memory is, and an idle CPU there.
 *
 * What is known is a policy that names one node, the node of its process's GPU (hint.bpf.h), and what NUMA balancing has found, which
 * the kernel does for its own classes only. At a wake-up, an idle CPU of that node comes before any other (idle.bpf.h); who runs on
 * and on goes there (to_memory.bpf.h); and flows leave it there (flow.bpf.h).
 */
#ifndef __SCX_DOMAINS_MEMORY_H
#define __SCX_DOMAINS_MEMORY_H

/*
 * Is most of a task's memory on `node`, as far as the kernel tells? That is the only node that it is bound to or prefers by
 * mempolicy, or else the one that its process prefers for its GPU (hint.bpf.h), or else the one that NUMA balancing has found.
 * Of policies, whatever their mode (hwloc's binding is MPOL_PREFERRED_MANY unless it is strict), nodes 0 to 63 are looked at.
 */
static bool has_memory_on(const struct task_struct *p, s32 node)
{
	const struct mempolicy *policy = bpf_core_field_exists(p->mempolicy) ? p->mempolicy : NULL;
	u64 nodes = policy ? policy->nodes.bits[0] : 0;
	struct node_hint *hint;

	if (node < 0)
		return false;
	if (nodes)
		return nodes == 1ULL << (node & 63);
	hint = node_hint(p);
	if (hint)
		return hint->node == node;
	return bpf_core_field_exists(p->numa_preferred_nid) && p->numa_preferred_nid == node;
}

/* Does the kernel tell anything of where a task's memory is? Cheaper than to ask node by node. */
static bool knows_memory(const struct task_struct *p)
{
	const struct mempolicy *policy = bpf_core_field_exists(p->mempolicy) ? p->mempolicy : NULL;

	return (policy && policy->nodes.bits[0]) || node_hint(p) ||
	       (bpf_core_field_exists(p->numa_preferred_nid) && p->numa_preferred_nid >= 0);
}

/* The CPUs of the node that has the memory of a task in `domain`, if that is another one. Global functions cannot return it. */
static const struct cpumask *memory_elsewhere(const struct task_struct *p, u32 domain)
{
	struct domain_config *here = domain_config(domain), *there;
	const struct near_domain *next;
	u32 i;

	if (!here || !knows_memory(p) || has_memory_on(p, here->node))
		return NULL;
	bpf_for(i, 0, nr_domains - 1) {
		next = neighbour(domain, i);
		there = next ? domain_config(next->domain) : NULL;
		if (!there)
			break;
		if (there->node != here->node && has_memory_on(p, there->node))
			return slot_mask(&area_masks, there->node_mask);
	}
	return NULL;
}

/* Claim an idle CPU of the node that has its memory, for a task that is elsewhere; < 0: there is none. Global: verified once. */
__noinline s32 claim_idle_at_memory(struct task_struct *p __arg_trusted, u32 domain)
{
	const struct cpumask *area = memory_elsewhere(p, domain), *allowed = area ? allowed_of(p, area) : NULL;

	return allowed ? scx_bpf_pick_idle_cpu(allowed, 0) : -EBUSY;
}

#endif
