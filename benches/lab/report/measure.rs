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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    pub name: String,
    pub label: String,
    pub better: Better,
    /// Has a row in the heat maps: one or two a concern, or they could not be read.
    pub in_heat_map: bool,
    rank: usize,
}

struct Known {
    name: &'static str,
    label: &'static str,
    better: Better,
    in_heat_map: bool,
}

const fn known(name: &'static str, label: &'static str, better: Better) -> Known {
    Known { name, label, better, in_heat_map: false }
}

const fn headline(name: &'static str, label: &'static str, better: Better) -> Known {
    Known { name, label, better, in_heat_map: true }
}

use Better::{Higher, Lower, Unknown};

/// In the order of the tables' rows.
const KNOWN: &[Known] = &[
    headline("share_error_mean_percent", "share error, mean (%)", Lower),
    headline("share_error_worst_percent", "share error, worst worker (%)", Lower),
    headline("delivered_percent", "CPU time delivered (%)", Higher),
    headline("progress_percent", "work done, of what is possible (%)", Higher),
    headline("settle_ms", "time until shares are even (ms)", Lower),
    known("wake_p50_ms", "wake-up latency, p50 (ms)", Lower),
    known("wake_p90_ms", "wake-up latency, p90 (ms)", Lower),
    headline("wake_p99_ms", "wake-up latency, p99 (ms)", Lower),
    known("wake_p999_ms", "wake-up latency, p99.9 (ms)", Lower),
    known("wake_max_ms", "wake-up latency, max (ms)", Lower),
    headline("missed_frames_percent", "missed frames (%)", Lower),
    headline("longest_wait_ms", "longest wait for a CPU (ms)", Lower),
    headline("round_trips_per_s", "round trips (1/s)", Higher),
    headline("messages_per_s", "messages (1/s)", Higher),
    headline("processes_per_s", "processes (1/s)", Higher),
    headline("hackbench_s", "hackbench (s)", Lower),
    known("cyclictest_avg_ms", "cyclictest, mean (ms)", Lower),
    headline("cyclictest_max_ms", "cyclictest, max (ms)", Lower),
    headline("energy_mj_per_progress_s", "modelled energy for a second's work (mJ)", Lower),
    headline("home_llc_percent", "CPU time on the own LLC (%)", Higher),
    headline("home_node_percent", "CPU time on the own node (%)", Higher),
    known("migrations_smt_per_s", "migrations between siblings (1/s)", Unknown),
    known("migrations_core_per_s", "migrations between cores (1/s)", Unknown),
    known("migrations_llc_per_s", "migrations between LLCs (1/s)", Lower),
    known("migrations_node_per_s", "migrations between nodes (1/s)", Lower),
    known("switches_per_s", "context switches (1/s)", Unknown),
    known("guest_instructions_per_switch", "instructions a switch", Lower),
    known("attach_ms", "time to attach (ms)", Lower),
    known("verified_instructions", "instructions the verifier looked at", Lower),
    known("daemon_cpu_percent", "CPU time of the daemon (%)", Lower),
    known("daemon_memory_mb", "memory of the daemon (MB)", Lower),
    known("bpf_instructions_per_switch", "instructions in the scheduler's BPF programs a switch", Lower),
    // What curves are drawn of.
    known("share_error_percent", "share error, mean over half a second (%)", Lower),
    known("wake_ms", "wake-up latency (ms)", Lower),
];

/// What is known of the measure `name`.
pub fn measure(name: &str) -> Measure {
    let (group, plain) = name.rsplit_once('.').map_or(("", name), |(group, plain)| (group, plain));
    let rank = KNOWN.iter().position(|known| known.name == plain);
    let (label, better, in_heat_map) = match rank.map(|rank| &KNOWN[rank]) {
        Some(known) => (known.label.to_owned(), known.better, known.in_heat_map),
        None => (plain.replace('_', " "), Better::Unknown, false),
    };
    let label = if group.is_empty() { label } else { format!("{group}: {label}") };
    Measure { name: name.to_owned(), label, better, in_heat_map, rank: rank.unwrap_or(KNOWN.len()) }
}

/// Puts measures into the order of the rows: the table's, then by name.
pub fn sort(measures: &mut [Measure]) {
    measures.sort_by(|a, b| (a.rank, &a.name).cmp(&(b.rank, &b.name)));
}
