//! The machine as plain values, and where they are read from.
//!
//! Every reader (live, recorded tree, XML, synthetic) fills the same [`discovery::Discovery`], a flat list of what
//! its source says; [`assemble`] turns that into a [`Topology`], in which every online CPU has exactly one node,
//! one LLC, one core and one class whatever the source left out or said twice.

mod assemble;
mod class_spec;
mod classes;
mod compare;
mod cpu_files;
mod cpuid;
mod discovery;
mod energy;
mod error;
mod hwloc;
mod hwloc_env;
mod recorded;
mod source;
mod sysfs;
mod xml;

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::cpuset::CpuSet;
use crate::units::{Capacity, ClassId, CoreId, CpuId, LlcId, NodeId};

pub use class_spec::{ClassSpec, ClassSpecError};
pub use classes::{Capacities, ClassReport, Group, Tally, Witness, Word};
pub use compare::{DifferentMachine, same_machine};
pub use energy::{Costs, EnergyFault, EnergyModel, EnergyOrigin, PerfDomain, PerfState};
pub use error::TopologyError;
pub use source::{Reading, Source, examine, read};

/// The most CPUs that a machine may have: four times what the largest kernels are built for.
pub const MAX_CPUS: usize = 4 * 4096;

/// The distance of a node from itself on the ACPI SLIT scale.
pub const LOCAL_DISTANCE: u32 = 10;

/// The distance between two nodes that nothing is known of, as the kernel assumes it.
pub const REMOTE_DISTANCE: u32 = 20;

/// A machine. All CPU sets but `offline` hold online CPUs only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topology {
    /// By ascending id. Ids may have holes.
    pub nodes: Vec<Node>,
    /// `llcs[i].id` is `i`; likewise for `cores` and `classes`.
    pub llcs: Vec<Llc>,
    pub cores: Vec<Core>,
    /// The fastest first.
    pub classes: Vec<Class>,
    /// Of the kernel's energy model, by their lowest CPUs; empty where there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub perf_domains: Vec<PerfDomain>,
    /// Of the live machine, where the daemon or the command has looked for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gpus: Vec<Gpu>,
    pub online: CpuSet,
    /// CPUs that are there and could be brought online.
    pub offline: CpuSet,
}

/// A NUMA node. One that has memory only has no CPUs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    pub id: NodeId,
    pub cpus: CpuSet,
    /// To each node of [`Topology::nodes`], in that order, on the ACPI SLIT scale: 10 is local.
    pub distances: Vec<u32>,
}

/// The CPUs that share a last-level cache, or what stands in for one where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Llc {
    pub id: LlcId,
    /// The node that has most of its CPUs, the lowest of them on a tie: a cache may span nodes.
    pub node: NodeId,
    pub cpus: CpuSet,
}

/// SMT siblings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Core {
    pub id: CoreId,
    pub llc: LlcId,
    pub cpus: CpuSet,
}

/// CPUs of like capacity and kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Class {
    pub id: ClassId,
    /// `cpu` where there is one class only, else `P`, `E`, `LP-E`, `class3`, …; `big`, `mid`, `little` on Arm.
    pub name: String,
    /// Of one CPU, 1 to 1024.
    pub capacity: Capacity,
    /// What work costs here against the other classes: 0 where it costs the least energy. See [`Costs`] for how much.
    pub cost_rank: u32,
    pub cpus: CpuSet,
    /// The CPUs by preference (preferred and binned cores), the best first; empty where all are alike.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preferred: Vec<CpuSet>,
}

/// A GPU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gpu {
    /// The driver's number.
    pub id: u32,
    pub name: String,
    /// Where it is on the PCI bus, as sysfs writes it; empty if that is not known.
    pub bus: String,
    /// The node that it is nearest to; none where nobody says, or there is one node only.
    pub node: Option<NodeId>,
    /// The online CPUs that are nearest to it.
    pub cpus: CpuSet,
}

impl fmt::Display for Gpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let node = self.node.map_or_else(|| "near no one node".to_owned(), |node| format!("near node {node}"));
        write!(f, "GPU {}: {} ({}), {node}, CPUs {}", self.id, self.name, self.bus, self.cpus)
    }
}

/// A value that breaks a rule which the rest of the program relies on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct InvariantError(pub String);

macro_rules! ensure {
    ($holds:expr, $($message:tt)*) => {
        if !$holds {
            return Err($crate::topology::InvariantError(format!($($message)*)));
        }
    };
}
pub(crate) use ensure;

