/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which CPUs of a domain come first, where some are better than others that make no class of their own.
 *
 * Problem. No two cores of a chip are alike, and makers tell which are the best: two P-cores of a 14900K go to 6.0 GHz, the others
 * to 5.7, and AMD's firmware ranks each core (amd_pstate_prefcore_ranking). A task that is alone on its machine should have the
 * best of them, and cores beside it should sleep, for the best one's sake.
 *
 * Mechanism. Userspace lists a domain's CPUs with the best first, and gives those that are alike the same rank
 * (src/placement/preferred.rs). Wherever an idle CPU of the domain is picked, it is the first of that list. A task whose previous
 * CPU is idle stays there nevertheless,
 *
 *	unless it runs for an eighth of its time or more (MOVES_FROM_DUTY), and a better one is idle (idle.bpf.h).
 *
 * Who wakes up for a moment only loses by a move: with 50 us until its caches are warm again, at 4/5 of the speed until then, a move
 * costs 10 us, and on a CPU that is better by 3 % those are earned back within 330 us. Nor is there anything to be gained by having
 * light tasks on the best CPUs: heavier ones, which are late by the difference, want them when they wake up. Who runs on and on moves
 * at a tick (better_cpu.bpf.h).
 *
 * That is near to what the kernel's fair class does: a wake-up stays on an idle previous CPU, and asymmetric packing (SD_ASYM_PACKING,
 * by ITMT's or amd-pstate's ranks) moves who runs to a better CPU that is idle, in balancing.
 *
 * Limits. Ranks count within a domain. Of two LLCs of which one is better (X3D), it is parking that keeps the better one awake.
 *
 * Where all CPUs of each domain are alike, ranks_differ is false when the programs are loaded, so the verifier drops all of it.
 */
#ifndef __SCX_DOMAINS_PREFERRED_H
#define __SCX_DOMAINS_PREFERRED_H

/* Past the last rank. */
#define ANY_RANK 0xffffffff

/* From this duty (of 1024) on a task moves to a better CPU though the one where it was is idle: as what userspace takes for light. */
#define MOVES_FROM_DUTY 128

static u32 rank_of_cpu(s32 cpu)
{
	struct cpu_config *config = cpu_config(cpu);

	return config ? config->rank : 0;
}

/* The best CPU of `domain` that is idle, in `mask` and better than `rank`, with its whole core if so wanted; < 0: there is none. */
static s32 best_idle(u32 domain, const struct cpumask *mask, u32 rank, bool whole_core)
{
	const struct cpumask *idle = whole_core ? scx_bpf_get_idle_smtmask() : scx_bpf_get_idle_cpumask();
	struct domain_config *config = domain_config(domain);
	s32 cpu, found = -EBUSY;
	u32 i;

	if (config)
		bpf_for(i, 0, MAX_DOMAIN_SCAN) {
			cpu = domain_cpu(config, i);
			if (cpu < 0 || (rank != ANY_RANK && rank_of_cpu(cpu) >= rank))
				break;
			if (bpf_cpumask_test_cpu(cpu, idle) && bpf_cpumask_test_cpu(cpu, mask)) {
				found = cpu;
				break;
			}
		}
	scx_bpf_put_idle_cpumask(idle);
	return found;
}

/*
 * Pick and claim an idle CPU of `mask`, which is part of `domain`: the best one, but any on a whole core before one that shares it.
 * If somebody else has that one first, any other.
 */
static s32 pick_idle_of(u32 domain, const struct cpumask *mask, u64 flags)
{
	s32 cpu;

	if (ranks_differ) {
		cpu = best_idle(domain, mask, ANY_RANK, smt_enabled);
		if (cpu < 0 && smt_enabled && !(flags & PICK_WHOLE_CORE))
			cpu = best_idle(domain, mask, ANY_RANK, false);
		if (cpu >= 0 && scx_bpf_test_and_clear_cpu_idle(cpu))
			return cpu;
	}
	return scx_bpf_pick_idle_cpu(mask, flags);
}

#endif
