//! Cuts a machine into domains.

use std::collections::BTreeMap;

use super::Domain;
use crate::cpuset::CpuSet;
use crate::topology::Topology;
use crate::units::{Capacity, ClassId, CpuId, DomainId, LlcId, NodeId};

/// The most CPUs of one domain. All of them take one lock to queue and to fetch a task; with more, they wait for
/// the lock longer than a second domain in the same LLC costs in balance.
pub const MAX_DOMAIN_CPUS: usize = 32;

/// What each further thread of a core adds to what one alone gets done: from nothing to a half, by what they do. Intel found
/// up to 30 % (Marr et al., Hyper-Threading Technology Architecture and Microarchitecture, 2002); the kernel's scheduler
/// counted 15 % until 2018 (`smt_gain`). A quarter is between.
const SMT_GAIN: f64 = 0.25;

type Key = (NodeId, LlcId, ClassId);

/// One domain for each node ∩ LLC ∩ class that has CPUs, in that order, those too wide split.
pub(super) fn partition(topology: &Topology) -> Vec<Domain> {
    let node = owners(topology.nodes.iter().map(|node| (node.id, &node.cpus)));
    let llc = owners(topology.llcs.iter().map(|llc| (llc.id, &llc.cpus)));
    let class = owners(topology.classes.iter().map(|class| (class.id, &class.cpus)));

    // Core by core, so that SMT siblings stay together when a domain is split. A core that spans nodes, which only
    // a description can have, has a part in each.
    let mut groups: BTreeMap<Key, Vec<CpuSet>> = BTreeMap::new();
    let mut threads: BTreeMap<CpuId, usize> = BTreeMap::new();
    for core in &topology.cores {
        let mut parts: BTreeMap<Key, CpuSet> = BTreeMap::new();
        for cpu in core.cpus.iter() {
            parts.entry((node[&cpu], llc[&cpu], class[&cpu])).or_default().insert(cpu);
        }
        for (key, cpus) in parts {
            threads.extend(cpus.iter().map(|cpu| (cpu, cpus.len())));
            groups.entry(key).or_default().push(cpus);
        }
    }

    let parts = groups.into_iter().flat_map(|(key, cores)| split(&cores).into_iter().map(move |cpus| (key, cpus)));
    let domains = parts.zip(0..).map(|(((node, llc, class), cpus), id)| {
        let alone = topology.classes[class.index()].capacity;
        let capacity = effective(alone, cpus.iter().map(|cpu| threads[&cpu]));
        Domain { id: DomainId(id), node, llc, class, cpus, capacity }
    });
    domains.collect()
}

/// What CPUs of a class can do while all of them are busy, each one of so many threads of its core:
///
/// ```text
/// a thread of n = capacity × (1 + SMT_GAIN × (n − 1)) / n
/// ```
///
/// Example: four P cores of 1024 with two threads each can do 8 × 640 = 5120, and four E cores of 600 beside them 2400: 68 %
/// and 32 % of the load. Counted by CPUs, 8192 and 2400, it would be 77 % and 23 %, and tasks on the P cores would get 12 % less
/// than their share, those on the E cores 41 % more.
fn effective(alone: Capacity, threads: impl Iterator<Item = usize>) -> Capacity {
    let part = |n: usize| (1.0 + SMT_GAIN * (n as f64 - 1.0)) / n as f64;
    Capacity((f64::from(alone.0) * threads.map(part).sum::<f64>()).round() as u32)
}

fn owners<'a, Id: Copy>(sets: impl Iterator<Item = (Id, &'a CpuSet)>) -> BTreeMap<CpuId, Id> {
    sets.flat_map(|(id, cpus)| cpus.iter().map(move |cpu| (cpu, id))).collect()
}

/// Splits cores into as few parts as will do, each of at most [`MAX_DOMAIN_CPUS`] CPUs or of one core, as equal as
/// whole cores allow.
fn split(cores: &[CpuSet]) -> Vec<CpuSet> {
    let total: usize = cores.iter().map(CpuSet::len).sum();
    let least = total.div_ceil(MAX_DOMAIN_CPUS);
    let fits = |parts: &Vec<CpuSet>| parts.iter().all(|part| part.len() <= MAX_DOMAIN_CPUS);
    // Cores of unequal size can overfill the parts at the least number; one more makes room.
    (least..cores.len()).map(|parts| split_into(cores, parts, total)).find(fits).unwrap_or_else(|| {
        if total <= MAX_DOMAIN_CPUS { vec![cores.iter().flat_map(CpuSet::iter).collect()] } else { cores.to_vec() }
    })
}

/// Splits cores, which have `total` CPUs together, into `parts`: each core goes where its middle falls.
fn split_into(cores: &[CpuSet], parts: usize, total: usize) -> Vec<CpuSet> {
    let mut split = vec![CpuSet::new(); parts];
    let mut before = 0;
    for core in cores {
        let middle = 2 * before + core.len();
        split[(middle * parts / (2 * total)).min(parts - 1)].extend(core.iter());
        before += core.len();
    }
    split.retain(|part| !part.is_empty());
    split
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Cores of the given sizes, with consecutive CPUs.
    fn cores(sizes: &[u32]) -> Vec<CpuSet> {
        let mut next = 0;
        let core = |&size: &u32| {
            next += size;
            (next - size..next).map(CpuId).collect()
        };
        sizes.iter().map(core).collect()
    }

    fn sizes(cores: &[CpuSet]) -> Vec<usize> {
        split(cores).iter().map(CpuSet::len).collect()
    }

    #[test]
    fn wide_ones_are_split_evenly() {
        assert_eq!(sizes(&cores(&[2; 16])), [32]);
        assert_eq!(sizes(&cores(&[2; 17])), [16, 18]);
        assert_eq!(sizes(&cores(&[1; 64])), [32, 32]);
        assert_eq!(sizes(&cores(&[1; 96])), [32, 32, 32]);
        assert_eq!(sizes(&cores(&[8; 12])), [32, 32, 32]);
        assert_eq!(sizes(&cores(&[1])), [1]);
    }

    #[test]
    fn threads_of_a_core_share_what_it_can_do() {
        let of = |threads: &[usize]| effective(Capacity(1024), threads.iter().copied()).0;
        assert_eq!(of(&[1; 4]), 4096);
        assert_eq!(of(&[2; 8]), 5120);
        assert_eq!(of(&[4; 4]), 1792, "a core of four threads");
        assert_eq!(of(&[1, 2, 2]), 2304);
    }

    #[test]
    fn a_core_wider_than_a_domain_is_one() {
        assert_eq!(sizes(&cores(&[40])), [40]);
        assert_eq!(sizes(&cores(&[40, 40])), [40, 40]);
    }

    proptest! {
        #[test]
        fn siblings_stay_together_and_none_is_lost(shape in prop::collection::vec(1..=8_u32, 1..200)) {
            let cores = cores(&shape);
            let parts = split(&cores);
            let total: usize = cores.iter().map(CpuSet::len).sum();
            prop_assert_eq!(parts.iter().map(CpuSet::len).sum::<usize>(), total);
            for core in &cores {
                prop_assert_eq!(parts.iter().filter(|part| core.is_subset(part)).count(), 1);
            }
            for part in &parts {
                prop_assert!((1..=MAX_DOMAIN_CPUS).contains(&part.len()));
                prop_assert!(part.len() + 16 >= total / parts.len());
            }
        }
    }
}
