//! Who has more than its share.
//!
//! A domain's share of the machine's load is proportional to its capacity ([`capacity`](super::capacity)), not to its
//! CPUs. Example: 6144 of load on domains of 2048 and 1024 of capacity are shares of 4096 and 2048.
//!
//! What a domain has over its share, its tasks lose: it serves 2048 of load where it should serve 1024, so each of them
//! gets half. On top of that comes what it still owes them from before ([`deficit`](super::deficit)).
//!
//! Two things bound what a domain can give: load that is pinned stays, and as many tasks as it has CPUs stay, however
//! heavy they are. They have a CPU each already, and no move would get them more. So of r runnable tasks on c CPUs the
//! part (r - c) / r may go.

use super::capacity::{capacities, cpus};
use super::{DomainSample, Sample};
use crate::domain::Domains;
use serde::{Deserialize, Serialize};

/// More runnable tasks than CPUs by this, in thousandths, are no crowd: two hogs on two CPUs lose up to that to kernel
/// threads that come and go and to the balancer itself, and the real-time ones among those never leave quite two CPUs.
const CROWD_MILLI: f64 = 100.0;

/// How far a domain is from its share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imbalance {
    /// What it should have of the machine's load.
    pub share: u64,
    /// What it has more than that: > 0 has to give, < 0 takes.
    pub over: i64,
    /// Load that it should have less of (< 0: more of) for a while, to make up for what it had before.
    pub owed: i64,
    /// How much of `over + owed` it can give: 0 for those that take.
    pub can_give: u64,
    /// How much it can take: 0 for those that give, and where no CPU is there for it.
    pub can_take: u64,
}

/// The imbalance of each domain, by id. Shares sum to the machine's load, but for rounding. `taken_milli` is the time
/// that a higher class has, `owed` what is to be made up for.
pub(super) fn imbalances(domains: &Domains, sample: &Sample, taken_milli: &[f64], owed: &[f64]) -> Vec<Imbalance> {
    let capacities = capacities(domains, sample, taken_milli);
    let capacity: f64 = capacities.iter().sum();
    let load: f64 = sample.domains.iter().map(|domain| domain.load as f64).sum();
    let all = domains.domains.iter().zip(&sample.domains).zip(&capacities).zip(taken_milli.iter().zip(owed));
    all.map(|(((domain, now), own), (taken, owed))| {
        let share = if capacity > 0.0 { load * own / capacity } else { now.load as f64 };
        let over = now.load as f64 - share;
        let spare = spare_load(now, cpus(domain, now, *taken));
        Imbalance {
            share: share.round() as u64,
            over: over.round() as i64,
            owed: owed.round() as i64,
            can_give: (over + owed).clamp(0.0, spare) as u64,
            can_take: if *own > 0.0 { (-over - owed).max(0.0) as u64 } else { 0 },
        }
    })
    .collect()
}

/// What may go without leaving a CPU idle or asking for what is pinned.
fn spare_load(now: &DomainSample, cpus: f64) -> f64 {
    let runnable = now.runnable_milli as f64 / 1000.0;
    let movable = now.load.saturating_sub(now.pinned) as f64;
    if runnable > cpus { movable.min(now.load as f64 * (runnable - cpus) / runnable) } else { 0.0 }
}

/// Do its tasks have to share CPUs, by more than is worth a word? Only then does anybody lose by what it has over its
/// share.
pub(super) fn is_crowded(now: &DomainSample, cpus: f64) -> bool {
    now.runnable_milli as f64 > cpus * 1000.0 + CROWD_MILLI
}
