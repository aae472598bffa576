//! What became of flows, by pair of domains.

use crate::units::DomainId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What became of flows. What is neither applied nor expired is still in force. `applied` may pass `planned` by less
/// than a third of a task a flow, since tasks are indivisible.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowTotals {
    /// Load that flows were planned for.
    pub planned: u64,
    /// Load that tasks moved by flows had, less that of those that came back for them in swaps.
    pub applied: u64,
    /// Load of flows that ended unspent.
    pub expired: u64,
    /// Tasks moved by flows, both of a swap.
    pub moved: u64,
    /// How often a task would have fit but may not run in the destination. One that waits for long is counted each
    /// time.
    pub refused: u64,
    /// How often one would have fit, but has its memory where it is.
    pub refused_memory: u64,
}

impl std::ops::AddAssign for FlowTotals {
    fn add_assign(&mut self, other: Self) {
        self.planned += other.planned;
        self.applied += other.applied;
        self.expired += other.expired;
        self.moved += other.moved;
        self.refused += other.refused;
        self.refused_memory += other.refused_memory;
    }
}

/// What became of flows since the start, by where they came from and where they went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowBook {
    pairs: BTreeMap<(DomainId, DomainId), FlowTotals>,
}

impl FlowBook {
    /// Add what became of a flow.
    pub fn add(&mut self, src: DomainId, dst: DomainId, totals: FlowTotals) {
        *self.pairs.entry((src, dst)).or_default() += totals;
    }

    /// Add all of another.
    pub fn merge(&mut self, other: &Self) {
        for ((src, dst), totals) in other.pairs() {
            self.add(src, dst, totals);
        }
    }

    /// The pairs that ever had a flow, by source and destination.
    pub fn pairs(&self) -> impl Iterator<Item = ((DomainId, DomainId), FlowTotals)> + '_ {
        self.pairs.iter().map(|(pair, totals)| (*pair, *totals))
    }

    /// All pairs together.
    #[must_use]
    pub fn total(&self) -> FlowTotals {
        let mut sum = FlowTotals::default();
        self.pairs.values().for_each(|totals| sum += *totals);
        sum
    }
}
