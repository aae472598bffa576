/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the daemon is told at once, instead of finding it at its next round.
 *
 *	SIGNAL_CPUS	a CPU has come or gone: all shares have changed
 *	SIGNAL_EXIT	the scheduler has ended
 *	SIGNAL_CROWDED	a domain has more to run than CPUs, while the daemon looks rarely because none had
 *
 * The last is sought on the way of tasks, so it is told only while the daemon wants it, and by the first to find it: who does
 * takes the daemon's wish away, and the daemon makes it anew at one of its next rounds. So there is at most one a round, and
 * what all CPUs look at is written as rarely.
 */
#ifndef __SCX_DOMAINS_SIGNAL_H
#define __SCX_DOMAINS_SIGNAL_H

/* The sizes of a ring are whole pages: the largest page that a kernel has. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} signals SEC(".maps");

/* Does the daemon want to hear of crowding? */
u32 crowding_wanted;

/* What does not fit into the ring is lost: a daemon that does not read is not planning either. */
static __always_inline void send_signal(u32 kind)
{
	bpf_ringbuf_output(&signals, &kind, sizeof(kind), 0);
}

/* Ticks in a row that a CPU has to find more to run than CPUs. */
#define CROWDED_TICKS 2

/*
 * More to run than CPUs? Asked at ticks, two in a row, so that those who come for a moment do not wake the daemon: it is one of
 * them itself, and would be woken by its own rounds where all CPUs have a hog. Not from a CPU on its way down: the ring wakes its
 * reader from work raised on the CPU itself (see is_up() in config.bpf.h). A CPU that a higher class has counts as there: how
 * much of it is gone only the balancer knows, and it looks once a second.
 */
static __always_inline void tell_crowding(u32 domain, struct cpu_state *here)
{
	struct domain_state *state = crowding_wanted ? domain_state(domain) : NULL;

	/* also where nobody wants to hear: what was counted for the last signal is not in a row with what comes after it */
	if (!state || !here->online || state->nr_runnable <= state->nr_online)
		here->crowded_ticks = 0;
	else if (++here->crowded_ticks >= CROWDED_TICKS && __sync_lock_test_and_set(&crowding_wanted, 0))
		send_signal(SIGNAL_CROWDED);
}

#endif
