//! Which CPUs of a domain come first: those that their makers found to be the better ones. Pure.
//!
//! The topology ranks the CPUs of a class ([`Class::preferred`](crate::topology::Class::preferred)). What an idle CPU is looked for
//! in is a domain, a part of a class (`bpf/preferred.bpf.h`), so ranks are counted in domains: where all CPUs of each are alike,
//! as on two LLCs of which one is better, there are none.

use std::collections::BTreeMap;

use crate::domain::Domains;
use crate::topology::Topology;
use crate::units::CpuId;

/// The ranks of CPUs in their domains, of those domains whose CPUs differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranks {
    of: BTreeMap<CpuId, u32>,
}

impl Ranks {
    /// As the machine has them that has been cut into these domains.
    #[must_use]
    pub fn new(topology: &Topology, domains: &Domains) -> Self {
        let mut of = BTreeMap::new();
        for domain in &domains.domains {
            let preferred = topology.classes.iter().flat_map(|class| &class.preferred);
            let parts = preferred.map(|alike| alike.intersection(&domain.cpus)).filter(|part| !part.is_empty());
            let parts: Vec<_> = parts.collect();
            if parts.len() > 1 {
                of.extend((0..).zip(&parts).flat_map(|(rank, part)| part.iter().map(move |cpu| (cpu, rank))));
            }
        }
        Self { of }
    }

    /// That of a CPU: 0 for the best of its domain, the same for those that are alike. None where nothing is known that tells it
    /// from others.
    #[must_use]
    pub fn of(&self, cpu: CpuId) -> Option<u32> {
        self.of.get(&cpu).copied()
    }

    /// Is there a domain whose CPUs differ?
    #[must_use]
    pub fn differ(&self) -> bool {
        !self.of.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::{Source, read};

    /// The ranks of eight CPUs in two LLCs that are preferred in this order.
    fn ranks(order: &[&str]) -> Vec<Option<u32>> {
        let topology = Source::parse("synthetic:l3:2 core:4 pu:1").and_then(|source| read(&source)).expect("a machine");
        let domains = Domains::build(&topology).expect("a good machine");
        let ranks = Ranks::new(&topology.preferring(order), &domains);
        assert_eq!(ranks.differ(), (0..8).any(|cpu| ranks.of(CpuId(cpu)).is_some()));
        (0..8).map(|cpu| ranks.of(CpuId(cpu))).collect()
    }

    #[test]
    fn ranks_are_counted_in_domains() {
        let ranked = |of: [u32; 4]| of.map(Some);
        assert_eq!(ranks(&["2,6", "1,5", "0,3-4,7"]), [ranked([2, 1, 0, 2]), ranked([2, 1, 0, 2])].concat());
        assert_eq!(ranks(&["4-7", "3", "0-2"]), [ranked([1, 1, 1, 0]), [None; 4]].concat());
    }

    #[test]
    fn where_cpus_are_alike_there_are_none() {
        assert_eq!(ranks(&[]), [None; 8]);
        assert_eq!(ranks(&["4-7", "0-3"]), [None; 8], "one LLC is better than the other");
    }
}
