//! The values that outlets show. Pure.

use super::LatenessSummary;
use crate::balance::{FlowBook, Imbalance, Sample};
use std::time::Duration;

macro_rules! counters {
    ($($(#[$doc:meta])* $variant:ident,)*) => {
        /// One of the scheduler's counters, in the order of `enum counter` in `bpf/intf.h`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Counter {
            $($(#[$doc])* $variant,)*
        }

        impl Counter {
            /// All of them, in order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];
        }
    };
}

counters! {
    /// Tasks put straight onto an idle CPU.
    IdleDirect,
    /// Tasks that took over the CPU of the task that woke them.
    SyncHandover,
    /// Tasks that went into a domain's queue.
    DomainQueued,
    /// Tasks that went into a CPU's own queue.
    CpuQueued,
    /// Times a running task stayed because nobody who waited was ahead of it.
    Kept,
    /// Running tasks that a waking one pushed off.
    Preempted,
    /// Tasks that an idle CPU took from its own LLC.
    StolenLlc,
    /// Tasks that an idle CPU took from its own node.
    StolenNode,
    /// Tasks that an idle CPU took from another node.
    StolenRemote,
    /// Tasks that had waited too long and were put first, whatever their weight.
    Rescued,
    /// Tasks that a flow moved when they were enqueued.
    FlowEnqueued,
    /// Tasks that a flow moved while they waited.
    FlowQueued,
    /// Times a task ran in another domain than before.
    ChangedDomain,
}

/// The counters, summed over CPUs, since the scheduler was attached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters([u64; Counter::ALL.len()]);

impl Counters {
    /// One counter.
    #[must_use]
    pub fn get(&self, counter: Counter) -> u64 {
        self.0[counter as usize]
    }

    /// Add one CPU's counters, in the order of [`Counter::ALL`].
    pub fn add(&mut self, values: impl IntoIterator<Item = u64>) {
        for (sum, value) in self.0.iter_mut().zip(values) {
            *sum = sum.wrapping_add(value);
        }
    }
}

/// One look at the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Since the scheduler was attached.
    pub elapsed: Duration,
    /// The last round's means; none before the first round.
    pub sample: Option<Sample>,
    /// By domain; empty before the first round.
    pub imbalances: Vec<Imbalance>,
    /// Since the scheduler was attached.
    pub flows: FlowBook,
    /// Since the scheduler was attached.
    pub counters: Counters,
    /// Of the last rounds.
    pub lateness: LatenessSummary,
}
