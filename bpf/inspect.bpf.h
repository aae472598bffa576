/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What people ask about one task.
 */
#ifndef __SCX_DOMAINS_INSPECT_H
#define __SCX_DOMAINS_INSPECT_H

struct task_struct *bpf_task_from_pid(s32 pid) __ksym;
void bpf_task_release(struct task_struct *p) __ksym;

static void look_at(struct task_struct *p, const struct task_ctx *tctx, struct task_view *view)
{
	struct domain_state *state = domain_state_fallible(tctx->home);
	u64 now = scx_bpf_now();

	view->home = tctx->home;
	view->member = tctx->member;
	view->pinned = is_pinned(p);
	view->cpu = scx_bpf_task_cpu(p);
	view->load = task_load(tctx, now);
	view->weight = tctx->weight;
	view->own_weight = tctx->own_weight;
	view->duty = duty_at(tctx, now);
	view->waited_ns = tctx->queued_at ? time_delta(now, tctx->queued_at) : 0;
	view->moved_ago_ns = tctx->moved_at ? time_delta(now, tctx->moved_at) : 0;
	view->lag_ns = 0;
	/* of a task that sleeps it is found when it wakes up */
	if (state && tctx->member)
		view->lag_ns = div_signed((s64)(clock_read(state) - tctx->vtime) * (s64)tctx->weight, WEIGHT_NICE_0);
}

/* Look at the task `view->pid`. */
SEC("syscall")
int describe_task(struct task_view *view)
{
	struct task_struct *p = bpf_task_from_pid(view->pid);
	struct task_ctx *tctx;

	view->found = p ? TASK_NOT_OURS : TASK_NOT_THERE;
	if (!p)
		return 0;
	tctx = task_ctx_fallible(p);
	if (tctx) {
		view->found = TASK_OURS;
		look_at(p, tctx, view);
	}
	bpf_task_release(p);
	return 0;
}

#endif
