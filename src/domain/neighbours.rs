//! In which order a domain looks at the others for work.
//!
//! Nearest first; among remote nodes equally far, one that shares the LLC (a cache can span nodes) comes first.
//! Those still equal are taken in a circle that starts after the domain itself: if all began with the lowest id,
//! every idle CPU of the machine would go for the same queue.

use serde::{Deserialize, Serialize};

use super::Domain;
use crate::topology::Topology;
use crate::units::DomainId;

/// How near two domains are; less is nearer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proximity {
    /// On one node and under one LLC: another class, or a part of what was too wide for one domain.
    SameLlc,
    /// On one node.
    SameNode,
    /// On another node, `distance` away on the ACPI SLIT scale.
    Remote { distance: u32 },
}

/// Another domain, as one sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neighbour {
    pub domain: DomainId,
    pub proximity: Proximity,
}

/// For each domain all the others, the nearest first.
pub(super) fn neighbours(domains: &[Domain], topology: &Topology) -> Vec<Vec<Neighbour>> {
    domains.iter().map(|domain| row(domain, domains, topology)).collect()
}

fn row(domain: &Domain, domains: &[Domain], topology: &Topology) -> Vec<Neighbour> {
    let (after, up_to) = (&domains[domain.id.index() + 1..], &domains[..domain.id.index()]);
    let circle = after.iter().chain(up_to);
    let mut row: Vec<(Proximity, bool, Neighbour)> = circle
        .map(|other| {
            let proximity = proximity(domain, other, topology);
            (proximity, other.llc != domain.llc, Neighbour { domain: other.id, proximity })
        })
        .collect();
    // A stable sort keeps the circle among equals.
    row.sort_by_key(|(proximity, other_llc, _)| (*proximity, *other_llc));
    row.into_iter().map(|(_, _, neighbour)| neighbour).collect()
}

fn proximity(from: &Domain, to: &Domain, topology: &Topology) -> Proximity {
    if from.node != to.node {
        Proximity::Remote { distance: topology.distance(from.node, to.node) }
    } else if from.llc == to.llc {
        Proximity::SameLlc
    } else {
        Proximity::SameNode
    }
}
