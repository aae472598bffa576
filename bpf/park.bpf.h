/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUs that are left asleep while there is little to do.
 *
 * Userspace says each round which ones (src/placement/parking.rs). A wake-up looks for an idle CPU among the others first. Where
 * none of those is idle it takes any, parked or not: so nothing waits beside a CPU that sleeps, tasks with an affinity run where
 * they may, and the next round finds that more is needed.
 *
 * So there is no hatch to be opened after a wait, for nobody waits by being parked. Of those who do wait for another reason,
 * parked CPUs are called as any idle one is: who can run on one CPU only, by enqueue_on_cpu(); for what waits in another node,
 * by the timer of steal.bpf.h, after that distance's delay.
 *
 * While nothing is parked this is one look at a word.
 */
#ifndef __SCX_DOMAINS_PARK_H
#define __SCX_DOMAINS_PARK_H

u32 nr_parked;

SIZED_ARRAY(awake_masks, struct cpumask_slot); /* one: the CPUs that are not parked */
SIZED_ARRAY(parked_cpus, u32);			/* nr_cpus, by userspace */

/* Take over what userspace has written into parked_cpus. */
SEC("syscall")
int park_cpus(void *unused)
{
	u32 cpu, zero = 0, nr = 0, *parked;
	struct cpumask_slot *slot = bpf_map_lookup_elem(&awake_masks, &zero);
	struct bpf_cpumask *awake;

	bpf_rcu_read_lock();
	awake = slot ? slot->mask : NULL;
	if (awake)
		bpf_for(cpu, 0, nr_cpus) {
			parked = bpf_map_lookup_elem(&parked_cpus, &cpu);
			if (parked && *parked) {
				bpf_cpumask_clear_cpu(cpu, awake);
				nr++;
			} else {
				bpf_cpumask_set_cpu(cpu, awake);
			}
		}
	bpf_rcu_read_unlock();
	nr_parked = nr;
	return awake ? 0 : -ENOENT;
}

static bool is_awake(s32 cpu)
{
	const struct cpumask *awake = slot_mask(&awake_masks, 0);

	return awake && bpf_cpumask_test_cpu(cpu, awake);
}

/* The CPUs of `area` that are not parked and that the task may run on; NULL if there are none. Good for as long as allowed_of(). */
static const struct cpumask *awake_of(const struct task_struct *p, const struct cpumask *area)
{
	const struct cpumask *awake = slot_mask(&awake_masks, 0);
	u32 here = bpf_get_smp_processor_id();
	struct cpumask_slot *slot = bpf_map_lookup_elem(&scratch_masks, &here);
	struct bpf_cpumask *scratch;

	if (!area || !awake || !slot || !(scratch = slot->mask))
		return NULL;
	if (!bpf_cpumask_and(scratch, area, awake))
		return NULL;
	if (p->nr_cpus_allowed < nr_cpus && !bpf_cpumask_and(scratch, cast_mask(scratch), p->cpus_ptr))
		return NULL;
	return cast_mask(scratch);
}

/*
 * Claim an idle CPU that is not parked: where the task was, else in the domain of its class, else, where there is one class, in
 * the node. Where there are several, a parked CPU of the right class comes before one of another that is awake: the caller's
 * next look. < 0 if there is none. Global: verified once.
 */
__noinline s32 claim_awake(struct task_struct *p __arg_trusted, s32 prev_cpu)
{
	u32 domain = domain_of_cpu(prev_cpu), near = domain;
	struct domain_config *config = domain_config(domain);
	const struct task_ctx *tctx = task_ctx(p);
	const struct cpumask *mask;
	s32 cpu;

	if (!config || !tctx)
		return -ENOENT;
	if (nr_classes > 1)
		near = nearest_of_class(domain, tctx->class & (MAX_CLASSES - 1));
	if (near == domain && is_awake(prev_cpu) && bpf_cpumask_test_cpu(prev_cpu, p->cpus_ptr) &&
	    scx_bpf_test_and_clear_cpu_idle(prev_cpu))
		return prev_cpu;
	mask = awake_of(p, domain_mask(near));
	cpu = mask ? pick_idle_of(near, mask, 0) : -EBUSY;
	if (cpu >= 0 || nr_classes > 1)
		return cpu;
	mask = awake_of(p, slot_mask(&area_masks, config->node_mask));
	return mask ? scx_bpf_pick_idle_cpu(mask, 0) : -EBUSY;
}

#endif
