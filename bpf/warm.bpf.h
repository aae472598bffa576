/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tasks that come back to the CPU where they ran last.
 *
 * Problem. The CPUs of a domain share its queue, so whoever is first goes to whichever CPU asks next. Eight sleepers among sixteen
 * hogs on two domains of four CPUs went from core to core 1100 times a second, and each time left an L1 and L2 behind and cost the
 * kernel the locks of two runqueues.
 *
 * Mechanism. A CPU whose turn has ended takes, of the first MAX_WARM in the queue, the first that ran here last, if the one that it
 * passes over is before it by no more than WARM_NS of its own run time. And whoever runs goes on while the first in the queue is
 * before it by no more than the margin by which one that wakes up would have to be. So 1100 became 136, of twelve hogs 870 611, and
 * at mixed nice 550 113 (medians of five runs after, two before); shares stayed within what is asked of them.
 *
 * And one that was pushed off for a moment, by one that is known to sleep most of the time, is left for its own CPU, for half a turn.
 * Else, with a task on each CPU, the CPU whose turn ends next takes it in place of its own, and the two change places: of eight hogs
 * on eight CPUs ten a second did, as the daemon and kernel threads woke up, and now five.
 *
 * Limits. Who is passed over keeps its vtime, so it is passed over for as long only as others are that near to it: they run, and
 * fall behind. A heavy task that waits is before others by more than that at once.
 */
#ifndef __SCX_DOMAINS_WARM_H
#define __SCX_DOMAINS_WARM_H

#define MAX_WARM 6
/* A turn. */
#define WARM_NS (4ULL * 1000 * 1000)
/* Who is runnable for no more than this share of its time (of 1024) is off again soon: in half a turn, or it is not waited for. */
#define MOMENTARY_DUTY 256
#define MOMENT_NS (2ULL * 1000 * 1000)

/*
 * Take one from a domain's queue, whose first has the key `best`, that ran on `cpu` last. In order of arrival nobody is passed
 * over. Global: verified once.
 */
__noinline bool take_warm(u32 domain, s32 cpu, u64 best)
{
	u32 visited = unknown_zero;
	struct task_struct *p;
	struct task_ctx *tctx;
	bool taken = false;

	if (in_order_of_arrival || scx_bpf_dsq_nr_queued(domain) < 2)
		return false;
	bpf_for_each(scx_dsq, p, domain, 0) {
		if (++visited > MAX_WARM)
			break;
		if (scx_bpf_task_cpu(p) != cpu || !bpf_cpumask_test_cpu(cpu, p->cpus_ptr) || !(tctx = task_ctx_fallible(p)))
			continue;
		if (!time_after(p->scx.dsq_vtime, best + to_vtime(WARM_NS, tctx->weight)))
			taken = scx_bpf_dsq_move(BPF_FOR_EACH_ITER, p, DSQ_LOCAL, 0);
		break;
	}
	return taken;
}

/*
 * Will the first in a domain's queue that may run on `cpu` have its own CPU back in a moment? It was pushed off by one that sleeps
 * soon. Global: verified once.
 */
__noinline bool is_back_soon(u32 domain, s32 cpu, u64 now)
{
	u32 visited = unknown_zero;
	const struct cpu_state *there;
	struct task_struct *p;
	struct task_ctx *tctx;
	bool soon = false;

	bpf_for_each(scx_dsq, p, domain, 0) {
		if (++visited > MAX_WARM)
			break;
		if (!bpf_cpumask_test_cpu(cpu, p->cpus_ptr))
			continue;
		tctx = task_ctx_fallible(p);
		there = cpu_state_fallible(scx_bpf_task_cpu(p));
		soon = tctx && !tctx->woken && time_delta(now, tctx->queued_at) < MOMENT_NS && there && scx_bpf_task_cpu(p) != cpu &&
		       there->running_weight && there->running_duty <= MOMENTARY_DUTY;
		break;
	}
	return soon;
}

/* Does the running task go on, while the best of those that wait does so under this key? */
static __always_inline bool stays(const struct task_ctx *tctx, u64 best)
{
	return !in_order_of_arrival && !time_after(tctx->vtime, best + to_vtime(preempt_margin_ns, tctx->weight));
}

#endif
