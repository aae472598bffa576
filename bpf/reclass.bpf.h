/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Core classes that rank otherwise than before, while we run: a limit on the frequency of the fast ones, or another capacity.
 *
 * Domains and queues stay, for they are cut by which CPUs go together, and no task is touched. What changes is the number by which
 * tables know a class, 0 being the fastest. Userspace writes it into the configurations of CPUs and domains and into class_domains,
 * capacities and what should be where into the tables of class.bpf.h, and runs this program last, for what is made of them here.
 *
 * In between, for some us, callbacks see some of the old and some of the new. All of it is in bounds, and what it decides is a wish:
 * at worst a task goes to the class that was the right one a moment ago, and moves again at its next tick.
 */
#ifndef __SCX_DOMAINS_RECLASS_H
#define __SCX_DOMAINS_RECLASS_H

/*
 * Make the masks of what is faster than each class anew. A CPU that goes offline meanwhile may stay in one until it comes back:
 * they are only ever met with idle CPUs, and it is none.
 */
SEC("syscall")
int rank_classes(void *unused)
{
	struct cpu_config *config;
	struct cpu_state *state;
	u32 cpu, class;

	bpf_for(cpu, 0, nr_cpus) {
		config = cpu_config_fallible(cpu);
		state = cpu_state_fallible(cpu);
		if (config && state && config->domain != NO_DOMAIN)
			bpf_for(class, 0, nr_classes)
				set_in_mask(&faster_masks, class, cpu, state->online && config->class < class);
	}
	return 0;
}

#endif
