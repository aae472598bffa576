/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's flags and ids by their value in the kernel that runs, found through CO-RE when the programs are loaded. (The
 * scx headers have userspace look them up and fill read-only variables instead: more code for the same. Their macros of
 * these names go.)
 */
#ifndef __SCX_DOMAINS_KERNEL_VALUES_H
#define __SCX_DOMAINS_KERNEL_VALUES_H

#undef SCX_DSQ_LOCAL
#undef SCX_DSQ_LOCAL_ON
#undef SCX_ENQ_PREEMPT
#undef SCX_ENQ_WAKEUP
#undef SCX_KICK_IDLE
#undef SCX_KICK_PREEMPT
#undef SCX_PICK_IDLE_CORE
#undef SCX_TASK_QUEUED

#define KERNEL_VALUE(type, name) bpf_core_enum_value(enum type, name)

#define DSQ_LOCAL KERNEL_VALUE(scx_dsq_id_flags, SCX_DSQ_LOCAL)
#define DSQ_LOCAL_ON KERNEL_VALUE(scx_dsq_id_flags, SCX_DSQ_LOCAL_ON)
#define DSQ_FROM_TAIL KERNEL_VALUE(scx_dsq_iter_flags, SCX_DSQ_ITER_REV)
#define DEQ_SLEEP KERNEL_VALUE(scx_deq_flags, SCX_DEQ_SLEEP)
#define ENQ_PREEMPT KERNEL_VALUE(scx_enq_flags, SCX_ENQ_PREEMPT)
#define ENQ_WAKEUP KERNEL_VALUE(scx_enq_flags, SCX_ENQ_WAKEUP)
#define WAKE_SYNCHRONOUS KERNEL_VALUE(scx_wake_flags, SCX_WAKE_SYNC)
#define WAKE_NEW (KERNEL_VALUE(scx_wake_flags, SCX_WAKE_FORK))
#define KICK_IDLE KERNEL_VALUE(scx_kick_flags, SCX_KICK_IDLE)
#define KICK_PREEMPT KERNEL_VALUE(scx_kick_flags, SCX_KICK_PREEMPT)
#define PICK_WHOLE_CORE KERNEL_VALUE(scx_pick_idle_cpu_flags, SCX_PICK_IDLE_CORE)
#define TASK_IS_QUEUED KERNEL_VALUE(scx_ent_flags, SCX_TASK_QUEUED)

#endif
