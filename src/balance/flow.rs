//! The plan of a round: from the most over to the nearest under.
//!
//! Those that have to give are served in order of how much, largest first, and each gives to its neighbours in order of
//! nearness: another class in its LLC, its node, then other nodes by distance. Work stays as near to its data as the
//! imbalance allows. One pass, O(domains × neighbours).
//!
//! A flow is at most what the giver is over and the taker is under, so planned exactly it never makes anybody's
//! imbalance change sign. Tasks are indivisible, so BPF spends it like this (`bpf/flow.bpf.h`):
//!
//! - A task fits while its load is below 4/3 of what is left of the flow. From 2 on a move would make things worse;
//!   just below, it would only turn them round: moving 1024 for a flow of 520 leaves 504 on the other side, and that
//!   would come back. At 4/3, a quarter of the task is left at most. What fits no task builds up as a deficit until one
//!   fits.
//! - What no task fits, a *swap* may: a heavier task goes, a lighter one comes back. Example: for a flow of 200 from
//!   one domain to another, a task at nice 0 (1024) goes and one at nice 1 (820) comes: 204. BPF finds the pair among
//!   those that wait, since only it sees tasks. A swap has to mend half of the flow at least.
//!
//! A move costs the task its warm caches, far more the farther it goes, so a flow has to be worth it: a part of the
//! share of the domain that it mends, by distance on the scale of ACPI's SLIT. Same LLC (10): 0.4 %. Same node (15):
//! 0.6 %. The next node (20 or so): 0.8 %. Below half a task at nice 10 it is noise.
//!
//! A task whose memory is on its node stays there unless the imbalance is large. Remote memory has 1.5 to 2 times the
//! latency of local, so what depends on it runs at 60 to 90 %. The tasks of a domain that is a quarter over its share
//! get 80 % of what is due to them: from there on leaving is no loss.
//!
//! Small tasks are left where they are while larger ones can do it: whoever is below a sixteenth of the flow, and below
//! a quarter of the domain's mean task, does not fit.

use super::tries::Tries;
use super::{Flow, Imbalance, Plan, Sample};
use crate::domain::{Domains, Proximity};
use crate::units::DomainId;
use serde::{Deserialize, Serialize};

/// Flows that one domain may have at a time; `MAX_FLOWS` of `bpf/intf.h`.
pub const MAX_FLOWS_PER_DOMAIN: usize = 8;

/// What can be tuned. Records (`src/record`) hold it, and `scx_domains replay --set` sets it, by these names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Params {
    /// Least load worth a flow. 64 is half a task at nice 10 that always runs, or one at nice 0 that runs 6 % of the
    /// time.
    pub min_amount: u64,
    /// A flow over a distance of 10 (the same LLC) has to be this part of the share of the smaller of its two domains:
    /// 256 is a 256th. 0: any is worth it.
    pub worth: u64,
}

impl Default for Params {
    fn default() -> Self {
        Self { min_amount: 64, worth: 256 }
    }
}

/// Does a task of this load bring a flow for `amount` nearer to done? As `fits` of `bpf/flow.bpf.h`.
pub(super) fn fits(load: u64, amount: u64) -> bool {
    load.saturating_mul(3) < amount.saturating_mul(4)
}

/// The flows of a round, by giver. `imbalances` are of this sample, `tries` what was planned before.
pub(super) fn flows(
    domains: &Domains,
    sample: &Sample,
    imbalances: &[Imbalance],
    tries: &mut Tries,
    params: &Params,
) -> Vec<Flow> {
    let mut left = imbalances.to_vec();
    let mut givers: Vec<usize> = (0..left.len()).filter(|id| left[*id].can_give >= params.min_amount).collect();
    givers.sort_by_key(|id| std::cmp::Reverse(left[*id].can_give));
    let flows = givers.into_iter().flat_map(|src| give(domains, sample, src, &mut left, tries, params)).collect();
    tries.round_ends();
    flows
}

/// The flows of one giver; takes them off what is left on both sides.
fn give(
    domains: &Domains,
    sample: &Sample,
    src: usize,
    left: &mut [Imbalance],
    tries: &mut Tries,
    params: &Params,
) -> Vec<Flow> {
    let mut flows = Vec::new();
    for neighbour in &domains.neighbours[src] {
        let dst = neighbour.domain.index();
        let amount = left[src].can_give.min(left[dst].can_take);
        let share = left[src].share.min(left[dst].share);
        let mean = mean_task(sample, src);
        if amount < least_worth(share, neighbour.proximity, params) || !tries.plans(src, dst, amount, mean) {
            continue;
        }
        left[src].can_give -= amount;
        left[dst].can_take -= amount;
        flows.push(Flow {
            src: DomainId(src as u32),
            dst: neighbour.domain,
            amount,
            min_load: (amount / 16).min(mean / 4).max(1),
            max_load: amount.saturating_mul(4) / 3,
            off_memory: left[src].over > (left[src].share / 4).cast_signed(),
        });
        if flows.len() == MAX_FLOWS_PER_DOMAIN {
            break;
        }
    }
    flows
}

/// The least load worth moving over a distance.
fn least_worth(share: u64, proximity: Proximity, params: &Params) -> u64 {
    let distance = match proximity {
        Proximity::SameLlc => 10,
        Proximity::SameNode => 15,
        Proximity::Remote { distance } => u64::from(distance),
    };
    let worth = share.saturating_mul(distance).checked_div(params.worth * 10);
    worth.unwrap_or(0).max(params.min_amount).max(1)
}

/// The mean load of the tasks of a domain.
fn mean_task(sample: &Sample, domain: usize) -> u64 {
    let now = &sample.domains[domain];
    now.load.saturating_mul(1000).checked_div(now.runnable_milli).unwrap_or(0)
}

impl Plan {
    /// Checks what a plan promises.
    ///
    /// # Errors
    /// The first rule that is broken, in words.
    pub fn verify_invariants(&self, imbalances: &[Imbalance]) -> Result<(), String> {
        for (id, own) in imbalances.iter().enumerate() {
            let out: Vec<&Flow> = self.flows.iter().filter(|flow| flow.src.index() == id).collect();
            let given: u64 = out.iter().map(|flow| flow.amount).sum();
            let taken: u64 = self.flows.iter().filter(|flow| flow.dst.index() == id).map(|flow| flow.amount).sum();
            if given > own.can_give || taken > own.can_take {
                return Err(format!("domain {id} gives {given} and takes {taken} of {own:?}"));
            }
            if out.len() > MAX_FLOWS_PER_DOMAIN {
                return Err(format!("domain {id} has {} flows", out.len()));
            }
        }
        let broken =
            self.flows.iter().find(|flow| flow.src == flow.dst || flow.amount == 0 || flow.min_load > flow.max_load);
        broken.map_or(Ok(()), |flow| Err(format!("{flow:?} makes no sense")))
    }
}
