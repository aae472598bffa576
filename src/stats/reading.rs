//! What is read for a report. Pure.

use super::delays::Delays;
use super::model::{Counters, DaemonStats};
use crate::balance::{FlowBook, Imbalance, Sample};
use crate::domain::Domains;
use crate::units::{CpuId, DomainId};
use std::collections::BTreeMap;

/// The parts that a report is of.
#[derive(Clone, Debug)]
pub struct Places {
    pub domains: Domains,
    /// By class id.
    pub class_names: Vec<String>,
    /// The scheduler's name, as the kernel shows it.
    pub scheduler: String,
}

/// What a domain does just now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DomainReading {
    /// Tasks that run or want to.
    pub runnable: u32,
    /// CPUs that run one of them.
    pub running: u32,
}

/// What the scheduler has counted on a CPU since it was attached, and what that CPU does just now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CpuReading {
    pub id: CpuId,
    pub domain: DomainId,
    pub online: bool,
    /// Does it run a task of ours?
    pub running: bool,
    /// ns that a higher class had it.
    pub taken_ns: u64,
    /// Does it run a task that should be on a faster CPU, of which none is idle?
    pub misfit: bool,
    /// Is it left asleep?
    pub parked: bool,
    /// What it is asked to run at, in 1024ths of its highest frequency; none if nothing is asked of it.
    pub frequency_target: Option<u32>,
    pub counters: Counters,
    pub delays: Delays,
}

/// A CPU's time since boot, as the kernel counts it, in its ticks of user space (10 ms).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuTime {
    pub busy: u64,
    pub idle: u64,
}

/// All that was read at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The last round's; none before the first.
    pub sample: Option<Sample>,
    /// By domain id; empty before the first round.
    pub imbalances: Vec<Imbalance>,
    /// Of flows, since the start.
    pub flows: FlowBook,
    /// By domain id.
    pub domains: Vec<DomainReading>,
    /// All that may ever come online, in the order of ids.
    pub cpus: Vec<CpuReading>,
    /// Of CPUs that are online.
    pub times: BTreeMap<CpuId, CpuTime>,
    /// The kernel's counters.
    pub events: BTreeMap<String, u64>,
    /// All but `window`, which a report fills in.
    pub daemon: DaemonStats,
}
