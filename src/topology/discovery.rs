//! What a source says of a machine, before anything is made of it: flat lists, in no special order, that may
//! overlap, leave CPUs out, or name CPUs that are not online.

use std::collections::BTreeMap;

use super::energy::EnergyModel;
use crate::cpuset::CpuSet;
use crate::units::{Capacity, CpuId, NodeId};

/// Above this nothing is a `cpu_capacity`: the kernel's scale ends at 1024 (SCHED_CAPACITY_SCALE). Recordings have 1025, which
/// may be rounding; what is a quarter above 1024, and so would make a class, is not.
pub(super) const MAX_CAPACITY: u32 = Capacity::FULL.0 + Capacity::FULL.0 / 64;

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
    /// From files and the processor itself; where these are not to be had, the kinds fill in.
    pub facts: BTreeMap<CpuId, CpuFacts>,
    pub energy: EnergyModel,
    /// What was read and made no sense, or could not be read, for people.
    pub faults: Vec<String>,
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

/// What a processor's maker calls a core.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CoreType {
    Performance,
    Efficiency,
    LowPower,
}

impl CoreType {
    /// From hwloc's `CoreType`, which is made of the names of the kernel's folders.
    pub fn from_hwloc(name: &str) -> Option<Self> {
        match name {
            "IntelCore" => Some(Self::Performance),
            "IntelAtom" => Some(Self::Efficiency),
            "IntelLowPower" => Some(Self::LowPower),
            _ => None,
        }
    }

    /// More for the faster.
    pub const fn speed(self) -> u64 {
        match self {
            Self::Performance => 2,
            Self::Efficiency => 1,
            Self::LowPower => 0,
        }
    }

    pub const fn name_of_speed(speed: u64) -> &'static str {
        match speed {
            2 => "Performance",
            1 => "Efficiency",
            _ => "Low-power",
        }
    }
}

/// What is known of one CPU that tells of its class. Figures are above 0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct CpuFacts {
    /// By the kernel's folders of performance counters.
    pub core_type: Option<CoreType>,
    /// By the processor itself.
    pub cpuid: Option<CoreType>,
    /// Bits 4 to 15 of Arm's MIDR, with the implementer above.
    pub arm_part: Option<u32>,
    /// The kernel's `cpu_capacity`, 1024 for the machine's fastest CPU.
    pub capacity: Option<u32>,
    /// `acpi_cppc/highest_perf`, on a scale of the firmware's own.
    pub cppc: Option<u32>,
    pub base_mhz: Option<u32>,
    pub max_mhz: Option<u32>,
    /// `amd_pstate_prefcore_ranking`: more is to be preferred.
    pub preference: Option<u32>,
    /// hwloc's rank of its kind, 0 for the slowest.
    pub rank: Option<u32>,
    /// For Efficiency cores only: is it under an L3?
    pub under_l3: Option<bool>,
    /// What work costs at its highest speed, by the energy model.
    pub energy_cost: Option<u64>,
}

impl CpuFacts {
    /// What is not known now is as it was `before`: a CPU that is offline has no frequency, and no other kind.
    pub fn or(self, before: &Self) -> Self {
        Self {
            core_type: self.core_type.or(before.core_type),
            cpuid: self.cpuid.or(before.cpuid),
            arm_part: self.arm_part.or(before.arm_part),
            capacity: self.capacity.or(before.capacity),
            cppc: self.cppc.or(before.cppc),
            base_mhz: self.base_mhz.or(before.base_mhz),
            max_mhz: self.max_mhz.or(before.max_mhz),
            preference: self.preference.or(before.preference),
            rank: self.rank.or(before.rank),
            under_l3: self.under_l3.or(before.under_l3),
            energy_cost: self.energy_cost.or(before.energy_cost),
        }
    }

    /// Takes from a kind of hwloc's what is not known otherwise: on a live machine it has read the same files.
    pub fn fill_in(&mut self, kind: &FoundKind) {
        self.core_type = self.core_type.or(kind.core_type.as_deref().and_then(CoreType::from_hwloc));
        self.capacity = self.capacity.or(kind.capacity);
        self.base_mhz = self.base_mhz.or(kind.base_mhz);
        self.max_mhz = self.max_mhz.or(kind.max_mhz);
        self.rank = kind.rank.and_then(|rank| u32::try_from(rank).ok());
    }
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
    pub base_mhz: Option<u32>,
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
            "FrequencyBaseMHz" => self.base_mhz = number(),
            "LinuxCapacity" => self.capacity = number().filter(|capacity| *capacity <= MAX_CAPACITY),
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
