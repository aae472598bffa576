/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the BPF side and userspace say to each other: map values, counters, DSQ ids.
 * Rust gets these through bindgen, so this file is the only place where a layout is written down.
 */
#ifndef __SCX_DOMAINS_INTF_H
#define __SCX_DOMAINS_INTF_H

#ifndef __VMLINUX_H__
typedef unsigned char u8;
typedef unsigned int u32;
typedef int s32;
typedef unsigned long long u64;
typedef long long s64;
struct bpf_spin_lock {
	u32 val;
};
#endif

enum limits {
	/* Flows that one domain may have at a time. More destinations than this wait for the next round. */
	MAX_FLOWS = 8,
	/* Two lines: x86 prefetches them in pairs, so this is what keeps neighbours in an array apart. */
	LINE = 128,
	/* Cgroups whose weights are told apart; any more count as part of their parents. */
	MAX_CGROUPS = 1024,
	/* Bits behind the point of a cgroup's multiplier. */
	CGROUP_FRACTION_BITS = 20,
	/* Processes that prefer a node. */
	MAX_NODE_HINTS = 1024,
	/* Powers of two that waits in a queue are counted by (delay.bpf.h). */
	DELAY_BUCKETS = 32,
	/* Core classes that are told apart, a power of two. Any slower ones count as the last. */
	MAX_CLASSES = 8,
	/* Steps of a task's demand (class.bpf.h), 0 to 1024, for which userspace chooses a class. */
	DEMAND_STEP_BITS = 5,
	DEMAND_STEPS = 1 << DEMAND_STEP_BITS,
};

/* A domain's DSQ has the domain's id; a CPU's own DSQ has this plus the CPU's id. */
enum dsq_ids { CPU_DSQ_BASE = 0x100000000ULL };

/* "No domain", "no CPU": what a lookup by affinity gives where nothing fits. */
enum none { NO_DOMAIN = 0xffffffff };

/* What the daemon is told at once, by the ring `signals` (signal.bpf.h). */
enum signal { SIGNAL_CPUS, SIGNAL_EXIT, SIGNAL_CROWDED };

/* Written by userspace before attach; `class` and `rank` may change as we run. */
struct cpu_config {
	u32 domain;
	u32 class;   /* 0 is the fastest */
	u32 cpuperf; /* is its frequency asked of us? */
	u32 next_thread; /* of its core, in a ring; itself if it is the only one */
	u32 rank; /* among the CPUs of its domain, 0 is the best; alike have the same (preferred.bpf.h) */
	u32 max_khz; /* its highest frequency, where the kernel does not know how fast it runs, for us to follow it; else 0 */
};

/* Written by userspace before attach, never after. Masks are indices into the map `cpumasks`. */
struct domain_config {
	u32 llc_mask;
	u32 node_mask;
	u32 first_cpu; /* the domain's CPUs are domain_cpus[first_cpu .. first_cpu + nr_cpus], offline ones too, the best first */
	u32 nr_cpus;
	s32 node; /* NUMA node for the DSQ's memory, -1 for any */
	u32 shares_llc; /* do other domains have CPUs in its LLC? */
	u32 class;	/* that of all of its CPUs */
};

/* A neighbour in order of nearness: neighbours[domain * nr_domains + i]. */
enum proximity { NEAR_LLC, NEAR_NODE, NEAR_REMOTE };
struct near_domain {
	u32 domain;
	u32 proximity;
};

/*
 * The state of a domain that its CPUs share. `base + weighted / weight` is the domain's virtual time (clock.bpf.h);
 * the integrals are runnable weight and tasks over time (load.bpf.h). All of it up to `transit` is under `lock`,
 * the rest is atomic.
 */
struct domain_state {
	struct bpf_spin_lock lock;
	u32 nr_runnable;
	u64 base;
	s64 weighted;
	u64 weight;
	u64 load_weight;   /* as `weight`, but no task counts for more than its load_caps */
	u64 pinned_weight; /* the part of load_weight that can run in this domain only */
	u64 load_stamp;
	u64 load_integral;
	u64 pinned_integral;
	u64 runnable_integral;
	u64 taken_ns;	   /* CPU time that a higher class had of its CPUs, up to load_stamp; written by advance_loads */
	s64 transit; /* load on its way here (or, < 0, away) that a flow moved and that has not run yet */
	u64 rescue_at;
	u32 pressure; /* what is taken of its CPUs' capacity just now, summed; written by advance_loads */
	u32 nr_online;
	u32 nr_running; /* of its CPUs, those that run a task of ours */
} __attribute__((aligned(LINE)));

