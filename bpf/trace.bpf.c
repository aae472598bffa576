/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `scx_domains trace` attaches while it runs: an object of its own that only looks on. The scheduler knows nothing of
 * it, and has nothing in its way while nobody traces.
 *
 * Userspace puts the running scheduler's maps in place of those marked so. What happens is told by a ring; what does not
 * fit there is counted as lost. The ring's reader is not woken up, it looks by itself: waking it from within a context
 * switch would be another switch to tell of.
 *
 * Domains change with nearly every enqueue. They are looked at by their CPUs as these switch tasks, LOOK_NS after the
 * last look or later. Example: 8 CPUs in two domains that switch every 4 ms give 500 looks a second and domain, at most
 * a thousand where they switch more often.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "intf.h"

char _license[] SEC("license") = "GPL";

#define LOOK_NS (1000ULL * 1000)

extern s32 scx_bpf_dsq_nr_queued(u64 dsq_id) __ksym __weak;

/* Events that were lost because the ring was full. */
u64 lost;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024); /* userspace says how large */
} trace_events SEC(".maps");

#define ARRAY_OF(name, value_type, entries)                                                                            \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                                      \
		__uint(max_entries, entries);                                                                          \
		__type(key, u32);                                                                                      \
		__type(value, value_type);                                                                             \
	} name SEC(".maps")

/* The scheduler's. */
ARRAY_OF(cpu_configs, struct cpu_config, 1);
ARRAY_OF(domain_states, struct domain_state, 1);
ARRAY_OF(domain_flows_map, struct domain_flows, 1);

/* What the last look at a domain found. */
struct look {
	u64 at;
	u64 plan; /* when the flows that were in force end: each plan has another */
	u32 moved[MAX_FLOWS];
};
ARRAY_OF(looks, struct look, 1); /* as many as domains */

static __always_inline void tell(const void *event, u64 size)
{
	if (bpf_ringbuf_output(&trace_events, (void *)event, size, BPF_RB_NO_WAKEUP))
		__sync_fetch_and_add(&lost, 1);
}

#define HEAD(kind_, cpu_, now_) { .at = (now_), .kind = (kind_), .cpu = (cpu_) }

static __always_inline void tell_switch(u32 cpu, u64 now, struct task_struct *prev, struct task_struct *next, u32 prev_state)
{
	struct trace_switch event = {
		.head = HEAD(TRACE_SWITCH, cpu, now),
		.prev_pid = prev->pid,
		.next_pid = next->pid,
		.prev_prio = prev->prio,
		.next_prio = next->prio,
		.prev_state = prev_state,
	};

	bpf_probe_read_kernel_str(event.prev_name, sizeof(event.prev_name), prev->comm);
	bpf_probe_read_kernel_str(event.next_name, sizeof(event.next_name), next->comm);
	tell(&event, sizeof(event));
}

static __always_inline void tell_domain(u32 cpu, u64 now, u32 domain, const struct domain_state *state)
{
	struct trace_domain event = {
		.head = HEAD(TRACE_DOMAIN, cpu, now),
		.domain = domain,
		.queued = bpf_ksym_exists(scx_bpf_dsq_nr_queued) ? scx_bpf_dsq_nr_queued(domain) : -1,
		.nr_runnable = state->nr_runnable,
		.load = state->load_weight + state->transit,
	};

	tell(&event, sizeof(event));
}

static __always_inline void tell_flows(u32 cpu, u64 now, u32 domain, const struct domain_flows *flows, struct look *look)
{
	bool planned = look->plan != flows->expires_at;
	u32 i;

	look->plan = flows->expires_at;
	for (i = 0; i < MAX_FLOWS; i++) {
		const struct flow *flow = &flows->flow[i];
		u32 moved = flow->nr_moved;

		if (i >= flows->nr)
			return;
		if (!planned && moved == look->moved[i])
			continue;
		look->moved[i] = moved;
		struct trace_flow event = {
			.head = HEAD(TRACE_FLOW, cpu, now),
			.from = domain,
			.to = flow->to,
			.moved = moved,
			.refused = flow->refused,
			.left = flow->left,
			.applied = flow->applied,
		};
		tell(&event, sizeof(event));
	}
}

/* Look at the CPU's domain, unless another CPU of it has a moment ago. */
static __always_inline void look_at_domain(u32 cpu, u64 now)
{
	struct cpu_config *config = bpf_map_lookup_elem(&cpu_configs, &cpu);
	struct domain_state *state;
	struct domain_flows *flows;
	struct look *look;
	u32 domain;
	u64 last;

	if (!config)
		return;
	domain = config->domain;
	look = bpf_map_lookup_elem(&looks, &domain);
	if (!look)
		return;
	last = look->at;
	if (now - last < LOOK_NS || __sync_val_compare_and_swap(&look->at, last, now) != last)
		return;
	state = bpf_map_lookup_elem(&domain_states, &domain);
	flows = bpf_map_lookup_elem(&domain_flows_map, &domain);
	if (!state || !flows)
		return;
	tell_domain(cpu, now, domain, state);
	tell_flows(cpu, now, domain, flows, look);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(trace_switches, bool preempt, struct task_struct *prev, struct task_struct *next, unsigned int prev_state)
{
	u32 cpu = bpf_get_smp_processor_id();
	u64 now = bpf_ktime_get_boot_ns();

	tell_switch(cpu, now, prev, next, preempt ? 0 : prev_state);
	look_at_domain(cpu, now);
	return 0;
}

SEC("tp_btf/cpu_frequency")
int BPF_PROG(trace_frequencies, unsigned int khz, unsigned int cpu)
{
	struct trace_frequency event = {
		.head = HEAD(TRACE_FREQUENCY, cpu, bpf_ktime_get_boot_ns()),
		.khz = khz,
	};

	tell(&event, sizeof(event));
	return 0;
}
