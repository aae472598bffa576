/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is this an interrupt?
 *
 * The kernel counts in one word how deep it is in what (include/linux/preempt.h): bit 8 while soft interrupts are served, four
 * bits from 16 on for hard interrupts, four from 20 on for those that cannot be masked. Where that word is differs: of a CPU on
 * x86, under two names (the older one up to 6.14), of a thread on arm64. Where it is none of these, the answer is no.
 */
#ifndef __SCX_DOMAINS_INTERRUPT_H
#define __SCX_DOMAINS_INTERRUPT_H

#define SERVES_INTERRUPT 0x00ff0100

struct pcpu_hot___count {
	int preempt_count;
} __attribute__((preserve_access_index));

extern const int __preempt_count __ksym __weak;
extern const struct pcpu_hot___count pcpu_hot __ksym __weak;

static __always_inline bool in_interrupt(void)
{
	u32 count = 0;

#if defined(__TARGET_ARCH_x86)
	if (bpf_ksym_exists(&__preempt_count))
		count = *(const int *)bpf_this_cpu_ptr(&__preempt_count);
	else if (bpf_ksym_exists(&pcpu_hot))
		count = ((const struct pcpu_hot___count *)bpf_this_cpu_ptr(&pcpu_hot))->preempt_count;
#elif defined(__TARGET_ARCH_arm64)
	count = bpf_get_current_task_btf()->thread_info.preempt.count;
#endif
	return count & SERVES_INTERRUPT;
}

#endif
