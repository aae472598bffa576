//! Reads a machine through hwloc: the live one, a recorded tree, or a synthetic description.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;

use hwlocality::Topology as Hwloc;
use hwlocality::cpu::cpuset::CpuSet as HwlocSet;
use hwlocality::object::TopologyObject;
use hwlocality::object::distance::DistancesKind;
use hwlocality::object::types::ObjectType;
use hwlocality::topology::builder::{BuildFlags, TopologyBuilder};

use super::discovery::{Discovery, FoundCache, FoundDistances, FoundKind, FoundNode};
use super::hwloc_env::with_hwloc_env;
use super::{MAX_CPUS, TopologyError};
use crate::cpuset::{CpuSet, MAX_CPU};
use crate::units::{CpuId, NodeId};

const CACHES: [(ObjectType, u8); 5] = [
    (ObjectType::L1Cache, 1),
    (ObjectType::L2Cache, 2),
    (ObjectType::L3Cache, 3),
    (ObjectType::L4Cache, 4),
    (ObjectType::L5Cache, 5),
];

/// The levels that a synthetic description may have.
const LEVELS: [&str; 19] = [
    "package", "socket", "die", "group", "node", "numa", "numanode", "core", "pu", "l1", "l1d", "l1i", "l2", "l3",
    "l4", "l5", "l1cache", "l2cache", "l3cache",
];

/// Reads the machine that this program runs on.
pub(super) fn live() -> Result<Discovery, TopologyError> {
    with_hwloc_env(&[], || discover("this machine", Hwloc::builder()))
}

/// Reads the tree recorded under `root`, the folder that has `sys` in it.
pub(super) fn recorded(root: &Path) -> Result<Discovery, TopologyError> {
    // `stop` keeps the backends out that would ask this machine's processor.
    let wanted = [("HWLOC_FSROOT", root.as_os_str()), ("HWLOC_COMPONENTS", OsStr::new("linux,stop"))];
    with_hwloc_env(&wanted, || discover(&root.display().to_string(), Hwloc::builder()))
}

/// Makes the machine that a synthetic description such as `node:2 l3:2 core:4 pu:2` stands for.
pub(super) fn synthetic(description: &str) -> Result<Discovery, TopologyError> {
    let bad = || TopologyError::BadSynthetic(description.to_owned());
    let count = described_cpus(description).ok_or_else(bad)?;
    if count > MAX_CPUS {
        return Err(TopologyError::TooManyCpus { origin: "the synthetic machine".to_owned(), count });
    }
    with_hwloc_env(&[], || {
        let builder = Hwloc::builder().from_synthetic(description).map_err(|_| bad())?;
        discover("the synthetic machine", builder)
    })
}

/// How many CPUs a synthetic description makes, so that hwloc is not asked to make a billion. None where a level
/// is of no type that makes sense here, some of which hwloc takes and then ends the program over, or has no count.
fn described_cpus(description: &str) -> Option<usize> {
    let mut orders = description.split("indexes=").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
    if !orders.all(sound_order) {
        return None;
    }
    let mut bracket = None;
    let mut levels = String::new();
    for character in description.chars() {
        match (bracket, character) {
            // What is in brackets is attributes of a level or memory beside it, which multiply nothing.
            (None, '(') => bracket = Some(')'),
            (None, '[') => bracket = Some(']'),
            (Some(end), _) if character == end => {
                bracket = None;
                levels.push(' ');
            }
            (Some(_), '[' | '(') if bracket == Some(')') => return None,
            (Some(_), _) => {}
            (None, _) => levels.push(character),
        }
    }
    if bracket.is_some() || levels.trim().is_empty() {
        return None;
    }
    levels.split_whitespace().try_fold(1_usize, |product, level| {
        let (object_type, count) = level.split_once(':').unwrap_or(("group", level));
        let known = LEVELS.contains(&object_type.to_ascii_lowercase().as_str());
        let number = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
        (known && number).then(|| product.saturating_mul(count.parse().unwrap_or(usize::MAX)))
    })
}

