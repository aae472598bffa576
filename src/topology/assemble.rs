//! From what a source says to a machine in which each online CPU has one node, one LLC, one core and one class.
//!
//! Sources overlap and leave gaps. The rules, each for every online CPU:
//!
//! - **node**: the smallest node that has it, the lowest id on a tie, since memory-only nodes (HBM, CXL, NVDIMM)
//!   are given the CPUs of their package or a copy of their neighbour's. A CPU in no node goes to the lowest node
//!   of its package, else to the lowest that has CPUs.
//! - **core**: the first that has it; a CPU in none is a core of its own.
//! - **LLC**: of the caches that hold the whole core, the one of the highest level. An L3 (or above) always
//!   counts. A lower one counts if other cores share it: a private cache groups nothing. A core without any is
//!   grouped with the others like it in its package, or else in its node.

use std::collections::{BTreeMap, BTreeSet};

use super::classes::{ClassReport, classes};
use super::discovery::{Discovery, FoundDistances, FoundNode};
use super::{Core, LOCAL_DISTANCE, Llc, Node, REMOTE_DISTANCE, Topology};
use crate::cpuset::CpuSet;
use crate::units::{CoreId, CpuId, LlcId, NodeId};

/// Makes a [`Topology`] that holds its invariants, whatever `found` says, as long as a CPU is online.
/// With it comes why its classes are as they are.
pub(super) fn assemble(found: &Discovery) -> (Topology, ClassReport) {
    let home = homes(found);
    let cores = cores(found);
    let (llcs, core_llcs) = llcs(found, &cores, &home);
    let cores = cores.into_iter().zip(core_llcs).zip(0..);
    let (classes, report) = classes(found);
    let topology = Topology {
        nodes: nodes(found, &home),
        llcs,
        cores: cores.map(|((cpus, llc), id)| Core { id: CoreId(id), llc, cpus }).collect(),
        classes,
        perf_domains: found.energy.domains.clone(),
        gpus: Vec::new(),
        online: found.online.clone(),
        offline: found.offline.difference(&found.online),
    };
    (topology, report)
}

/// The node of each online CPU.
fn homes(found: &Discovery) -> BTreeMap<CpuId, NodeId> {
    let mut smallest_first: Vec<&FoundNode> = found.nodes.iter().collect();
    smallest_first.sort_by_key(|node| (node.cpus.len(), node.id));
    let mut home = BTreeMap::new();
    for node in smallest_first {
        for cpu in node.cpus.iter().filter(|&cpu| found.online.contains(cpu)) {
            home.entry(cpu).or_insert(node.id);
        }
    }

    let strays: Vec<CpuId> = found.online.iter().filter(|cpu| !home.contains_key(cpu)).collect();
    if strays.is_empty() {
        return home;
    }
    let known = home.clone();
    let lowest_of = |cpus: &CpuSet| cpus.iter().filter_map(|cpu| known.get(&cpu)).min().copied();
    let anywhere = known.values().min().copied();
    let anywhere = anywhere.or_else(|| found.nodes.iter().map(|node| node.id).min()).unwrap_or(NodeId(0));
    let package = first_holder(&found.packages);
    for cpu in strays {
        let near = package.get(&cpu).and_then(|&index| lowest_of(&found.packages[index]));
        home.insert(cpu, near.unwrap_or(anywhere));
    }
    home
}

/// For each CPU, the position of the first set that has it.
fn first_holder(sets: &[CpuSet]) -> BTreeMap<CpuId, usize> {
    let mut holder = BTreeMap::new();
    for (index, set) in sets.iter().enumerate() {
        for cpu in set.iter() {
            holder.entry(cpu).or_insert(index);
        }
    }
    holder
}

fn cores(found: &Discovery) -> Vec<CpuSet> {
    let holder = first_holder(&found.cores);
    let mut cores: BTreeMap<Result<usize, CpuId>, CpuSet> = BTreeMap::new();
    for cpu in found.online.iter() {
        let core = holder.get(&cpu).copied().ok_or(cpu);
        cores.entry(core).or_default().insert(cpu);
    }
    by_first_cpu(cores.into_values())
}

fn by_first_cpu(sets: impl Iterator<Item = CpuSet>) -> Vec<CpuSet> {
    let mut sets: Vec<CpuSet> = sets.collect();
    sets.sort_by_key(CpuSet::first);
    sets
}

/// What a core shares with the others of its LLC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Shared {
    Cache(usize),
    Package(usize),
    Node(NodeId),
}

