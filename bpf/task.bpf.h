/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is kept of a task: its weight, its vtime, the domain it belongs to, and how much of its time it wants to run.
 *
 * All of it changes only in callbacks that hold the runqueue of the task; only `transit`, which flows set on waiting tasks, is
 * exchanged atomically, and one that is stuck may be taken out of the clock by others (stuck.bpf.h). The truth about a task's
 * vtime is here; p->scx.dsq_vtime is only the key that it waits under.
 */
#ifndef __SCX_DOMAINS_TASK_H
#define __SCX_DOMAINS_TASK_H

struct task_ctx {
	u64 vtime;
	u64 weight;	/* 1024 = nice 0 in the root cgroup; the one it was counted with while it is a member */
	u64 load_weight; /* the same as far as it counts in loads */
	u64 charged;	/* p->se.sum_exec_runtime up to which run time is in vtime */
	u64 queued_at;	/* ns, when it began to wait in a DSQ; 0: not waiting */
	u64 changed_at; /* ns, when it last became runnable or quiescent, or `duty` was brought up to date */
	u64 transit;	/* what a flow counted in transit for it (see pack_transit), 0: nothing */
	u64 moved_at;	/* ns, when a flow last moved it, or it went to its memory */
	u64 slept_ran;	/* p->se.sum_exec_runtime when it last went to sleep; kept where CPUs differ, or there is SMT or another node, only */
	/* kept with several core classes only: */
	u64 demand_at;	/* ns, when `demand` was last brought up to date, */
	u64 demand_ran; /* and p->se.sum_exec_runtime then */
	u64 fits_no_slower; /* ns, when its demand last fit no slower class than `class` */
	s64 lead; /* of the fastest domain's clock, vns, when it began to compare (turns.bpf.h) */
	u32 home;
	u32 own_weight; /* that of its nice value, whatever its cgroup; as of when `weight` was found */
	u32 cgroup;	/* its cgroup's slot */
	u32 demand; /* of the fastest CPU, 0 .. 1024 << 10 (class.bpf.h) */
	u32 class;  /* the core class that it should be on */
	u32 duty; /* 0 .. 1024: share of its time that it is runnable, as of changed_at */
	u32 in_clock; /* does its term count in the domain's clock? Changes under its lock, as vtime of one that counts */
	bool member;
	bool pinned; /* counted as one that cannot leave the domain */
	bool woken; /* does it wait because it woke up, and not because its turn ended? As of queued_at */
	bool compares; /* is `lead` of its stay in this domain? */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct task_ctx);
} task_ctxs SEC(".maps");

static __always_inline struct task_ctx *task_ctx_fallible(struct task_struct *p)
{
	return bpf_task_storage_get(&task_ctxs, p, NULL, 0);
}

static __always_inline struct task_ctx *task_ctx(struct task_struct *p)
{
	struct task_ctx *tctx = task_ctx_fallible(p);

	if (!tctx)
		scx_bpf_error("no context for task %d", p->pid);
	return tctx;
}

/* The kernel's own weight. p->scx.weight is coarser (nice 10 is 11 of 100 there, 10.7 here). */
static u64 task_weight(const struct task_struct *p)
{
	s32 index = p->static_prio - 100; /* MAX_RT_PRIO */

	if (p->policy == 5 /* SCHED_IDLE */)
		return WEIGHT_IDLE_POLICY;
	if (index < 0)
		index = 0;
	if (index > 39)
		index = 39;
	return nice_to_weight[index & 63 /* for the verifier */];
}

/*
 * May the task not leave its CPU just now? In a kernel whose BPF prologue disables migration itself, one of the current
 * task's counts is the prologue's; two are where cpu_release enqueues anew whom a higher class has just pushed off, who is
 * still the current task. scx_lib_init_probe (scx/common.bpf.h) finds out which kind of kernel this is. The headers'
 * is_migration_disabled() reads a kconfig extern, which would not load where there is no /proc/config.gz, and counts one
 * prologue only.
 */
static bool migration_disabled(const struct task_struct *p)
{
	struct cpu_state *here;
	u32 prologues = 1;

	if (!bpf_core_field_exists(p->migration_disabled) || !p->migration_disabled)
		return false;
	/* userspace sets this where nothing can probe */
	if (!__scx_prolog_disables_migration || bpf_get_current_task_btf() != p)
		return true;
	here = cpu_state_fallible(bpf_get_smp_processor_id());
	if (here && here->releasing)
		prologues = 2;
	return p->migration_disabled > prologues;
}

/* Can it run on one CPU only? Then it waits in that CPU's own DSQ. */
static __always_inline bool is_pinned(const struct task_struct *p)
{
	return p->nr_cpus_allowed == 1 || migration_disabled(p);
}

/*
 * Duty: a moving average, by default with a half-life of 0.128 s, so that a hog counts fully after half a second and a task
 * that sleeps does so as fast. 2^-x is taken as 1 - x/2 between the halvings: within 6 %.
 */
static __always_inline u32 decayed(u32 value, u64 ns, u64 half_life_ns, u64 scale)
{
	u64 halvings; /* in 1024ths */

	if (ns >= 10 * half_life_ns)
		return 0;
	halvings = ns * scale >> 32; /* below 10 * 2^42, before the shift */
	value >>= halvings >> 10;
	return value - (value * (halvings & 1023) >> 11);
}

static __always_inline u32 halved(u32 value, u64 ns)
{
	return decayed(value, ns, duty_half_life_ns, duty_scale);
}

/* Duty at `now` of a task that has been runnable (or not) since changed_at. */
static __always_inline u32 duty_at(const struct task_ctx *tctx, u64 now)
{
	u64 ns = time_delta(now, tctx->changed_at);

	return tctx->member ? 1024 - halved(1024 - tctx->duty, ns) : halved(tctx->duty, ns);
}

/* Of a duty that is up to date, others need no `now` to read it. Not more often: short times are lost to rounding. */
#define DUTY_STEP_NS (1 << 20)

static __always_inline void advance_duty(struct task_ctx *tctx, u64 now)
{
	if (time_delta(now, tctx->changed_at) < DUTY_STEP_NS)
		return;
	tctx->duty = duty_at(tctx, now);
	tctx->changed_at = now;
}

static __always_inline u64 task_load(const struct task_ctx *tctx, u64 now)
{
	return tctx->load_weight * duty_at(tctx, now) >> 10;
}

#endif
