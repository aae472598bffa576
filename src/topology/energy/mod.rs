//! What work costs in energy: the kernel's energy model, and what follows from it for the classes.
//!
//! The kernel keeps a table a *performance domain*, the CPUs that change frequency together. Each state of it has a
//! performance (on the scale of capacity) and a *cost*: what a unit of work costs there, so a CPU that is used for `u` of
//! 1024 takes about cost × u (kernel/power/energy_model.c). Costs can be artificial (Intel's hybrids): then they say which
//! CPU is the cheaper, and no sum of them is a power. So here costs are compared and never added up.

mod costs;
mod debugfs;
mod message;
mod netlink;
pub(super) mod read;

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::cpuset::CpuSet;
use crate::units::CpuId;

pub use costs::Costs;
pub(super) use costs::cost_ranks;

/// The most states of a performance domain: the kernel's tables are far smaller (tens of states).
pub const MAX_PERF_STATES: usize = 1024;

/// The highest performance that a state may have: the scale is that of [`Capacity`](crate::units::Capacity), and no
/// kernel goes above it by more than rounding.
const MAX_PERFORMANCE: u64 = 2048;

/// Costs and powers are below this, which leaves room to multiply them: 2^48 µW are 281 MW.
const MAX_COST: u64 = 1 << 48;

/// The kernel's energy model of the CPUs, or why there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnergyModel {
    /// By the lowest CPU.
    pub domains: Vec<PerfDomain>,
    pub origin: EnergyOrigin,
}

/// Where the energy model was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum EnergyOrigin {
    Netlink,
    Debugfs,
    /// Nowhere, for this reason.
    None(String),
    /// Nobody looked: a description has none.
    #[default]
    NotRead,
}

/// CPUs that change frequency together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerfDomain {
    pub cpus: CpuSet,
    /// Power is in µW; else in a unit of the driver's own.
    pub microwatts: bool,
    /// Costs say what is cheaper, and no more.
    pub artificial: bool,
    /// States that are inefficient are never entered.
    pub skips_inefficient: bool,
    /// The slowest first, at least one.
    pub states: Vec<PerfState>,
}

/// One speed of a performance domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerfState {
    /// kHz.
    pub frequency: u64,
    /// Of one CPU that is always busy.
    pub power: u64,
    /// Of a unit of work, on a scale that all domains share.
    pub cost: u64,
    /// Of one CPU, on the scale of capacity.
    pub performance: u64,
    /// A faster state costs no more.
    pub inefficient: bool,
}

/// Why an energy model is not to be had.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EnergyFault {
    /// It makes no sense.
    #[error("the energy model is not believed: {0}")]
    Nonsense(String),
    /// There may be one.
    #[error("the energy model cannot be read: {0}")]
    Unreadable(String),
}

impl EnergyModel {
    /// Takes in domains that were read somewhere. Those of devices other than CPUs, without an online CPU, are left out, and
    /// of several with the same CPUs one is kept.
    ///
    /// # Errors
    ///
    /// What makes no sense, in words.
    pub fn new(mut domains: Vec<PerfDomain>, origin: EnergyOrigin, online: &CpuSet) -> Result<Self, EnergyFault> {
        for domain in &mut domains {
            domain.cpus = domain.cpus.intersection(online);
            domain.states.sort_by_key(|state| state.frequency);
        }
        domains.retain(|domain| !domain.cpus.is_empty());
        domains.sort_by_key(|domain| domain.cpus.first());
        domains.dedup();
        let mut seen = CpuSet::new();
        for domain in &domains {
            domain.check()?;
            if let Some(cpu) = domain.cpus.intersection(&seen).first() {
                return Err(EnergyFault::Nonsense(format!("CPU {cpu} is in two performance domains")));
            }
            seen.extend(domain.cpus.iter());
        }
        Ok(Self { domains, origin })
    }

    /// None, for this reason.
    #[must_use]
    pub fn none(reason: impl Into<String>) -> Self {
        Self { domains: Vec::new(), origin: EnergyOrigin::None(reason.into()) }
    }

    /// The performance domain of a CPU.
    #[must_use]
    pub fn domain_of(&self, cpu: CpuId) -> Option<&PerfDomain> {
        self.domains.iter().find(|domain| domain.cpus.contains(cpu))
    }
}

/// The kernel's flags of a performance domain (include/linux/energy_model.h).
const MICROWATTS: u64 = 1;
const SKIP_INEFFICIENT: u64 = 2;
const ARTIFICIAL: u64 = 4;

impl PerfDomain {
    /// One with the kernel's flags.
    fn with_flags(cpus: CpuSet, flags: u64, states: Vec<PerfState>) -> Self {
        Self {
            cpus,
            microwatts: flags & MICROWATTS != 0,
            artificial: flags & ARTIFICIAL != 0,
            skips_inefficient: flags & SKIP_INEFFICIENT != 0,
            states,
        }
    }

    /// The state that a CPU is in which has to do `demand`: the slowest that has room for it, else the fastest.
    #[must_use]
    pub fn state_for(&self, demand: u64) -> Option<&PerfState> {
        let mut states = self.states.iter().filter(|state| !(self.skips_inefficient && state.inefficient));
        let fastest = self.states.last();
        states.find(|state| state.performance >= demand).or(fastest)
    }

    /// What work costs at the highest speed.
    #[must_use]
    pub fn top_cost(&self) -> Option<u64> {
        self.states.last().map(|state| state.cost)
    }

    fn check(&self) -> Result<(), EnergyFault> {
        let fault = |what: String| {
            Err(EnergyFault::Nonsense(format!("the performance domain of CPUs {} has {what}", self.cpus)))
        };
        if self.states.is_empty() {
            return fault("no states".to_owned());
        }
        if self.states.len() > MAX_PERF_STATES {
            return fault(format!("{} states", self.states.len()));
        }
        for state in &self.states {
            let PerfState { frequency, power, cost, performance, .. } = *state;
            if frequency == 0 || frequency >= MAX_COST {
                return fault(format!("a state of {frequency} kHz"));
            }
            if !(1..=MAX_PERFORMANCE).contains(&performance) {
                return fault(format!("performance {performance} at {frequency} kHz"));
            }
            // Power is 0 where costs are artificial and nobody knows better.
            if cost == 0 || cost >= MAX_COST || power >= MAX_COST {
                return fault(format!("cost {cost} and power {power} at {frequency} kHz"));
            }
        }
        for pair in self.states.windows(2) {
            if pair[0].frequency == pair[1].frequency {
                return fault(format!("two states of {} kHz", pair[0].frequency));
            }
            if pair[0].performance > pair[1].performance {
                return fault(format!("less performance at {} kHz than at {}", pair[1].frequency, pair[0].frequency));
            }
        }
        Ok(())
    }
}

impl fmt::Display for EnergyOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Netlink => f.write_str("the kernel's energy model, by netlink"),
            Self::Debugfs => f.write_str("the kernel's energy model, from debugfs"),
            Self::None(reason) => f.write_str(reason),
            Self::NotRead => f.write_str("a description of a machine has no energy model"),
        }
    }
}
