//! The one line that a load prints when it is done.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock;

#[derive(Serialize)]
pub struct Report {
    pub load: &'static str,
    pub threads: Vec<Thread>,
    /// Guest time from the common start to the end of the last thread.
    pub wall_ms: f64,
    /// What only this load has to tell.
    #[serde(flatten)]
    pub more: BTreeMap<String, f64>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Thread {
    pub tid: i32,
    pub nice: i32,
    pub cpu_ms: f64,
    /// The longest time without a CPU while it wanted one.
    pub max_gap_ms: f64,
    /// How late the wake-ups were; only for loads that sleep.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_ms: Option<Lateness>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Lateness {
    pub p50: f64,
    pub p99: f64,
    pub max: f64,
}

impl Lateness {
    pub fn of(mut samples: Vec<u64>) -> Self {
        samples.sort_unstable();
        let at = |percent: usize| {
            let rank = (samples.len() * percent).div_ceil(100).max(1) - 1;
            samples.get(rank).copied().map_or(0.0, clock::ms)
        };
        Lateness { p50: at(50), p99: at(99), max: at(100) }
    }
}

impl Report {
    pub fn new(load: &'static str, threads: Vec<Thread>, wall_ns: u64) -> Self {
        Report { load, threads, wall_ms: clock::ms(wall_ns), more: BTreeMap::new() }
    }

    pub fn with(mut self, name: impl Into<String>, value: f64) -> Self {
        self.more.insert(name.into(), value);
        self
    }

    pub fn print(&self) {
        // One write for the whole line, so that kernel messages do not get into its middle.
        let line = serde_json::to_string(self).expect("a report has only plain values") + "\n";
        std::io::Write::write_all(&mut std::io::stdout(), line.as_bytes()).expect("stdout takes the report");
    }
}
