//! The published report: all that outlets show, and what each value means. Pure.
//!
//! Counters count from when the scheduler was attached; means and delays are of the report's window.

use super::measure::measures;
use crate::cpuset::CpuSet;
use crate::units::{CpuId, DomainId, LlcId, NodeId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The form of a report. It grows only when a field changes its meaning or goes: readers take what is new for not there.
pub const VERSION: u32 = 1;

measures! {
    /// Counters of the scheduler, of the CPUs that did it. `kernel/counters.rs` fills them in.
    Counters {
        idle_direct: u64, Counter, Number, "tasks put straight onto an idle CPU";
        sync_handover: u64, Counter, Number, "tasks that took over the CPU of the task that woke them";
        domain_queued: u64, Counter, Number, "tasks that went into a domain's queue";
        cpu_queued: u64, Counter, Number, "tasks that went into a CPU's own queue";
        kept: u64, Counter, Number, "times a running task stayed for another slice because nobody who waited was ahead of it";
        preempted: u64, Counter, Number, "running tasks that a waking one pushed off";
        stolen_llc: u64, Counter, Number, "tasks that an idle CPU took from its own LLC";
        stolen_node: u64, Counter, Number, "tasks that an idle CPU took from its own node";
        stolen_remote: u64, Counter, Number, "tasks that an idle CPU took from another node";
        rescued: u64, Counter, Number, "tasks that had waited too long and were put first, whatever their weight";
        flow_enqueued: u64, Counter, Number, "tasks that a flow moved when they were enqueued";
        flow_queued: u64, Counter, Number, "tasks that a flow moved while they waited";
        changed_domain: u64, Counter, Number, "times a task ran in another domain than before";
        moved_up: u64, Counter, Number, "tasks that ran on and on, moved to an idle CPU that is faster";
        own_core: u64, Counter, Number, "tasks that ran on beside a busy sibling, moved to an idle core";
        to_memory: u64, Counter, Number, "tasks that ran on away from their memory, moved to an idle CPU of its node";
    }
}

measures! {
    /// Of a part of the machine: the whole, a node, a class or a domain.
    AreaStats {
        online: u64, Gauge, Cpus, "CPUs that are online";
        capacity: u64, Gauge, Capacity, "relative throughput of its CPUs";
        util: f64, Gauge, Ratio, "part of its CPUs' time in which they were not idle, whoever used it";
        load: f64, Gauge, Load, "load that wants to run there, mean of the last round";
        share: f64, Gauge, Load, "load that it should have by the capacity of its CPUs";
        over: f64, Gauge, Load, "its imbalance: load that it has more than its share; of several domains the sum of what those over their share have";
        owed: f64, Gauge, Load, "load that it should have less of for a while, for what its tasks have lost before";
        pinned: f64, Gauge, Load, "part of the load that cannot leave its domain";
        runnable: f64, Gauge, Number, "tasks that run or want to, mean of the last round";
        running: u64, Gauge, Number, "CPUs that run a task of ours just now";
        waiting: u64, Gauge, Number, "tasks that wait for a CPU just now: the depth of the queues";
        taken: f64, Gauge, Cpus, "CPU time that real-time and deadline tasks had, and interrupts where the kernel keeps their time apart, mean of the last round";
        misfits: u64, Gauge, Number, "tasks that run on and on where CPUs are slow just now, because no faster one is idle";
        parked: u64, Gauge, Cpus, "CPUs that are left asleep while others will do";
        frequency_target: f64, Gauge, Ratio, "part of its highest frequency that a CPU is asked to run at, mean of those that are asked; 0 if none is";
        turns: u64, Counter, Number, "turns on a CPU that tasks began";
        queued_turns: u64, Counter, Number, "turns that began after a wait in a queue";
        delay_p50: f64, Gauge, Seconds, "half of the waits in a queue that ended in the window were no longer, to a factor of two";
        delay_p99: f64, Gauge, Seconds, "99 of 100 waits in a queue that ended in the window were no longer, to a factor of two";
    }
}

measures! {
    /// Of one CPU.
    CpuStats {
        online: u64, Gauge, Number, "1 while it is online";
        util: f64, Gauge, Ratio, "part of the time in which it was not idle, whoever used it";
        running: u64, Gauge, Number, "1 while it runs a task of ours";
        taken: f64, Gauge, Ratio, "part of the time that real-time and deadline tasks had it";
        misfit: u64, Gauge, Number, "1 while it runs a task that should be on a faster CPU, of which none is idle";
        parked: u64, Gauge, Number, "1 while it is left asleep";
        frequency_target: f64, Gauge, Ratio, "part of its highest frequency that it is asked to run at; 0 if it is not asked";
        turns: u64, Counter, Number, "turns on it that tasks began";
        stolen: u64, Counter, Number, "tasks that it took from other domains when it had none";
        delay_p50: f64, Gauge, Seconds, "half of the waits in a queue that ended here in the window were no longer, to a factor of two";
        delay_p99: f64, Gauge, Seconds, "99 of 100 waits in a queue that ended here in the window were no longer, to a factor of two";
    }
}

measures! {
    /// Of flows from one domain to another.
    FlowStats {
        planned: f64, Counter, Load, "load that flows were planned for";
        applied: f64, Counter, Load, "load that tasks moved by flows had, less that of those that came back for them in swaps";
        expired: f64, Counter, Load, "load of flows that ended unspent";
        moved: u64, Counter, Number, "tasks moved by flows, both of a swap";
        refused: u64, Counter, Number, "times that a task would have fit but may not run there by its affinity";
        refused_memory: u64, Counter, Number, "times that a task would have fit but has its memory where it is";
    }
}

measures! {
    /// Of the daemon itself.
    DaemonStats {
        uptime: f64, Gauge, Seconds, "time since the scheduler was attached";
        window: f64, Gauge, Seconds, "time that this report's means and delays are of";
        attach: f64, Gauge, Seconds, "time that it took to read the machine, load and attach";
        interval: f64, Gauge, Seconds, "shortest time from round to round that was asked for";
        slice: f64, Gauge, Seconds, "what a task may run before others are looked at";
        rounds: u64, Counter, Number, "rounds of balance";
        failed_rounds: u64, Counter, Number, "rounds that failed; scheduling went on without them";
        late_p50: f64, Gauge, Seconds, "half of the last 1000 rounds began no later than this after they were due";
        late_p99: f64, Gauge, Seconds, "99 of 100 of the last 1000 rounds began no later than this after they were due";
        late_max: f64, Gauge, Seconds, "none of the last 1000 rounds began later than this after it was due";
        cpu: f64, Counter, Seconds, "CPU time that the daemon used, start included";
        memory: u64, Gauge, Bytes, "memory that the daemon has resident";
        descriptors: u64, Gauge, Number, "file descriptors that the daemon has open";
    }
}

/// A part of the machine, with what is known of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Area {
    /// A node's or domain's number, a class's name; empty for the machine.
    pub id: String,
    /// Of a domain only.
    pub node: Option<NodeId>,
    /// Of a domain only.
    pub llc: Option<LlcId>,
    /// The class's name, of a domain only.
    pub class: Option<String>,
    /// Those that were online when the scheduler was attached.
    pub cpus: CpuSet,
    #[serde(flatten)]
    pub stats: AreaStats,
    pub counters: Counters,
}

