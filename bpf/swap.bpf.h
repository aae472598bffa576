/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Swaps: where no task is small enough for what is left of a flow, a heavier one goes and a lighter one comes back.
 *
 * The pair is chosen here and not in userspace, which knows no tasks. Up to MAX_SWAP_WALK of those that wait in the destination
 * are listed; each of as many in the source looks there for the partner with which it mends most:
 *
 *	given = load that goes - load that comes,	miss = |given - left|,	least miss wins if it is at most left / 2
 *
 * so a swap mends half of what is left at least, and equals are never swapped: they give 0. One swap a flow and round: what it
 * leaves, the next round sees. Both are found before either is moved; they are then found again by their pids, since an
 * iterator ends with its walk. If the second is gone by then, the next round sees that too.
 *
 * Only the daemon comes here, one plan at a time, so one list does. At most MAX_SWAP_WALK^2 = 1024 short steps.
 */
#ifndef __SCX_DOMAINS_SWAP_H
#define __SCX_DOMAINS_SWAP_H

#define MAX_SWAP_WALK 32
/* Less than half a task at nice 10: not worth two moves. */
#define MIN_SWAP 64

struct waiting {
	u64 load;
	u64 pid;
};

struct swap {
	u64 nr; /* of those that wait in the destination */
	struct waiting waiting[MAX_SWAP_WALK];
	struct waiting goes, comes; /* the best pair */
	u64 miss;		    /* of the best pair; from above what is allowed at most */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct swap);
} swaps SEC(".maps");

static struct swap *the_swap(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&swaps, &zero);
}

/* List who waits in `domain` and may run in `to`. Global, as all here that walk: verified once. */
__noinline int list_waiting(u32 domain, u32 to, u64 now)
{
	u32 visited = unknown_zero, nr = unknown_zero;
	struct swap *swap = the_swap();
	const struct cpumask *mask;
	struct task_struct *p;
	struct task_ctx *tctx;
	u64 load;

	if (!swap)
		return 0;
	bpf_rcu_read_lock();
	mask = domain_mask(to);
	bpf_for_each(scx_dsq, p, domain, DSQ_FROM_TAIL) {
		if (!mask || ++visited > MAX_SWAP_WALK || nr >= MAX_SWAP_WALK)
			break;
		tctx = task_ctx_fallible(p);
		load = tctx ? movable_load(tctx, false, now) : 0;
		if (!load || !bpf_cpumask_intersects(mask, p->cpus_ptr))
			continue;
		swap->waiting[nr & (MAX_SWAP_WALK - 1)].load = load;
		swap->waiting[nr & (MAX_SWAP_WALK - 1)].pid = p->pid;
		nr++;
	}
	bpf_rcu_read_unlock();
	swap->nr = nr;
	return nr;
}

/* Is one of the list a better partner for a task of this load than the best pair so far? */
__noinline int find_partner(u64 load, u64 pid, u64 left)
{
	struct swap *swap = the_swap();
	u64 miss;
	s64 given;
	u32 i;

	if (!swap)
		return 0;
	bpf_for(i, 0, MAX_SWAP_WALK) {
		if (i >= swap->nr)
			break;
		given = load - swap->waiting[i].load;
		miss = given > (s64)left ? given - left : left - given;
		if (given <= 0 || miss >= swap->miss)
			continue;
		swap->miss = miss;
		swap->goes.load = load;
		swap->goes.pid = pid;
		swap->comes = swap->waiting[i];
	}
	return 0;
}

/* Look among those that wait in `src` for the best pair for what is left to go to `to`; 0 if there is none. */
__noinline int choose_pair(u32 src, u32 to, u64 left, u64 now)
{
	struct swap *swap = the_swap();
	u32 visited = unknown_zero;
	u64 load, most = left / 2 + 1;
	const struct cpumask *mask;
	struct task_struct *p;
	struct task_ctx *tctx;

	if (!swap)
		return 0;
	swap->miss = most;
	bpf_rcu_read_lock();
	mask = domain_mask(to);
	bpf_for_each(scx_dsq, p, src, DSQ_FROM_TAIL) {
		if (!mask || ++visited > MAX_SWAP_WALK)
			break;
		tctx = task_ctx_fallible(p);
		load = tctx ? movable_load(tctx, false, now) : 0;
		if (load && bpf_cpumask_intersects(mask, p->cpus_ptr))
			find_partner(load, p->pid, left);
	}
	bpf_rcu_read_unlock();
	return swap->miss < most;
}

/* Move the task with this pid from one queue to another; 0 if it does not wait there any more. */
__noinline int move_by_pid(u32 src, u32 to, u64 pid, u64 now)
{
	u32 visited = unknown_zero;
	struct task_struct *p;
	struct task_ctx *tctx;
	int moved = 0;

	bpf_rcu_read_lock();
	bpf_for_each(scx_dsq, p, src, DSQ_FROM_TAIL) {
		if (++visited > MAX_WALK)
			break;
		if (p->pid != pid)
			continue;
		tctx = task_ctx_fallible(p);
		moved = tctx && move_queued(BPF_FOR_EACH_ITER, p, tctx, to, now);
		break;
	}
	bpf_rcu_read_unlock();
	return moved;
}

/* Swap a pair for what is left of one flow of a domain. Returns how many tasks were moved. */
__noinline int swap_queued(u32 src, u32 index, u64 now)
{
	struct domain_flows *flows = domain_flows(src);
	struct swap *swap = the_swap();
	struct flow *flow;
	int moved = 0;
	s64 left, given;

	if (!flows || !swap)
		return 0;
	flow = &flows->flow[index & (MAX_FLOWS - 1)];
	left = flow->left;
	if (left < MIN_SWAP)
		return 0;
	if (list_waiting(flow->to, src, now) && choose_pair(src, flow->to, left, now) &&
	    move_by_pid(src, flow->to, swap->goes.pid, now))
		moved = 1 + move_by_pid(flow->to, src, swap->comes.pid, now);
	if (moved) {
		given = swap->goes.load - (moved > 1 ? swap->comes.load : 0);
		__sync_fetch_and_sub(&flow->left, given);
		__sync_fetch_and_add(&flow->applied, given);
		__sync_fetch_and_add(&flow->nr_moved, moved);
	}
	return moved;
}

#endif