/* Counters of one CPU, summed by userspace: no counter is written by two CPUs on a hot path. */
enum counter {
	COUNT_IDLE_DIRECT,   /* tasks put straight onto an idle CPU */
	COUNT_SYNC_HANDOVER, /* tasks that took their waker's CPU over */
	COUNT_DOMAIN_QUEUED, /* tasks that went into a domain's DSQ */
	COUNT_CPU_QUEUED,    /* tasks that went into a CPU's own DSQ */
	COUNT_KEPT,          /* the running task kept its CPU: nobody waiting was ahead of it */
	COUNT_PREEMPTED,     /* CPUs that were told to make way for a waking task */
	COUNT_STOLEN_LLC,    /* tasks that an idle CPU took: from its LLC, */
	COUNT_STOLEN_NODE,   /* from its node, */
	COUNT_STOLEN_REMOTE, /* from another node */
	COUNT_RESCUED,       /* tasks that had waited too long and were put first, whatever their weight */
	COUNT_FLOW_ENQUEUED, /* tasks that a flow moved when they were enqueued, */
	COUNT_FLOW_QUEUED,   /* or while they waited */
	COUNT_CHANGED_DOMAIN, /* tasks that ran in another domain than the last time */
	COUNT_MOVED_UP,	      /* tasks that ran on and on, moved to an idle CPU that is faster, */
	COUNT_OWN_CORE,	      /* or from beside a busy sibling to an idle core, */
	COUNT_TO_MEMORY,      /* or to the node where their memory is */
	NR_COUNTERS,
};

/* What one CPU knows of itself; others read it to choose whom to preempt. */
struct cpu_state {
	u32 online;
	u32 releasing;	    /* its cpu_release callback runs, and what that enqueues anew */
	u32 running_weight; /* 0: nothing of ours runs here */
	u32 make_way;	    /* has what runs here been told to make way for one that woke up? */
	u64 running_vtime;  /* of the running task when it was last charged, */
	u64 running_clock;  /* and the time of that, ns */
	u32 running_duty;   /* and what share of its time it is runnable, of 1024 */
	u64 started_at;	    /* when it, or the first of those who handed the CPU on to it, began to run, ns */
	u32 late;	    /* had what runs here to wait for a second before that (delay.bpf.h)? */
	u32 handed_on;	    /* has what runs here handed the CPU to one that it woke? */
	u32 waking_softly;  /* the wake-up that this CPU is at is by a task of ours that will sleep soon */
	u32 misfit;	    /* runs here one that needs a faster CPU, and none is idle? */
	u32 shared_ticks;   /* ticks in a row that found what runs here beside a busy sibling (shared_core.bpf.h) */
	u32 crowded_ticks;  /* ticks in a row that found more to run than CPUs, while the daemon wants to hear of it (signal.bpf.h) */
	u32 looked_at;	    /* the index of the CPU of its domain that it looks at next (stuck.bpf.h) */
	u32 runs_daemon;    /* is the task that began to run here last a thread of the daemon (planner.bpf.h)? */
	u64 rescue_at;
	u64 round_until; /* ns, until when what runs here is in a round that nobody interrupts (planner.bpf.h); 0: it is not */
	/* kept where frequencies are asked of us only (cpuperf.bpf.h): */
	u64 idle_from; /* ns, since when it is idle; 0: it is not */
	u64 idle_ns;   /* how long it was before that, since */
	u64 busy_at;   /* ns, when `busy` was last brought up to date */
	u64 busy_taken; /* ns, how long higher classes had had the CPU by then */
	u64 perf_at;   /* ns, when `perf` was last changed, or right, */
	u64 perf_asked_at; /* and when it was asked for, until that was once more; then 0 */
	u32 busy;      /* what part of its highest frequency it needed, 0 .. 1024 << 10 */
	u32 perf;      /* what part of it was asked for, 0 .. 1024 */
	u64 taken_at;	    /* ns, since when a higher class has it; 0: it has not */
	u64 taken_ns;	    /* how long one had it, up to the last time that it gave it back */
	u64 counters[NR_COUNTERS];
	u64 delays[DELAY_BUCKETS]; /* turns that began here, by how long the task had waited in a queue (delay.bpf.h) */
} __attribute__((aligned(LINE)));

/* One flow: let `left` more load go from the domain that holds it to `to`. */
struct flow {
	u32 to;
	u32 nr_moved;
	s64 left;     /* load units (weight * duty / 1024); may end below 0, tasks are indivisible */
	u64 applied;  /* load moved, less what came back for it */
	u64 min_load; /* of a task that fits, */
	u64 max_load;
	u32 refused;	/* times that a task would have fit but may not run there, */
	u32 refused_memory; /* or has its memory where it is */
	u32 off_memory; /* may it take tasks away from the node that has their memory? */
	u32 pad;
};

