//! What each measure is called and which way is better.
//!
//! A measure that is not in the table is shown under its own name, without a verdict. One of a group of workers carries
//! the group's name in front: `games.wake_p99_ms`.

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    Lower,
    Higher,
    /// Nobody has said so: no verdict.
    Unknown,
}

impl Better {
    /// The mark behind a label.
    pub fn arrow(self) -> &'static str {
        match self {
            Self::Lower => " ↓",
            Self::Higher => " ↑",
            Self::Unknown => "",
        }
    }
}

/// A measure as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    pub name: String,
    pub label: String,
    pub better: Better,
    /// A smaller difference is nothing, however sure it is.
    pub floor: f64,
    /// Has a row in the heat maps: one a concern, or they could not be read.
    pub in_heat_map: bool,
    rank: usize,
}

struct Known {
    name: &'static str,
    label: &'static str,
    better: Better,
    floor: f64,
    in_heat_map: bool,
}

const fn known(name: &'static str, label: &'static str, better: Better, floor: f64) -> Known {
    Known { name, label, better, floor, in_heat_map: false }
}

const fn headline(name: &'static str, label: &'static str, better: Better, floor: f64) -> Known {
    Known { name, label, better, floor, in_heat_map: true }
}

use Better::{Higher, Lower, Unknown};

/// In the order of the tables' rows. Floors are about what a user could not tell, or emulation not be trusted with.
const KNOWN: &[Known] = &[
    headline("share_error_mean_percent", "share error, mean (%)", Lower, 1.0),
    known("share_error_worst_percent", "share error, worst worker (%)", Lower, 2.0),
    known("delivered_percent", "CPU time delivered (%)", Higher, 0.5),
    headline("progress_percent", "work done, of what is possible (%)", Higher, 0.5),
    known("progress_error_mean_percent", "share error by work done, mean (%)", Unknown, 0.0),
    known("longest_slow_ms", "longest time off the fastest CPUs (ms)", Unknown, 0.0),
    known("sleepers_on_fast_percent", "sleepers' CPU time on the fastest CPUs (%)", Unknown, 0.0),
    headline("settle_ms", "time until shares are even (ms)", Lower, 50.0),
    known("wake_p50_ms", "wake-up latency, p50 (ms)", Lower, 0.05),
    known("wake_p90_ms", "wake-up latency, p90 (ms)", Lower, 0.1),
    headline("wake_p99_ms", "wake-up latency, p99 (ms)", Lower, 0.2),
    known("wake_p999_ms", "wake-up latency, p99.9 (ms)", Lower, 0.5),
    known("wake_max_ms", "wake-up latency, max (ms)", Lower, 0.5),
    headline("missed_frames_percent", "missed frames (%)", Lower, 0.5),
    known("longest_wait_ms", "longest wait for a CPU (ms)", Lower, 1.0),
    headline("round_trips_per_s", "round trips (1/s)", Higher, 100.0),
    headline("messages_per_s", "messages (1/s)", Higher, 100.0),
    headline("processes_per_s", "processes (1/s)", Higher, 2.0),
    headline("hackbench_s", "hackbench (s)", Lower, 0.01),
    known("cyclictest_avg_ms", "cyclictest, mean (ms)", Lower, 0.02),
    headline("cyclictest_max_ms", "cyclictest, max (ms)", Lower, 0.5),
    headline("energy_mj_per_progress_s", "modelled energy for a second's work (mJ)", Lower, 25.0),
    known("home_llc_percent", "CPU time on the own LLC (%)", Higher, 1.0),
    known("home_node_percent", "CPU time on the own node (%)", Higher, 1.0),
    // No harm in themselves: what they cost is in the work done.
    known("migrations_smt_per_s", "migrations between siblings (1/s)", Unknown, 0.0),
    known("migrations_core_per_s", "migrations between cores (1/s)", Unknown, 0.0),
    known("migrations_llc_per_s", "migrations between LLCs (1/s)", Unknown, 0.0),
    known("migrations_node_per_s", "migrations between nodes (1/s)", Unknown, 0.0),
    known("switches_per_s", "context switches (1/s)", Unknown, 0.0),
    known("guest_instructions_per_switch", "instructions a switch", Lower, 100.0),
    known("attach_ms", "time to attach (ms)", Lower, 50.0),
    known("verified_instructions", "instructions the verifier looked at", Lower, 1000.0),
    known("daemon_cpu_percent", "CPU time of the daemon (%)", Lower, 0.1),
    known("daemon_memory_mb", "memory of the daemon (MB)", Lower, 0.5),
    known("bpf_instructions_per_switch", "instructions in the scheduler's BPF programs a switch", Lower, 20.0),
    // What curves are drawn of.
    known("share_error_percent", "share error, mean over half a second (%)", Lower, 0.0),
    known("wake_ms", "wake-up latency (ms)", Lower, 0.0),
];

/// What is known of the measure `name`.
pub fn measure(name: &str) -> Measure {
    let (group, plain) = name.rsplit_once('.').map_or(("", name), |(group, plain)| (group, plain));
    let rank = KNOWN.iter().position(|known| known.name == plain);
    let (label, better, floor, in_heat_map) = match rank.map(|rank| &KNOWN[rank]) {
        Some(known) => (known.label.to_owned(), known.better, known.floor, known.in_heat_map),
        None => (plain.replace('_', " "), Better::Unknown, 0.0, false),
    };
    let label = if group.is_empty() { label } else { format!("{group}: {label}") };
    Measure { name: name.to_owned(), label, better, floor, in_heat_map, rank: rank.unwrap_or(KNOWN.len()) }
}

/// All that somebody can be better in, for who wants to know the floors.
pub fn judged() -> impl Iterator<Item = Measure> {
    let judged = KNOWN.iter().filter(|known| known.better != Better::Unknown && known.floor > 0.0);
    judged.map(|known| measure(known.name))
}

/// Puts measures into the order of the rows: the table's, then by name.
pub fn sort(measures: &mut [Measure]) {
    measures.sort_by(|a, b| (a.rank, &a.name).cmp(&(b.rank, &b.name)));
}