impl Topology {
    /// Are all CPUs of one class? Then nothing is decided by class.
    #[must_use]
    pub fn has_one_class(&self) -> bool {
        self.classes.len() == 1
    }

    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.iter().find(|node| node.id == id)
    }

    /// The distance from one node to another, 20 where one of them is not known.
    #[must_use]
    pub fn distance(&self, from: NodeId, to: NodeId) -> u32 {
        let column = self.nodes.iter().position(|node| node.id == to);
        let distance = |node: &Node| column.and_then(|column| node.distances.get(column).copied());
        self.node(from).and_then(distance).unwrap_or(REMOTE_DISTANCE)
    }

    /// Checks what every reader promises and every user relies on.
    ///
    /// # Errors
    ///
    /// The first rule that is broken, in words.
    pub fn verify_invariants(&self) -> Result<(), InvariantError> {
        ensure!(!self.online.is_empty(), "no CPU is online");
        ensure!(self.online.is_disjoint(&self.offline), "a CPU is both online and offline");

        self.covers_online("node", self.nodes.iter().map(|node| &node.cpus))?;
        self.covers_online("LLC", self.llcs.iter().map(|llc| &llc.cpus))?;
        self.covers_online("core", self.cores.iter().map(|core| &core.cpus))?;
        self.covers_online("core class", self.classes.iter().map(|class| &class.cpus))?;

        let ascending = self.nodes.windows(2).all(|pair| pair[0].id < pair[1].id);
        ensure!(ascending, "the nodes are not in the order of their ids");
        for (row, node) in self.nodes.iter().enumerate() {
            let columns = node.distances.len();
            ensure!(columns == self.nodes.len(), "node {} has {columns} distances", node.id);
            let local = node.distances[row];
            ensure!(local == LOCAL_DISTANCE, "node {} is {local} from itself", node.id);
            let least = node.distances.iter().min();
            ensure!(least == Some(&LOCAL_DISTANCE), "node {} has a distance below 10", node.id);
        }
        for (index, llc) in self.llcs.iter().enumerate() {
            ensure!(llc.id.index() == index, "LLC {} is at position {index}", llc.id);
            ensure!(!llc.cpus.is_empty(), "LLC {} has no CPUs", llc.id);
            let at_home = self.node(llc.node).is_some_and(|node| !node.cpus.is_disjoint(&llc.cpus));
            ensure!(at_home, "LLC {} has no CPU in its node {}", llc.id, llc.node);
        }
        for (index, core) in self.cores.iter().enumerate() {
            ensure!(core.id.index() == index, "core {} is at position {index}", core.id);
            ensure!(!core.cpus.is_empty(), "core {} has no CPUs", core.id);
            let inside = self.llcs.get(core.llc.index()).is_some_and(|llc| core.cpus.is_subset(&llc.cpus));
            ensure!(inside, "core {} is not inside its LLC {}", core.id, core.llc);
        }
        for (index, class) in self.classes.iter().enumerate() {
            ensure!(class.id.index() == index, "core class {} is at position {index}", class.id);
            ensure!(!class.cpus.is_empty(), "core class {} has no CPUs", class.name);
            let Capacity(capacity) = class.capacity;
            ensure!((1..=1024).contains(&capacity), "core class {} has capacity {capacity}", class.name);
            let preferred: usize = class.preferred.iter().map(CpuSet::len).sum();
            let whole = class.preferred.iter().flat_map(CpuSet::iter).all(|cpu| class.cpus.contains(cpu));
            let ranked = preferred == 0 || (preferred == class.cpus.len() && whole);
            ensure!(ranked, "the preferred CPUs of core class {} are not its CPUs", class.name);
        }
        let ranks: BTreeSet<u32> = self.classes.iter().map(|class| class.cost_rank).collect();
        let all_ranks = (0..).zip(&ranks).all(|(rank, found)| rank == *found) && ranks.len() == self.classes.len();
        ensure!(all_ranks, "the core classes are not ranked by cost");
        let names: BTreeSet<&str> = self.classes.iter().map(|class| class.name.as_str()).collect();
        ensure!(names.len() == self.classes.len(), "two core classes have one name");
        Ok(())
    }

    fn covers_online<'a>(&self, what: &str, parts: impl Iterator<Item = &'a CpuSet>) -> Result<(), InvariantError> {
        let mut seen = CpuSet::new();
        for cpu in parts.flat_map(CpuSet::iter) {
            ensure!(self.online.contains(cpu), "CPU {cpu} is not online but has a {what}");
            ensure!(seen.insert(cpu), "CPU {cpu} is in more than one {what}");
        }
        let left: Option<CpuId> = self.online.difference(&seen).first();
        ensure!(left.is_none(), "CPU {} is in no {what}", left.unwrap_or(CpuId(0)));
        Ok(())
    }
}

#[cfg(test)]
impl Topology {
    /// The same machine, the CPUs of its first class preferred in this order.
    pub(crate) fn preferring(mut self, order: &[&str]) -> Self {
        self.classes[0].preferred = order.iter().map(|cpus| cpus.parse().expect("a cpulist")).collect();
        self
    }
}
