/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the daemon is told at once, instead of finding it at its next round.
 *
 *	SIGNAL_CPUS	a CPU has come or gone: all shares have changed
 *	SIGNAL_EXIT	the scheduler has ended
 *	SIGNAL_IDLE	a CPU goes idle beside a queue in which nothing may run on it: what might is elsewhere
 *	SIGNAL_CROWDED	a domain has more to run than CPUs, while the daemon looks rarely because none had
 *
 * The last two are sought on the way of tasks, so they are told only while the daemon wants them, and by the first to find
 * one: it takes the daemon's wish away, and the daemon makes it anew at one of its next rounds. So there is at most one of each
 * a round, and what all CPUs look at is written as rarely.
 */
#ifndef __SCX_DOMAINS_SIGNAL_H
#define __SCX_DOMAINS_SIGNAL_H

/* The sizes of a ring are whole pages: the largest page that a kernel has. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} signals SEC(".maps");

/* Of SIGNAL_IDLE and SIGNAL_CROWDED, those that the daemon wants to hear. */
u32 signals_wanted;

/* What does not fit into the ring is lost: a daemon that does not read is not planning either. */
static __always_inline void send_signal(u32 kind)
{
	bpf_ringbuf_output(&signals, &kind, sizeof(kind), 0);
}

/*
 * Tell the daemon if it wants to be told. Not from a CPU on its way down: the ring wakes its reader from work raised on the
 * CPU itself (see kick() in config.bpf.h). Global: verified once.
 */
__noinline int signal_if_wanted(u32 kind)
{
	struct cpu_state *here;

	if (!(signals_wanted & kind))
		return 0;
	here = cpu_state_fallible(bpf_get_smp_processor_id());
	if (here && here->online && (__sync_fetch_and_and(&signals_wanted, ~kind) & kind))
		send_signal(kind);
	return 0;
}

#endif
