//! Whether a description fits the machine that it is used on.

use std::collections::BTreeSet;

use thiserror::Error;

use super::Topology;
use crate::cpuset::CpuSet;

/// The first thing in which a description differs from the live machine.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the machine described is not this one: {0}; describe this one, or leave --topology out to have it read")]
pub struct DifferentMachine(String);

/// Checks that `described` has the CPUs, nodes, LLCs and cores of `live`. Distances and classes may differ: to
/// correct what the firmware says of them is what a description is for.
///
/// # Errors
///
/// The first difference, in the order CPUs, nodes, LLCs, cores.
pub fn same_machine(described: &Topology, live: &Topology) -> Result<(), DifferentMachine> {
    let different = |message: String| Err(DifferentMachine(message));
    if described.online != live.online {
        let (ours, theirs) = (&described.online, &live.online);
        return different(format!("it has CPUs {ours} online, this machine has {theirs}"));
    }
    for node in &live.nodes {
        match described.node(node.id) {
            None => return different(format!("it has no node {}, this machine has one", node.id)),
            Some(other) if other.cpus != node.cpus => {
                let (ours, theirs) = (or_none(&other.cpus), or_none(&node.cpus));
                return different(format!("its node {} has CPUs {ours}, this machine's has {theirs}", node.id));
            }
            Some(_) => {}
        }
    }
    if let Some(extra) = described.nodes.iter().find(|node| live.node(node.id).is_none()) {
        return different(format!("it has a node {}, this machine has none", extra.id));
    }
    let groups =
        |topology: &Topology| -> BTreeSet<CpuSet> { topology.llcs.iter().map(|llc| llc.cpus.clone()).collect() };
    if let Some(cpus) = groups(described).difference(&groups(live)).next() {
        return different(format!("CPUs {cpus} share a last-level cache in it, but not here"));
    }
    let groups =
        |topology: &Topology| -> BTreeSet<CpuSet> { topology.cores.iter().map(|core| core.cpus.clone()).collect() };
    if let Some(cpus) = groups(described).difference(&groups(live)).next() {
        return different(format!("CPUs {cpus} are one core in it, but not here"));
    }
    Ok(())
}

fn or_none(cpus: &CpuSet) -> String {
    if cpus.is_empty() { "none".to_owned() } else { cpus.to_string() }
}
