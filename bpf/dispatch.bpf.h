/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a CPU runs next.
 *
 * A CPU merges its own DSQ and its domain's by vtime, looking in each at the first task that *this CPU* may run: a blind
 * head that nobody here may run would poison the comparison and could starve all behind it. The running task stays while
 * nobody who waits is clearly before it, and of those that are about as good the one that ran here last is taken (warm.bpf.h). A
 * CPU with nothing steals, nearest first; the kernel's consume skips what may not run here, so a steal that finds nothing goes on
 * to the next neighbour.
 */
#ifndef __SCX_DOMAINS_DISPATCH_H
#define __SCX_DOMAINS_DISPATCH_H

/* Tasks that are looked at in one DSQ to find one that may run here. Past them, the last one's key stands for the rest. */
#define MAX_PEEK 64

/* The key of the first task in a DSQ that `cpu` may run; 0 if there is nothing. Global: verified once. */
__noinline int first_runnable(u64 dsq, s32 cpu, u64 *vtime __arg_nonnull)
{
	struct task_struct *p;
	u32 visited = unknown_zero;
	int found = 0;

	if (scx_bpf_dsq_nr_queued(dsq) <= 0)
		return 0;
	bpf_for_each(scx_dsq, p, dsq, 0) {
		*vtime = p->scx.dsq_vtime;
		if (bpf_cpumask_test_cpu(cpu, p->cpus_ptr) || ++visited >= MAX_PEEK) {
			found = 1;
			break;
		}
	}
	return found;
}

/* May `prev` go on here if nobody better waits? */
static bool can_go_on(const struct task_struct *prev, s32 cpu)
{
	return prev && (prev->scx.flags & TASK_IS_QUEUED) && bpf_cpumask_test_cpu(cpu, prev->cpus_ptr);
}

/* Would it rather be enqueued anew: for a faster or better CPU, a core of its own, its memory, or its turn on a fast CPU? */
static bool moves_on(struct task_struct *prev, s32 cpu, const struct cpu_state *here)
{
	return (nr_classes > 1 && goes_up(prev, cpu)) || (smt_enabled && leaves_core(prev, cpu, here)) ||
	       (ranks_differ && goes_to_better(prev, cpu)) ||
	       (several_nodes && goes_to_memory(prev, cpu)) || (fair_progress && has_turn(prev));
}

/*
 * A task that is owed more than a CPU can give is ahead of everybody, for seconds on end. On a CPU where somebody waits who can
 * run nowhere else and is due, it makes way for it: it comes first wherever it goes, and the next CPU of the domain takes it.
 */
static bool makes_way(const struct task_struct *prev, const struct task_ctx *tctx, u32 domain, u64 own_vtime)
{
	struct domain_state *state = domain_state(domain);

	return !tctx->in_clock && !is_pinned(prev) && state && time_before(own_vtime, clock_read(state));
}

/* `prev` goes on here: nobody who waits is ahead of it. The kernel calls running() only for who comes new. */
static void keep_running(struct task_struct *prev)
{
	scx_bpf_task_set_slice(prev, slice_ns);
}

void BPF_STRUCT_OPS(domains_dispatch, s32 cpu, struct task_struct *prev)
{
	u32 domain = domain_of_cpu(cpu);
	u64 now = scx_bpf_now(), own_vtime = 0, shared_vtime = 0, best, first, second;
	struct task_ctx *tctx;
	struct cpu_state *here = cpu_state(cpu);
	bool own, shared, keep, asked;

	if (!here)
		return;
	asked = here->make_way;
	here->make_way = false;
	here->handed_on = false;
	rescue_waiting(cpu, domain, now);
	keep = can_go_on(prev, cpu) && !moves_on(prev, cpu, here); /* after the rescue, which lets go of the runqueue's lock */
	if (keep && (in_round(here, now) || finishes_section(prev, here, now))) {
		keep_running(prev);
		return;
	}
	own = first_runnable(cpu_dsq(cpu), cpu, &own_vtime);
	shared = first_runnable(domain, cpu, &shared_vtime);
	if (own || shared) {
		if (own && (!shared || !time_after(own_vtime, shared_vtime))) {
			best = own_vtime;
			first = cpu_dsq(cpu);
			second = domain;
		} else {
			best = shared_vtime;
			first = domain;
			second = cpu_dsq(cpu);
		}
		if (keep && (tctx = task_ctx(prev))) {
			charge(prev, tctx, cpu, now);
			if ((stays(tctx, best) || (first == domain && !asked && is_back_soon(domain, cpu, now))) &&
			    !(own && makes_way(prev, tctx, domain, own_vtime))) {
				count(cpu, COUNT_KEPT);
				keep_running(prev);
				return;
			}
		}
		if (first == domain && take_warm(domain, cpu, best))
			return;
		if (scx_bpf_dsq_move_to_local(first, 0) || scx_bpf_dsq_move_to_local(second, 0))
			return;
	}
	if (keep)
		keep_running(prev);
	else if (!(stealing_enabled && steal(cpu, domain, now)) && cpuperf_enabled)
		adjust_perf(cpu, 0, now);
}

/*
 * A CPU that finds nothing marks itself idle only after it has looked. What is being queued in between sees no idle CPU to
 * kick: an insertion takes effect when enqueue returns, after it has looked for one. But whoever is being queued is a
 * member already (runnable comes first), so if the domain has more members than CPUs that run one, look again.
 */
void BPF_STRUCT_OPS(domains_update_idle, s32 cpu, bool idle)
{
	struct cpu_state *here = cpu_state(cpu);
	struct domain_state *state = domain_state(domain_of_cpu(cpu));

	if (cpuperf_enabled && here)
		count_idle(here, idle, scx_bpf_now());
	if (idle && state && here && here->online && state->nr_runnable > state->nr_running)
		kick(cpu, KICK_IDLE);
	else if (nr_classes > 1 && idle && misfits_wait && here && here->online)
		call_misfit(domain_of_cpu(cpu));
}

#endif