/// Whether the value of an `indexes` attribute is one over which hwloc does not end the program: no level's name, no
/// number twice.
fn sound_order(order: &str) -> bool {
    let numbers: Vec<&str> = order.split(',').map(|number| number.trim_start_matches('0')).collect();
    let distinct: BTreeSet<&str> = numbers.iter().copied().collect();
    distinct.len() == numbers.len() && order.chars().all(|character| "0123456789,*:".contains(character))
}

fn discover(origin: &str, builder: TopologyBuilder) -> Result<Discovery, TopologyError> {
    let failed = |reason: String| TopologyError::Hwloc { origin: origin.to_owned(), reason };
    // A scheduler serves all CPUs, not only those that the cgroup of this process may use.
    let builder = builder.with_flags(BuildFlags::INCLUDE_DISALLOWED).map_err(|error| failed(error.to_string()))?;
    let hwloc = builder
        .build()
        .map_err(|error| failed(error.errno.map_or_else(|| error.to_string(), |errno| errno.to_string())))?;

    let online = cpus(&hwloc.cpuset());
    if hwloc.cpuset().weight() != Some(online.len()) {
        return Err(failed(format!("it has CPUs beyond number {MAX_CPU}")));
    }
    if online.len() > MAX_CPUS {
        return Err(TopologyError::TooManyCpus { origin: origin.to_owned(), count: online.len() });
    }
    Ok(Discovery {
        offline: cpus(&hwloc.complete_cpuset()).difference(&online),
        online,
        nodes: nodes(&hwloc),
        packages: sets(&hwloc, ObjectType::Package),
        caches: CACHES.iter().flat_map(|&(object_type, level)| caches(&hwloc, object_type, level)).collect(),
        cores: sets(&hwloc, ObjectType::Core),
        kinds: kinds(&hwloc),
        distances: distances(&hwloc),
        ..Discovery::default()
    })
}

/// The CPUs of one of hwloc's sets; none of one that goes on for ever, which is how hwloc says "unknown".
fn cpus(set: &HwlocSet) -> CpuSet {
    if set.weight().is_none() {
        return CpuSet::new();
    }
    let numbers = set.iter_set().filter_map(|index| u32::try_from(usize::from(index)).ok());
    numbers.filter(|&number| number <= MAX_CPU).map(CpuId).collect()
}

fn object_cpus(object: &TopologyObject) -> CpuSet {
    object.cpuset().map(|set| cpus(&set)).unwrap_or_default()
}

fn sets(hwloc: &Hwloc, object_type: ObjectType) -> Vec<CpuSet> {
    hwloc.objects_with_type(object_type).map(object_cpus).collect()
}

fn caches(hwloc: &Hwloc, object_type: ObjectType, level: u8) -> impl Iterator<Item = FoundCache> + use<> {
    sets(hwloc, object_type).into_iter().map(move |cpus| FoundCache { level, cpus })
}

fn node_id(object: &TopologyObject) -> Option<NodeId> {
    object.os_index().and_then(|index| u32::try_from(index).ok()).map(NodeId)
}

fn nodes(hwloc: &Hwloc) -> Vec<FoundNode> {
    let objects = hwloc.objects_with_type(ObjectType::NUMANode);
    objects.filter_map(|object| Some(FoundNode { id: node_id(object)?, cpus: object_cpus(object) })).collect()
}

fn kinds(hwloc: &Hwloc) -> Vec<FoundKind> {
    let Ok(kinds) = hwloc.cpu_kinds() else {
        return Vec::new();
    };
    let found = kinds.map(|kind| {
        let mut found = FoundKind { cpus: cpus(&kind.cpuset), rank: kind.efficiency, ..FoundKind::default() };
        for info in kind.infos {
            found.learn(&info.name().to_string_lossy(), &info.value().to_string_lossy());
        }
        found
    });
    found.collect()
}

/// The firmware's latencies between nodes; none where it gives none or hwloc cannot say.
fn distances(hwloc: &Hwloc) -> Option<FoundDistances> {
    let matrices = hwloc.distances_with_type(Some(DistancesKind::MEANS_LATENCY), ObjectType::NUMANode).ok()?;
    let matrix = matrices.into_iter().next()?;
    let nodes: Vec<NodeId> = matrix.objects().map(|object| object.and_then(node_id)).collect::<Option<_>>()?;
    Some(FoundDistances { nodes, values: matrix.distances().to_vec() })
}
