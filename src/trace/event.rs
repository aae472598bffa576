//! What a trace is made of. Pure.

use crate::units::{CpuId, DomainId};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When: ns of `CLOCK_BOOTTIME`.
    pub at: u64,
    /// The CPU that it is about; for domains and flows, the one that looked.
    pub cpu: CpuId,
    /// What.
    pub what: What,
}

/// The kinds of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Another task runs on the CPU.
    Switch {
        /// Who ran.
        prev: Thread,
        /// 0: it wants to run on; 1: it sleeps; 2: it sleeps uninterruptibly; others as the kernel has them.
        prev_state: u32,
        /// Who runs now.
        next: Thread,
    },
    /// The state of a domain.
    Domain {
        /// Which.
        domain: DomainId,
        /// Tasks in its DSQ; none where the kernel does not say.
        queued: Option<u32>,
        /// Tasks that run or want to.
        runnable: u32,
        /// Their weight, as it counts in loads: 1024 = one task at nice 0. Below 0 for a moment while tasks are on their way.
        load: i64,
    },
    /// A flow that has been planned, or that has moved something.
    Flow(FlowStep),
    /// The CPU has another frequency.
    Frequency {
        /// kHz.
        khz: u32,
    },
}

/// A thread, as the CPU saw it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thread {
    /// Its id; 0: none, the CPU is idle.
    pub id: i32,
    /// The kernel's priority: 120 is nice 0, below 100 is real-time.
    pub prio: i32,
    /// Its name, 15 bytes at most.
    pub name: String,
}

/// How far a flow is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowStep {
    /// The domain that gives.
    pub from: DomainId,
    /// The domain that takes.
    pub to: DomainId,
    /// Tasks that it has moved up to now; 0 when it is planned.
    pub moved: u32,
    /// Times that a task would have fit and may not run there.
    pub refused: u32,
    /// Load that it may still move; below 0 where the last task was larger than what was left.
    pub left: i64,
    /// Load that it has moved.
    pub applied: u64,
}