/// The LLCs, and the LLC of each core.
fn llcs(found: &Discovery, cores: &[CpuSet], home: &BTreeMap<CpuId, NodeId>) -> (Vec<Llc>, Vec<LlcId>) {
    let mut caches_of: BTreeMap<CpuId, Vec<usize>> = BTreeMap::new();
    for (index, cache) in found.caches.iter().enumerate() {
        for cpu in cache.cpus.iter() {
            caches_of.entry(cpu).or_default().push(index);
        }
    }
    let package = first_holder(&found.packages);

    let shared: Vec<Shared> = cores
        .iter()
        .map(|core| {
            let first = core.first().unwrap_or(CpuId(0));
            let around = caches_of.get(&first).into_iter().flatten().copied();
            let whole = around.filter(|&index| core.is_subset(&found.caches[index].cpus));
            let outermost = whole.max_by_key(|&index| (found.caches[index].level, found.caches[index].cpus.len()));
            let groups = |&index: &usize| {
                let cache = &found.caches[index];
                cache.level >= 3 || cache.cpus.intersection(&found.online).len() > core.len()
            };
            let node = home.get(&first).copied().unwrap_or(NodeId(0));
            outermost
                .filter(groups)
                .map(Shared::Cache)
                .unwrap_or_else(|| package.get(&first).map_or(Shared::Node(node), |&index| Shared::Package(index)))
        })
        .collect();

    let mut groups: BTreeMap<Shared, CpuSet> = BTreeMap::new();
    for (core, shared) in cores.iter().zip(&shared) {
        groups.entry(*shared).or_default().extend(core.iter());
    }
    let mut groups: Vec<(Shared, CpuSet)> = groups.into_iter().collect();
    groups.sort_by_key(|(_, cpus)| cpus.first());

    let ids: BTreeMap<Shared, LlcId> = groups.iter().zip(0..).map(|((shared, _), id)| (*shared, LlcId(id))).collect();
    let core_llcs = shared.iter().map(|shared| ids[shared]).collect();
    let llcs = groups.into_iter().zip(0..).map(|((_, cpus), id)| {
        let node = most_common_node(&cpus, home);
        Llc { id: LlcId(id), node, cpus }
    });
    (llcs.collect(), core_llcs)
}

/// The node that has most of `cpus`, the lowest on a tie.
fn most_common_node(cpus: &CpuSet, home: &BTreeMap<CpuId, NodeId>) -> NodeId {
    let mut count: BTreeMap<NodeId, usize> = BTreeMap::new();
    for node in cpus.iter().filter_map(|cpu| home.get(&cpu)) {
        *count.entry(*node).or_default() += 1;
    }
    // `max_by_key` keeps the last of equals, so the walk goes down.
    count.iter().rev().max_by_key(|(_, count)| **count).map_or(NodeId(0), |(node, _)| *node)
}

fn nodes(found: &Discovery, home: &BTreeMap<CpuId, NodeId>) -> Vec<Node> {
    let ids: BTreeSet<NodeId> = found.nodes.iter().map(|node| node.id).chain(home.values().copied()).collect();
    let ids: Vec<NodeId> = ids.into_iter().collect();
    let mut cpus: BTreeMap<NodeId, CpuSet> = BTreeMap::new();
    for (&cpu, &node) in home {
        cpus.entry(node).or_default().insert(cpu);
    }
    let known = found.distances.as_ref().map(known_distances).unwrap_or_default();
    let distance = |from: NodeId, to: NodeId| {
        let default = if from == to { LOCAL_DISTANCE } else { REMOTE_DISTANCE };
        known.get(&(from, to)).copied().unwrap_or(default)
    };
    let node = |&id: &NodeId| Node {
        id,
        cpus: cpus.remove(&id).unwrap_or_default(),
        distances: ids.iter().map(|&to| distance(id, to)).collect(),
    };
    ids.iter().map(node).collect()
}

/// The distances by pair of nodes; none where the matrix is not on the SLIT scale, such as one measured in
/// nanoseconds or broken by the firmware, since mixing scales would order the neighbours at random.
fn known_distances(found: &FoundDistances) -> BTreeMap<(NodeId, NodeId), u32> {
    let size = found.nodes.len();
    let pairs = found.nodes.iter().flat_map(|&from| found.nodes.iter().map(move |&to| (from, to)));
    let on_slit_scale = |(&value, (from, to)): (&u64, (NodeId, NodeId))| {
        if from == to { value == u64::from(LOCAL_DISTANCE) } else { value >= u64::from(LOCAL_DISTANCE) }
    };
    if found.values.len() != size * size || !found.values.iter().zip(pairs.clone()).all(on_slit_scale) {
        log::warn!("the distances between the NUMA nodes are not on the ACPI scale; all are taken as equally far");
        return BTreeMap::new();
    }
    let values = found.values.iter().map(|&value| u32::try_from(value).unwrap_or(u32::MAX));
    pairs.zip(values).collect()
}
