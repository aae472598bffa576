//! What the lab's host side tells its load in the guest, and what it hears back: one JSON file in, JSON lines out.
//!
//! Everything is resolved by the host: worker counts, CPUs, start times. The guest takes no decision of its own, so
//! the same specification gives the same run.

use serde::{Deserialize, Serialize};

/// One boot: a contestant, and scenarios run one after the other under it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Session {
    /// The scheduler's program and arguments; none for the kernel's own.
    pub contestant: Vec<String>,
    /// Guest time that it may take to attach.
    pub attach_limit_s: u64,
    /// CPU time used up before the first scenario: with another seed all that follows meets other timer ticks.
    pub head_start_us: u64,
    pub machine: Machine,
    pub model: Model,
    pub scenarios: Vec<Scenario>,
}

/// The machine that is modelled: which CPUs are near each other and how fast they are.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Machine {
    pub cpus: Vec<Cpu>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cpu {
    pub core: usize,
    pub llc: usize,
    pub node: usize,
    /// Relative throughput: 1024 is the fastest.
    pub capacity: u32,
}

/// What a CPU's time is worth, depending on where its data is: see model.toml, which gives the numbers and why.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    pub cold: Cold,
    /// Speed when the worker's memory lies on another node.
    pub remote_memory: f64,
    /// CPU time in a row on another node after which the memory has come along.
    pub memory_follows_ms: u64,
    /// Speed when all the fellows that share data run on other LLCs.
    pub fellows_apart: f64,
    /// Speed of each of two busy siblings of a core.
    pub smt: f64,
}

/// After a move of each distance: the speed until the data is there again, and how long that takes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cold {
    pub core: Refill,
    pub llc: Refill,
    pub node: Refill,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refill {
    pub speed: f64,
    pub us: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Scenario {
    pub name: String,
    pub warmup_ms: u64,
    /// What is measured: so much guest time after the warm-up.
    pub window_ms: u64,
    /// Guest time after which it is ended and marked as hung.
    pub limit_s: u64,
    /// Count the scheduler's own run time, which costs it a little.
    pub bpf_stats: bool,
    pub groups: Vec<Group>,
}

/// Workers of a kind. Those of one team talk to each other; those of one group may share data.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Group {
    pub kind: Kind,
    pub team: usize,
    pub shares_data: bool,
    /// The program of a `Kind::Program` and its arguments.
    pub command: Vec<String>,
    pub workers: Vec<Worker>,
}

/// What a worker does all the time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Wants a CPU always, or for `on_ms` of each `on_ms + off_ms`.
    Hog { on_ms: u64, off_ms: u64 },
    /// Wakes each period, uses so much CPU time (or gets done what a fastest CPU does in it), sleeps. What is not done within its
    /// period is a missed frame.
    Sleeper { period_us: u64, work_us: u64, on_fastest: bool },
    /// A token goes round the team through pipes; with two it is ping-pong.
    Ring,
    /// The first of the team wakes all others with one broadcast, and waits until each has answered.
    FanOut,
    /// The first half of the team sends to the second half through pipes, each to each.
    Messages,
    /// Starts short-lived processes one after the other, as a compiler driver does.
    Forks { work_us: u64 },
    /// Has a kernel thread of each CPU do something each period, and waits until all have.
    Kworkers { period_us: u64 },
    /// Runs the group's program once.
    Program,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Worker {
    pub nice: i32,
    /// Real time (SCHED_FIFO) instead.
    pub fifo: bool,
    /// cpu.weight of a cgroup that the worker is put into, by the cgroup's number.
    pub cgroup: Option<(usize, u32)>,
    /// The one CPU that it waits on before it starts.
    pub born: Option<usize>,
    pub may_run: Vec<usize>,
    /// The node that its memory is bound to; if not given it is where the worker starts, and follows it.
    pub memory: Option<usize>,
    /// When it starts, after the common start.
    pub start_us: u64,
}

/// A line that the guest prints.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "lab", rename_all = "kebab-case")]
pub enum Line {
    /// The contestant is in charge.
    Attached {
        ms: f64,
        verified_instructions: u64,
    },
    /// The contestant did not get there: what it said last.
    NotAttached {
        note: String,
    },
    Started {
        scenario: String,
    },
    Ended {
        scenario: String,
        ran: Ran,
    },
    /// The scenario itself failed or took too long.
    Broken {
        scenario: String,
        hung: bool,
        note: String,
    },
    /// The contestant was not in charge any more when the scenario ended.
    ThrownOut {
        scenario: String,
        note: String,
    },
    /// All scenarios of the session were tried.
    Done,
}

/// What a scenario measured, in plain sums; the host makes figures of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Ran {
    pub window_ms: f64,
    pub groups: Vec<RanGroup>,
    /// Context switches of the whole guest in the window.
    pub switches: u64,
    pub daemon: Option<Daemon>,
}

/// What the contestant's process used in the window, and its BPF programs if that was asked for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Daemon {
    pub cpu_ms: f64,
    pub memory_kb: u64,
    pub bpf_ms: f64,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct RanGroup {
    pub workers: Vec<RanWorker>,
    /// How late the wake-ups were, of all workers together, sorted.
    pub late_us: Vec<u64>,
    pub frames: u64,
    pub missed: u64,
    /// Round trips, messages, processes or calls of kernel threads.
    pub rounds: u64,
    /// What programs printed.
    pub said: String,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct RanWorker {
    /// CPU time on each CPU.
    pub by_cpu_us: Vec<u64>,
    /// CPU time × speed of the CPU × warmth: what the worker got done, in µs of the fastest CPU with all data at hand.
    pub progress_us: u64,
    /// CPU time in each tenth of a second of the window.
    pub tenths_us: Vec<u64>,
    /// Moves to an SMT sibling, another core, LLC, node.
    pub moves: [u64; 4],
    /// The longest time without a CPU while it wanted one.
    pub longest_wait_us: u64,
    /// The longest time in a row off the fastest CPUs, from before the window on.
    pub longest_slow_us: u64,
}
