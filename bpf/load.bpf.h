/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much a domain has to do: runnable weight over time.
 *
 * Userspace reads the integral at two moments and divides by the time between: the mean runnable weight, waiting
 * included, with no sampling error however short the round. Two tasks at nice 0 that run half of the time and one that
 * always does are the same load, 1024. Weight that cannot leave the domain is kept apart, and so is how many tasks
 * are runnable: a domain with no more of them than CPUs has nothing to give, whatever its weight.
 */
#ifndef __SCX_DOMAINS_LOAD_H
#define __SCX_DOMAINS_LOAD_H

/*
 * The most that one task counts for in loads: what one CPU of the machine is worth, as the balancer finds it each round
 * (balance/cap.rs). A task can use one CPU and no more, whatever its weight: a kworker at nice -20 that runs 1 % of the
 * time would otherwise count as 0.9 hogs at nice 0.
 */
u64 load_cap = ~0ULL;

/* Bring the integrals up to `now`. Called under the domain's lock, before the weight changes. */
static __always_inline void load_advance(struct domain_state *state, u64 now)
{
	s64 ns = now - state->load_stamp, load = state->load_weight + state->transit;

	if (ns <= 0)
		return;
	/* a task that leaves before what is on its way away has been settled takes it below 0 for a moment */
	state->load_integral += (load > 0 ? load : 0) * ns;
	state->pinned_integral += state->pinned_weight * ns;
	state->runnable_integral += state->nr_runnable * ns;
	state->load_stamp = now;
}

/* Bring all domains up to now, for userspace to read: it divides by the difference of their load_stamps. */
SEC("syscall")
int advance_loads(void *unused)
{
	u32 tgid = bpf_get_current_pid_tgid() >> 32;
	u64 now = scx_bpf_now();
	struct domain_state *state;
	u32 i;

	if (planner_tgid != tgid)
		planner_tgid = tgid;
	bpf_for(i, 0, nr_domains) {
		state = domain_state_fallible(i);
		if (!state)
			return -ENOENT;
		bpf_spin_lock(&state->lock);
		load_advance(state, now);
		bpf_spin_unlock(&state->lock);
	}
	return 0;
}

/*
 * Count load that a flow has moved and that has not run yet: negative where it came from, positive where it goes. Global, so
 * that the verifier looks at it once.
 */
__noinline int add_transit(u32 domain, s64 load, u64 now)
{
	struct domain_state *state = domain_state(domain);

	if (!state)
		return -ENOENT;
	bpf_spin_lock(&state->lock);
	load_advance(state, now);
	state->transit += load;
	bpf_spin_unlock(&state->lock);
	return 0;
}

#endif
