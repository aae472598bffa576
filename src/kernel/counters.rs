//! What a CPU has counted, out of the scheduler's map. The compiler insists on each counter of `intf.h` and of the report.

use super::skel::intf;
use crate::stats::{Counters, DELAY_BUCKETS};

const _: () = assert!(Counters::MEASURES.len() == intf::counter_NR_COUNTERS as usize);
const _: () = assert!(DELAY_BUCKETS == intf::limits_DELAY_BUCKETS as usize);

/// The counters of one CPU by name.
pub(super) fn counters(state: &intf::cpu_state) -> Counters {
    let count = |counter: u32| state.counters[counter as usize];
    Counters {
        idle_direct: count(intf::counter_COUNT_IDLE_DIRECT),
        sync_handover: count(intf::counter_COUNT_SYNC_HANDOVER),
        domain_queued: count(intf::counter_COUNT_DOMAIN_QUEUED),
        cpu_queued: count(intf::counter_COUNT_CPU_QUEUED),
        kept: count(intf::counter_COUNT_KEPT),
        preempted: count(intf::counter_COUNT_PREEMPTED),
        stolen_llc: count(intf::counter_COUNT_STOLEN_LLC),
        stolen_node: count(intf::counter_COUNT_STOLEN_NODE),
        stolen_remote: count(intf::counter_COUNT_STOLEN_REMOTE),
        rescued: count(intf::counter_COUNT_RESCUED),
        flow_enqueued: count(intf::counter_COUNT_FLOW_ENQUEUED),
        flow_queued: count(intf::counter_COUNT_FLOW_QUEUED),
        changed_domain: count(intf::counter_COUNT_CHANGED_DOMAIN),
        moved_up: count(intf::counter_COUNT_MOVED_UP),
        own_core: count(intf::counter_COUNT_OWN_CORE),
        to_memory: count(intf::counter_COUNT_TO_MEMORY),
    }
}
