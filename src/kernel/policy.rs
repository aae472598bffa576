//! What `--policy` stands for. Pure.

use std::time::Duration;

use clap::ValueEnum;

/// Who runs when. `docs/policies.md` says what to choose, and how to add one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Policy {
    /// Each by its weight; who wakes up soon gets a CPU.
    #[default]
    Fair,
    /// Each by its weight, in longer turns: fewer switches and warmer caches, for those who can wait.
    Throughput,
    /// In the order of arrival, a slice at a time, whatever the weights.
    Fifo,
}

/// What BPF is told of a policy (`bpf/policy.bpf.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// What a task may run before others are looked at, unless `--slice` says otherwise.
    pub slice: Duration,
    /// By how much run time who runs has to be ahead of who wakes up, to make way at once.
    pub preempt_margin: Duration,
    /// Are queues in the order of arrival, and nobody makes way before its slice ends?
    pub in_order_of_arrival: bool,
}

impl Policy {
    /// Its terms.
    #[must_use]
    pub fn terms(self) -> Terms {
        let ms = Duration::from_millis;
        let fair = Terms { slice: ms(4), preempt_margin: ms(1), in_order_of_arrival: false };
        match self {
            Self::Fair => fair,
            // A switch with the cache misses after it costs from a few us to over a ms, by working set (Li, Ding, Shen:
            // Quantifying the Cost of Context Switch, 2007). Of 100 us, that is 2.5 % of a turn of 4 ms, 0.5 % of one of 20.
            Self::Throughput => Terms { slice: ms(20), preempt_margin: ms(4), ..fair },
            Self::Fifo => Terms { in_order_of_arrival: true, ..fair },
        }
    }
}
