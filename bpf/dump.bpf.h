/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel's exit dump (and sysrq-D) shows of us: enough to see who waited where, and for whom.
 */
#ifndef __SCX_DOMAINS_DUMP_H
#define __SCX_DOMAINS_DUMP_H

void BPF_STRUCT_OPS(domains_dump, struct scx_dump_ctx *dctx)
{
	struct domain_state *state;
	u32 i;

	bpf_for(i, 0, nr_domains) {
		state = domain_state_fallible(i);
		if (!state)
			return;
		scx_bpf_dump("domain %u: online=%u running=%u runnable=%u queued=%d weight=%llu load=%llu transit=%lld clock=%llu\n",
			     i, state->nr_online, state->nr_running, state->nr_runnable, scx_bpf_dsq_nr_queued(i),
			     state->weight, state->load_weight, state->transit, clock_read(state));
	}
}

void BPF_STRUCT_OPS(domains_dump_cpu, struct scx_dump_ctx *dctx, s32 cpu, bool idle)
{
	struct cpu_state *state = cpu_state_fallible(cpu);
	struct cpu_config *config = cpu_config_fallible(cpu);

	if (!state || !config || (idle && !scx_bpf_dsq_nr_queued(cpu_dsq(cpu))))
		return;
	scx_bpf_dump("domain=%u online=%u own_queue=%d running: weight=%u vtime=%llu\n", config->domain, state->online,
		     scx_bpf_dsq_nr_queued(cpu_dsq(cpu)), state->running_weight, state->running_vtime);
}

void BPF_STRUCT_OPS(domains_dump_task, struct scx_dump_ctx *dctx, struct task_struct *p)
{
	struct task_ctx *tctx = task_ctx_fallible(p);
	u64 now = scx_bpf_now();

	if (!tctx)
		return;
	scx_bpf_dump("home=%u member=%u in_clock=%u pinned=%u weight=%llu vtime=%llu duty=%u waited_ms=%llu\n", tctx->home,
		     tctx->member, tctx->in_clock, tctx->pinned, tctx->weight, tctx->vtime, tctx->duty,
		     tctx->queued_at ? time_delta(now, tctx->queued_at) / 1000000 : 0);
}

#endif
