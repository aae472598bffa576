//! What a source says of a machine, before anything is made of it: flat lists, in no special order, that may
//! overlap, leave CPUs out, or name CPUs that are not online.

use crate::cpuset::CpuSet;
use crate::units::NodeId;

/// What a reader found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Discovery {
    pub online: CpuSet,
    pub offline: CpuSet,
    pub nodes: Vec<FoundNode>,
    pub packages: Vec<CpuSet>,
    pub caches: Vec<FoundCache>,
    pub cores: Vec<CpuSet>,
    pub kinds: Vec<FoundKind>,
    pub distances: Option<FoundDistances>,
}

/// A NUMA node and the CPUs that are local to it. A node without CPUs of its own is often given those of its package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FoundNode {
    pub id: NodeId,
    pub cpus: CpuSet,
}

/// A data or unified cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FoundCache {
    /// 1 to 5.
    pub level: u8,
    pub cpus: CpuSet,
}

/// A kind of CPU in hwloc's sense, and what is known of each CPU of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FoundKind {
    pub cpus: CpuSet,
    /// hwloc's rank by *performance*, 0 for the slowest.
    pub rank: Option<usize>,
    /// hwloc's `CoreType`: `IntelCore` or `IntelAtom`.
    pub core_type: Option<String>,
    pub max_mhz: Option<u32>,
    /// The kernel's `cpu_capacity`, 1024 for the machine's fastest CPU.
    pub capacity: Option<u32>,
}

impl FoundKind {
    /// Takes in one of hwloc's name-value pairs; those that say nothing of speed or kind are let pass.
    pub fn learn(&mut self, name: &str, value: &str) {
        let number = || value.parse().ok().filter(|number| *number > 0);
        match name {
            "CoreType" => self.core_type = Some(value.to_owned()),
            "FrequencyMaxMHz" => self.max_mhz = number(),
            "LinuxCapacity" => self.capacity = number(),
            _ => {}
        }
    }
}

/// A square matrix of latencies between nodes, row by row in the order of `nodes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FoundDistances {
    pub nodes: Vec<NodeId>,
    pub values: Vec<u64>,
}
