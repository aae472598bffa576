//! The plan of a round: from the most over to the nearest under.
//!
//! Those that have to give are served in order of how much, largest first, and each gives to its neighbours in order of
//! nearness: another class in its LLC, its node, then other nodes by distance. Work stays as near to its data as the
//! imbalance allows. One pass, O(domains × neighbours).
//!
//! A flow is at most what the giver is over and the taker is under, so planned exactly it never makes anybody's imbalance
//! change sign. BPF moves a task only while its load is below twice what is left of the flow, which is the condition for
//! a move to lower the imbalance at both ends: moving 1024 for a flow of 600 leaves 424 on the other side, less than 600.
//! Amounts below `min_amount` are left alone: they are noise, or fit no task.

use serde::{Deserialize, Serialize};

use super::{Flow, Imbalance, Plan, Sample, imbalances};
use crate::domain::Domains;
use crate::units::DomainId;

/// Flows that one domain may have at a time; `MAX_FLOWS` of `bpf/intf.h`.
pub const MAX_FLOWS_PER_DOMAIN: usize = 8;

/// What can be tuned. Records (`src/record`) hold it, and `scx_domains replay --set` sets it, by these names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Params {
    /// Least load worth a flow. 64 is half a task at nice 10 that always runs, or one at nice 0 that runs 6 % of the
    /// time.
    pub min_amount: u64,
}

impl Default for Params {
    fn default() -> Self {
        Self { min_amount: 64 }
    }
}

/// Plan a round. Empty if the sample is not of these domains.
#[must_use]
pub fn plan(domains: &Domains, sample: &Sample, params: &Params) -> Plan {
    if sample.domains.len() != domains.domains.len() {
        return Plan::default();
    }
    let mut left = imbalances(domains, sample);
    let mut givers: Vec<usize> = (0..left.len()).filter(|id| left[*id].can_give >= params.min_amount).collect();
    givers.sort_by_key(|id| std::cmp::Reverse(left[*id].can_give));
    let flows = givers.into_iter().flat_map(|src| give(domains, src, &mut left, params)).collect();
    Plan { flows }
}

/// The flows of one giver; takes them off what is left on both sides.
fn give(domains: &Domains, src: usize, left: &mut [Imbalance], params: &Params) -> Vec<Flow> {
    let mut flows = Vec::new();
    for neighbour in &domains.neighbours[src] {
        let dst = neighbour.domain.index();
        let amount = left[src].can_give.min(left[dst].can_take);
        if amount < params.min_amount {
            continue;
        }
        left[src].can_give -= amount;
        left[dst].can_take -= amount;
        flows.push(Flow { src: DomainId(src as u32), dst: neighbour.domain, amount, min_load: 1, max_load: u64::MAX });
        if flows.len() == MAX_FLOWS_PER_DOMAIN {
            break;
        }
    }
    flows
}