/* The flows of a domain. Those past `expires_at` are not spent: a stalled daemon's plan dies by itself. */
struct domain_flows {
	u64 expires_at; /* ns, scx_bpf_now() */
	u32 nr;
	u32 pad;
	struct flow flow[MAX_FLOWS];
} __attribute__((aligned(LINE)));

/* The node that a process prefers. */
struct node_hint {
	s32 node;
};

/* How fast CPUs of a class shall run; in 1024ths of their highest frequency, and `bias` of what they need. */
struct perf_terms {
	u32 floor;
	u32 ceiling;
	u32 bias;
};

/* A cgroup, by its slot (cgroup.bpf.h). The integrals are sums over the domains up to `at`, which advance_cgroups fills in. */
struct cgroup_state {
	u64 id;	    /* the cgroup's inode number; 0: the slot is free */
	u32 parent; /* its slot; 0 is the root's */
	u32 weight; /* cpu.weight: 1 to 10000 */
	u32 idle;   /* cpu.idle */
	u32 pad;
	u64 at;
	u64 weight_integral;   /* own weight (of nice values) that was runnable: weight x ns */
	u64 runnable_integral; /* tasks that were: tasks x ns */
};

/* What userspace gives a cgroup. A task's weight is its own times `multiplier` / 2^CGROUP_FRACTION_BITS, from 1 to `most`. */
struct cgroup_share {
	u64 multiplier;
	u64 most;
};

/* What is runnable of a cgroup in one domain; under the domain's lock. */
struct cgroup_load {
	u64 stamp;
	u64 weight;
	u64 nr_runnable;
	u64 weight_integral;
	u64 runnable_integral;
};

/* The argument of the program `describe_task`: userspace fills in `pid`, and finds the rest filled in where `found` is TASK_OURS. */
enum found { TASK_NOT_THERE, TASK_NOT_OURS, TASK_OURS };
struct task_view {
	s32 pid;
	u32 found;
	u32 home;
	u32 member;
	u32 pinned;
	u32 cpu;
	u64 load;	  /* 1024 = one task at nice 0 that always wants to run */
	u64 weight;	  /* 1024 = nice 0 in the root cgroup */
	u64 own_weight;	  /* that of its nice value alone */
	u64 duty;	  /* 0 .. 1024: share of its time that it is runnable */
	u64 waited_ns;	  /* 0: it does not wait in a queue */
	u64 moved_ago_ns; /* 0: no flow has moved it */
	s64 lag_ns;	  /* run time that it is owed */
};

/*
 * The argument of the program `apply_plan`: userspace fills `src`, `ttl_ns` and `next`, runs it, and finds in `last`
 * what became of the flows that were in force before.
 */
struct plan_exchange {
	u32 src;
	u32 nr_moved; /* tasks moved from the queue at once */
	u64 ttl_ns;
	struct domain_flows next;
	struct domain_flows last;
};

/*
 * What trace.bpf.c tells, by the ring `trace_events`: one of these structs an event, told by its kind. Times are ns of
 * CLOCK_BOOTTIME, which is what traces are in.
 */
enum trace_kind { TRACE_SWITCH, TRACE_DOMAIN, TRACE_FLOW, TRACE_FREQUENCY };

enum trace_limits { TASK_NAME = 16 };

struct trace_head {
	u64 at;
	u32 kind;
	u32 cpu;
};

/* Another task runs on the CPU. */
struct trace_switch {
	struct trace_head head;
	s32 prev_pid; /* thread ids, 0: the CPU was or is idle */
	s32 next_pid;
	s32 prev_prio;
	s32 next_prio;
	u32 prev_state; /* 0: still runnable, 1: sleeps, 2: sleeps uninterruptibly; others as the kernel has them */
	u32 pad;
	char prev_name[TASK_NAME];
	char next_name[TASK_NAME];
};

/* A domain, as one of its CPUs found it. */
struct trace_domain {
	struct trace_head head;
	u32 domain;
	s32 queued; /* tasks in its DSQ; < 0: this kernel does not say */
	u32 nr_runnable;
	u32 pad;
	s64 load; /* runnable weight, transit included */
};

/* A flow of the domain: as planned (`moved` is 0), or what it has moved up to now. */
struct trace_flow {
	struct trace_head head;
	u32 from;
	u32 to;
	u32 moved; /* tasks */
	u32 refused;
	s64 left; /* load */
	u64 applied;
};

/* The CPU's new frequency. */
struct trace_frequency {
	struct trace_head head;
	u32 khz;
	u32 pad;
};

#endif
