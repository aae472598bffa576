//! The counters' order, held to that of `intf.h` when this is compiled.

use super::skel::intf;
use crate::stats::Counter;

const _: () = {
    assert!(Counter::ALL.len() == intf::counter_NR_COUNTERS as usize);
    assert!(Counter::IdleDirect as u32 == intf::counter_COUNT_IDLE_DIRECT);
    assert!(Counter::SyncHandover as u32 == intf::counter_COUNT_SYNC_HANDOVER);
    assert!(Counter::DomainQueued as u32 == intf::counter_COUNT_DOMAIN_QUEUED);
    assert!(Counter::CpuQueued as u32 == intf::counter_COUNT_CPU_QUEUED);
    assert!(Counter::Kept as u32 == intf::counter_COUNT_KEPT);
    assert!(Counter::Preempted as u32 == intf::counter_COUNT_PREEMPTED);
    assert!(Counter::StolenLlc as u32 == intf::counter_COUNT_STOLEN_LLC);
    assert!(Counter::StolenNode as u32 == intf::counter_COUNT_STOLEN_NODE);
    assert!(Counter::StolenRemote as u32 == intf::counter_COUNT_STOLEN_REMOTE);
    assert!(Counter::Rescued as u32 == intf::counter_COUNT_RESCUED);
    assert!(Counter::FlowEnqueued as u32 == intf::counter_COUNT_FLOW_ENQUEUED);
    assert!(Counter::FlowQueued as u32 == intf::counter_COUNT_FLOW_QUEUED);
    assert!(Counter::ChangedDomain as u32 == intf::counter_COUNT_CHANGED_DOMAIN);
};
