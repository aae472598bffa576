/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processes that prefer a node: those that drive a GPU, as userspace tells by process id (gpu/mod.rs).
 *
 * Such a task goes to an idle CPU of its node before any other, and flows leave it there as they do with one that has its
 * memory there. It is found by its id and not by its task's storage, since a thread that is born later has it too; who
 * gets the id of one that has just ended has its preference until userspace looks again, which costs a place and no more.
 */
#ifndef __SCX_DOMAINS_HINT_H
#define __SCX_DOMAINS_HINT_H

/* False where there is no GPU or one node only: then all of this is no code. */
const volatile bool node_hints_on = false;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_NODE_HINTS);
	__type(key, u32); /* process id */
	__type(value, struct node_hint);
} node_hints SEC(".maps");

static __always_inline struct node_hint *node_hint(const struct task_struct *p)
{
	u32 process = p->tgid;

	return node_hints_on ? bpf_map_lookup_elem(&node_hints, &process) : NULL;
}

#endif
