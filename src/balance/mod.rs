//! What the balancer sees, and what it plans. All of it is plain values and pure functions: no clock, no file, no BPF.
//!
//! The problem: tasks wait in the domain where they last ran, so weight piles up in one domain while the CPUs of
//! another give each task more than its due. An idle CPU steals for itself, but no CPU has to be idle for shares to be
//! wrong.
//!
//! The mechanism: each round, userspace reads what each domain had to do ([`Snapshot`]), makes a mean over the round of
//! it ([`Sample`]), and the [`Balancer`] compares it with the domain's share by capacity and plans [`Flow`]s from those
//! over their share to those under it, nearest first. BPF spends the flows on real tasks. Cost grows with domains,
//! never with tasks. In the order of their use:
//!
//! - `load`: means between two snapshots; `cap`: no task counts for more than a CPU
//! - `capacity`, `imbalance`: what a domain can do, its share, how far it is from that
//! - `deficit`: what fits no task is made up for later
//! - `flow`: who gives how much to whom
//! - `tries`: what nothing came of rests
//! - `totals`: what became of it
//!
//! Beside that: `cgroup`, `flatten`, `waterfill`: what cgroups make of their tasks' weights

mod balancer;
mod cap;
mod capacity;
mod cgroup;
mod deficit;
mod flatten;
mod flow;
mod imbalance;
mod load;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
mod totals;
mod tries;
mod waterfill;

pub use balancer::Balancer;
pub use cap::{load_cap, load_caps};
pub use cgroup::{CgroupPlan, CgroupShare, CgroupSnapshot, load_shift, plan_cgroups};
pub use flow::{MAX_FLOWS_PER_DOMAIN, Params};
pub use imbalance::Imbalance;
pub use totals::{FlowBook, FlowTotals};

use crate::units::DomainId;
use serde::{Deserialize, Serialize};

/// Counters of one domain at one moment, as the scheduler keeps them. Integrals only grow, and wrap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DomainSnapshot {
    /// When: ns of the scheduler's clock, up to which the integrals are.
    pub at: u64,
    /// Runnable weight over time, no task counted for more than the cap, load in transit included: weight × ns, 1024 =
    /// one task at nice 0.
    pub load_integral: u64,
    /// The part of it that can run on one CPU only.
    pub pinned_integral: u64,
    /// Runnable tasks over time: tasks × ns.
    pub runnable_integral: u64,
    /// Time that a higher class had of its CPUs: CPUs × ns.
    pub taken_ns: u64,
    /// CPUs that are online.
    pub online: u32,
    /// What the kernel says is taken of its CPUs' capacity just now: the sum over them, each of 1 to 1024.
    pub pressure: u32,
}

/// All domains, by id, each at its own moment (they are read one after the other).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// By domain id.
    pub domains: Vec<DomainSnapshot>,
}

/// What one domain had to do between two snapshots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DomainSample {
    /// Mean runnable weight, pinned included; 1024 = one task at nice 0 that always wants to run.
    pub load: u64,
    /// The part of `load` that no flow can move.
    pub pinned: u64,
    /// Mean number of runnable tasks, in thousandths.
    pub runnable_milli: u64,
    /// CPU time that a higher class had, in thousandths of a CPU.
    pub taken_milli: u32,
    /// CPUs that are online at the end.
    pub online: u32,
    /// What heat takes of its capacity, in thousandths. A record has it only where it is above 0.
    #[serde(default, skip_serializing_if = "is_none")]
    pub heat_milli: u32,
}

fn is_none(milli: &u32) -> bool {
    *milli == 0
}

/// One round's view of the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// How long the round was, ns.
    pub span_ns: u64,
    /// By domain id.
    pub domains: Vec<DomainSample>,
}

/// "Let `amount` of load go from `src` to `dst` this round."
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// The domain that gives.
    pub src: DomainId,
    /// The domain that takes.
    pub dst: DomainId,
    /// Load to move, > 0.
    pub amount: u64,
    /// Least load of a task that fits.
    pub min_load: u64,
    /// Greatest load of a task that fits.
    pub max_load: u64,
    /// May it take tasks away from the node that has their memory?
    pub off_memory: bool,
}

/// A round's flows. Empty where nothing has to move.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// By source, nearest destination first.
    pub flows: Vec<Flow>,
}
