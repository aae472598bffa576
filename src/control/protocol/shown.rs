//! What replies hold that nobody else has a form for: of the daemon, of settings, and of tasks. Pure.

use crate::cpuset::CpuSet;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What the daemon says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Of scx_domains.
    pub version: String,
    /// What it is called in /sys/kernel/sched_ext/root/ops.
    pub ops: String,
    /// The process.
    pub pid: u32,
    /// Since it was attached, ms.
    pub up_ms: u64,
    /// How many domains there are.
    pub domains: u32,
    /// Are flows planned?
    pub balancing: bool,
    /// From one round to the next while some domain is crowded, ms.
    pub interval_ms: u64,
    /// Rounds since it was attached.
    pub rounds: u64,
    /// Rounds in a row that have failed, up to now.
    pub failed_rounds: u32,
    /// CPUs that are left asleep.
    #[serde(default)]
    pub parked: CpuSet,
    /// The profile, with what it follows from where that is left to others; none if an older daemon answers.
    #[serde(default)]
    pub profile: Option<String>,
}

/// Who said a setting's value. Each goes before those ahead of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Nobody.
    Default,
    File,
    Environment,
    CommandLine,
    /// `scx_domains set`, since the start.
    Set,
}

impl Origin {
    /// In a word or two.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::File => "file",
            Self::Environment => "environment",
            Self::CommandLine => "command line",
            Self::Set => "set",
        }
    }
}

/// A setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingShown {
    pub name: String,
    /// As it is written on the command line; none where nobody has said one and another setting decides.
    pub value: Option<String>,
    /// What comes of the value just now, where it does not say so itself.
    #[serde(default)]
    pub note: Option<String>,
    pub origin: Origin,
    /// Can it change while the scheduler runs?
    pub hot: bool,
    /// What its values are.
    pub unit: String,
    pub help: String,
}

impl SettingShown {
    /// The value for people: with the note, and "-" where there is none.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        let value = self.value.as_deref().unwrap_or("-");
        self.note.as_ref().map_or(Cow::Borrowed(value), |note| Cow::Owned(format!("{value} ({note})")))
    }
}

/// A setting that has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub name: String,
    pub old: Option<String>,
    pub new: Option<String>,
}

/// What has changed, and what there is to know about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    pub changes: Vec<Change>,
    pub notes: Vec<String>,
}

/// What the scheduler knows of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskShown {
    pub pid: u32,
    /// The domain that it belongs to, and that one's CPUs.
    pub home: u32,
    pub home_cpus: String,
    pub node: u32,
    /// Is it runnable, so that it counts there?
    pub member: bool,
    /// Can it run on one CPU only?
    pub pinned: bool,
    /// The CPU that it runs on, or ran on last.
    pub cpu: u32,
    /// 1024 = one task at nice 0 that always wants to run.
    pub load: u64,
    /// 1024 = nice 0 in the root cgroup.
    pub weight: u64,
    /// The same for its nice value alone, whatever its cgroup.
    pub own_weight: u64,
    /// Share of its time that it wants to run, in 1024ths.
    pub duty: u64,
    /// Run time that it is owed (or, < 0, has had too much of), ns.
    pub lag_ns: i64,
    /// For how long it has waited in a queue, ns; none if it does not.
    pub waited_ns: Option<u64>,
    /// How long ago a flow last moved it, ns; none if none did.
    pub moved_ago_ns: Option<u64>,
}
