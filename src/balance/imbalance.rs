//! Who has more than its share.
//!
//! A domain's share of the machine's load is proportional to its capacity: the sum over its *online* CPUs, not their
//! number. Example: 6144 of load on domains of 2048 and 1024 of capacity are shares of 4096 and 2048.
//!
//! Two things bound what a domain can give: load that is pinned stays, and a domain that has no more runnable tasks than
//! CPUs gives nothing, however heavy they are. Each of its tasks has a CPU already, and no move would get them more.

use super::Sample;
use crate::domain::Domains;

/// How far a domain is from its share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imbalance {
    /// What it should have of the machine's load.
    pub share: u64,
    /// What it has more than that, > 0 has to give, < 0 takes.
    pub over: i64,
    /// How much of `over` it can give: 0 for those that take.
    pub can_give: u64,
    /// How much it can take: 0 for those that give, and where no CPU is online.
    pub can_take: u64,
}

/// The imbalance of each domain, by id. Shares sum to the machine's load, but for rounding.
#[must_use]
pub fn imbalances(domains: &Domains, sample: &Sample) -> Vec<Imbalance> {
    let capacities: Vec<u64> = domains
        .domains
        .iter()
        .zip(&sample.domains)
        .map(|(domain, now)| {
            let cpus = domain.cpus.len().max(1) as u64;
            u64::from(domain.capacity.0) * u64::from(now.online).min(cpus) / cpus
        })
        .collect();
    let capacity: u128 = capacities.iter().map(|c| u128::from(*c)).sum();
    let load: u128 = sample.domains.iter().map(|d| u128::from(d.load)).sum();
    sample
        .domains
        .iter()
        .zip(&capacities)
        .map(|(now, own)| {
            let share =
                (load * u128::from(*own)).checked_div(capacity).map_or(0, |s| u64::try_from(s).unwrap_or(u64::MAX));
            let over = i64::try_from(i128::from(now.load) - i128::from(share)).unwrap_or(i64::MAX);
            let crowded = now.runnable_milli > u64::from(now.online) * 1000;
            let movable = now.load.saturating_sub(now.pinned);
            Imbalance {
                share,
                over,
                can_give: if crowded { u64::try_from(over).unwrap_or(0).min(movable) } else { 0 },
                can_take: if *own > 0 { u64::try_from(over.saturating_neg()).unwrap_or(0) } else { 0 },
            }
        })
        .collect()
}
