/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a policy may choose. Userspace sets it before load (src/kernel/policy.rs), so the verifier knows the values and drops
 * the ways that are not taken: a policy that is not chosen costs nothing. docs/policies.md tells how to add one.
 */
#ifndef __SCX_DOMAINS_POLICY_H
#define __SCX_DOMAINS_POLICY_H

/* What a task may be ahead of another that is woken, or of the clock, before it has to make way: of its own run time. */
const volatile u64 preempt_margin_ns = 1000 * 1000;
/* Do tasks run in the order in which they came, whatever their weight, and nobody makes way before its slice ends? */
const volatile bool in_order_of_arrival = false;

/* The key that a task waits under: every insertion into a DSQ, and every move, uses it. */
static __always_inline u64 queue_key(u64 vtime, u64 now)
{
	return in_order_of_arrival ? now : vtime;
}

/* May one that is enqueued with these flags preempt? */
static __always_inline bool may_preempt(u64 enq_flags)
{
	return !in_order_of_arrival && (enq_flags & ENQ_WAKEUP);
}

#endif
