//! Scheduling domains: the machine cut into CPU sets that have one queue each, and who is near whom.
//!
//! A domain is node ∩ LLC ∩ core class, over online CPUs: inside it a task may run anywhere with its data near, its
//! cache warm and the same speed. Pure: from a [`Topology`] alone.

mod neighbours;
mod partition;

use serde::{Deserialize, Serialize};

use crate::cpuset::CpuSet;
use crate::topology::{InvariantError, Topology, ensure};
use crate::units::{Capacity, ClassId, CpuId, DomainId, LlcId, NodeId};

pub use neighbours::{Neighbour, Proximity};
pub use partition::MAX_DOMAIN_CPUS;

/// The domains of a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domains {
    /// `domains[i].id` is `i`; ordered by node, LLC, class, lowest CPU.
    pub domains: Vec<Domain>,
    /// `neighbours[i]`: every domain but `i`, the one that `i` should steal from first in front.
    pub neighbours: Vec<Vec<Neighbour>>,
}

/// CPUs with one queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    pub id: DomainId,
    pub node: NodeId,
    pub llc: LlcId,
    pub class: ClassId,
    pub cpus: CpuSet,
    /// What its CPUs can do while all are busy: the sum over them, of SMT siblings what they can do beside each other.
    pub capacity: Capacity,
}

impl Domains {
    /// Cuts `topology` into domains. Each online CPU is in exactly one; a node without CPUs gets none.
    ///
    /// # Errors
    ///
    /// `topology` breaks its own invariants.
    pub fn build(topology: &Topology) -> Result<Self, InvariantError> {
        topology.verify_invariants()?;
        let domains = partition::partition(topology);
        let neighbours = neighbours::neighbours(&domains, topology);
        Ok(Self { domains, neighbours })
    }

    /// The same domains on a machine whose CPUs can do more or less than before, its classes being the same.
    #[must_use]
    pub fn renewed(&self, topology: &Topology) -> Self {
        let mut new = self.clone();
        let cut = partition::partition(topology);
        for domain in &mut new.domains {
            let now = cut.iter().find(|now| now.cpus == domain.cpus);
            domain.capacity = now.map_or(domain.capacity, |now| now.capacity);
        }
        new
    }

    /// The domain of a CPU; none for one that is offline or not there.
    #[must_use]
    pub fn domain_of(&self, cpu: CpuId) -> Option<DomainId> {
        self.domains.iter().find(|domain| domain.cpus.contains(cpu)).map(|domain| domain.id)
    }

    #[must_use]
    pub fn get(&self, id: DomainId) -> Option<&Domain> {
        self.domains.get(id.index())
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.domains.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.domains.is_empty()
    }

    /// Checks what the builder promises.
    ///
    /// # Errors
    ///
    /// The first rule that is broken, in words.
    pub fn verify_invariants(&self) -> Result<(), InvariantError> {
        let mut seen = CpuSet::new();
        for (index, domain) in self.domains.iter().enumerate() {
            ensure!(domain.id.index() == index, "domain {} is at position {index}", domain.id);
            ensure!(!domain.cpus.is_empty(), "domain {} has no CPUs", domain.id);
            ensure!(seen.is_disjoint(&domain.cpus), "a CPU of domain {} is in another one too", domain.id);
            seen.extend(domain.cpus.iter());
            let (Capacity(capacity), cpus) = (domain.capacity, domain.cpus.len());
            let possible = capacity > 0 && domain.capacity <= Capacity::FULL.times(cpus);
            ensure!(possible, "domain {} has capacity {capacity} for {cpus} CPUs", domain.id);
        }

        let (rows, count) = (self.neighbours.len(), self.domains.len());
        ensure!(rows == count, "{count} domains have {rows} lists of neighbours");
        for (domain, row) in self.domains.iter().zip(&self.neighbours) {
            let mut others: Vec<DomainId> = row.iter().map(|neighbour| neighbour.domain).collect();
            others.sort_unstable();
            let expected = self.domains.iter().map(|other| other.id).filter(|id| *id != domain.id);
            ensure!(expected.eq(others), "the neighbours of domain {} are not all the others", domain.id);
            let sorted = row.windows(2).all(|pair| pair[0].proximity <= pair[1].proximity);
            ensure!(sorted, "the neighbours of domain {} are not nearest first", domain.id);
        }
        Ok(())
    }
}
