/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * scx_domains: one vtime-ordered queue a domain, weight that userspace lets flow between them, and nothing that needs
 * userspace to keep going. This file is the table of contents; each header is one concern.
 */
#include <scx/common.bpf.h>
#include <scx/compat.bpf.h>
#include <scx/user_exit_info.bpf.h>

#include "intf.h"

char _license[] SEC("license") = "GPL";

UEI_DEFINE(uei);

#include "kernel_values.bpf.h" /* flags by their value in this kernel */
#include "config.bpf.h"	  /* what userspace tells us, and the maps */
#include "policy.bpf.h"	  /* what a policy may choose */
#include "signal.bpf.h"	  /* what the daemon is told at once */
#include "clock.bpf.h"	  /* a domain's virtual clock */
#include "progress.bpf.h"  /* what run time counts for */
#include "load.bpf.h"	  /* a domain's load */
#include "cgroup.bpf.h"	  /* what a task's cgroup makes of its weight */
#include "task.bpf.h"	  /* a task's context: weight, vtime, duty */
#include "member.bpf.h"	  /* the domain that it belongs to */
#include "charge.bpf.h"	  /* what it has run */
#include "hint.bpf.h"	  /* processes that prefer a node */
#include "class.bpf.h"	  /* core classes: who needs a faster CPU */
#include "cpuperf.bpf.h"	  /* how fast a CPU shall run */
#include "preferred.bpf.h" /* which CPUs of a domain come first */
#include "park.bpf.h"	  /* which CPUs are left asleep */
#include "memory.bpf.h"	  /* where a task's memory is */
#include "cold.bpf.h"	  /* where tasks wait that have nothing warm anywhere */
#include "idle.bpf.h"	  /* select_cpu: which idle CPU */
#include "misfit.bpf.h"	  /* who runs on where CPUs are slow moves up */
#include "turns.bpf.h"	  /* turns on the fast CPUs, where progress counts */
#include "shared_core.bpf.h" /* who runs on beside a busy sibling moves to a core of its own */
#include "better_cpu.bpf.h" /* who runs on where better CPUs are idle moves to one */
#include "to_memory.bpf.h"  /* who runs on away from its memory goes there */
#include "steal.bpf.h"	  /* what an idle CPU takes from other domains, and when */
#include "flow.bpf.h"	  /* spending flows */
#include "swap.bpf.h"	  /* pairs of tasks for what no single one fits */
#include "plan.bpf.h"	  /* the program that takes a plan over */
#include "interrupt.bpf.h" /* is this an interrupt? */
#include "preempt.bpf.h"  /* who makes way for one that woke up */
#include "planner.bpf.h"  /* the daemon's rounds are in time */
#include "enqueue.bpf.h"  /* enqueue: where a task waits, who is told */
#include "rescue.bpf.h"	  /* nobody waits for ever */
#include "warm.bpf.h"	  /* who comes back to where it ran */
#include "dispatch.bpf.h" /* dispatch, update_idle: what a CPU runs next */
#include "delay.bpf.h"	  /* how long tasks waited */
#include "stuck.bpf.h"	  /* who cannot run does not hold the clock back */
#include "account.bpf.h"  /* runnable .. quiescent: keeping the books */
#include "hotplug.bpf.h"  /* CPUs that come and go */
#include "reclass.bpf.h"  /* classes that rank otherwise than before */
#include "release.bpf.h"  /* CPUs that a higher class takes */
#include "dump.bpf.h"	  /* what a dump shows */
#include "inspect.bpf.h"	  /* what is known of one task */
#include "init.bpf.h"	  /* DSQs and masks at load, the reason at exit */

SCX_OPS_DEFINE(domains_ops,
	       .select_cpu	= (void *)domains_select_cpu,
	       .enqueue		= (void *)domains_enqueue,
	       .dispatch	= (void *)domains_dispatch,
	       .update_idle	= (void *)domains_update_idle,
	       .runnable	= (void *)domains_runnable,
	       .running		= (void *)domains_running,
	       .tick		= (void *)domains_tick,
	       .stopping	= (void *)domains_stopping,
	       .quiescent	= (void *)domains_quiescent,
	       .set_weight	= (void *)domains_set_weight,
	       .enable		= (void *)domains_enable,
	       .init_task	= (void *)domains_init_task,
	       .cgroup_init	= (void *)domains_cgroup_init,
	       .cgroup_exit	= (void *)domains_cgroup_exit,
	       .cgroup_move	= (void *)domains_cgroup_move,
	       .cgroup_set_weight = (void *)domains_cgroup_set_weight,
	       .cgroup_set_idle	= (void *)domains_cgroup_set_idle,
	       .cgroup_set_bandwidth = (void *)domains_cgroup_set_bandwidth,
	       .cpu_release	= (void *)domains_cpu_release,
	       .cpu_acquire	= (void *)domains_cpu_acquire,
	       .cpu_online	= (void *)domains_cpu_online,
	       .cpu_offline	= (void *)domains_cpu_offline,
	       .dump		= (void *)domains_dump,
	       .dump_cpu	= (void *)domains_dump_cpu,
	       .dump_task	= (void *)domains_dump_task,
	       .init		= (void *)domains_init,
	       .exit		= (void *)domains_exit,
	       .name		= "domains");
