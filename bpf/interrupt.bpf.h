/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is this an interrupt?
 *
 * A hard one: while a CPU serves it, the kernel keeps a pointer to the registers of what was interrupted (lib/irq_regs.c), on
 * all machines. Its count of how deep it is in what would say so as well, but in bits that moved (16 to 19 in 6.18, 24 to 27 in
 * 7.3). A soft one: bit 8 of that count (include/linux/preempt.h), which is of a CPU on x86, under two names (the older up to
 * 6.14), and of a thread on arm64. Where there is none of these the answer is no.
 */
#ifndef __SCX_DOMAINS_INTERRUPT_H
#define __SCX_DOMAINS_INTERRUPT_H

#define SERVES_SOFT_INTERRUPT 0x100

struct pcpu_hot___count {
	int preempt_count;
} __attribute__((preserve_access_index));

extern struct pt_regs *const __irq_regs __ksym __weak;
extern const int __preempt_count __ksym __weak;
extern const struct pcpu_hot___count pcpu_hot __ksym __weak;

static __always_inline u32 depths(void)
{
#if defined(__TARGET_ARCH_x86)
	if (bpf_ksym_exists(&__preempt_count))
		return *(const int *)bpf_this_cpu_ptr(&__preempt_count);
	if (bpf_ksym_exists(&pcpu_hot))
		return ((const struct pcpu_hot___count *)bpf_this_cpu_ptr(&pcpu_hot))->preempt_count;
#elif defined(__TARGET_ARCH_arm64)
	return bpf_get_current_task_btf()->thread_info.preempt.count;
#endif
	return 0;
}

static __always_inline bool in_interrupt(void)
{
	if (bpf_ksym_exists(&__irq_regs) && *(const u64 *)bpf_this_cpu_ptr(&__irq_regs))
		return true;
	return depths() & SERVES_SOFT_INTERRUPT;
}

#endif