/// A CPU, with what is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cpu {
    pub id: CpuId,
    pub domain: DomainId,
    #[serde(flatten)]
    pub stats: CpuStats,
}

/// What became of flows between two domains.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    pub src: DomainId,
    pub dst: DomainId,
    #[serde(flatten)]
    pub stats: FlowStats,
}

/// One look at the machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`VERSION`] of the daemon that made it.
    pub version: u32,
    /// The scheduler's name, as the kernel shows it.
    pub scheduler: String,
    /// Has a round measured loads yet? They are 0 until then.
    pub measured: bool,
    pub machine: Area,
    /// Those with CPUs.
    pub nodes: Vec<Area>,
    pub classes: Vec<Area>,
    /// By domain id.
    pub domains: Vec<Area>,
    /// By CPU id: those that may ever come online.
    pub cpus: Vec<Cpu>,
    /// The pairs of domains that ever had a flow.
    pub flows: Vec<Pair>,
    /// The kernel's own counters of sched_ext by their names, where it has them (from Linux 6.15 on): how often it had to do
    /// something that the scheduler did not ask for.
    pub events: BTreeMap<String, u64>,
    pub daemon: DaemonStats,
}

impl Report {
    /// All flows together.
    #[must_use]
    pub fn all_flows(&self) -> FlowStats {
        let mut sum = FlowStats::default();
        self.flows.iter().for_each(|pair| sum.add(&pair.stats));
        sum
    }
}
