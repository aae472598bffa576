//! A scenario as it is written down: groups of workers in terms of any machine.

use serde::{Deserialize, Serialize};

use super::catalogue::Failure;

/// A file of scenarios that are about the same.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suite {
    /// Where they say something; on all machines if not given.
    #[serde(default)]
    pub machines: Vec<String>,
    pub scenario: Vec<Scenario>,
}

impl Suite {
    pub fn is_for(&self, machine: &str) -> bool {
        self.machines.is_empty() || self.machines.iter().any(|name| name == machine)
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    #[serde(skip_serializing)]
    pub name: String,
    #[serde(skip_serializing)]
    pub about: String,
    #[serde(default = "default_warmup_ms")]
    pub warmup_ms: u64,
    #[serde(default = "default_window_ms")]
    pub window_ms: u64,
    #[serde(default, skip_serializing_if = "is_default")]
    pub bpf_stats: bool,
    /// None on purpose: nothing to do.
    pub group: Vec<Group>,
}

fn default_warmup_ms() -> u64 {
    500
}

fn default_window_ms() -> u64 {
    2_000
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    pub kind: Kind,
    pub count: Count,
    /// The program that a `program` runs, and its arguments.
    #[serde(default, skip_serializing_if = "is_default")]
    pub command: Vec<String>,
    /// The Debian package that it is in.
    #[serde(default, skip_serializing_if = "is_default")]
    pub package: Option<String>,
    /// Workers that talk to each other.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub team: usize,
    /// Given to the workers in turn.
    #[serde(default = "nice_0", skip_serializing_if = "is_nice_0")]
    pub nice: Vec<i32>,
    /// Real time: before all others.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fifo: bool,
    /// cpu.weight of cgroups, of which the workers get one each in turn.
    #[serde(default, skip_serializing_if = "is_default")]
    pub cgroup_weights: Vec<u32>,
    /// All wait on CPU 0 before they start.
    #[serde(default, skip_serializing_if = "is_default")]
    pub born_together: bool,
    /// All wait on the last CPU of the slowest class before they start.
    #[serde(default, skip_serializing_if = "is_default")]
    pub born_on_slow: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub may_run: MayRun,
    #[serde(default, skip_serializing_if = "is_default")]
    pub shares_data: bool,
    /// The node that the memory of all is on.
    #[serde(default, skip_serializing_if = "is_default")]
    pub memory: Option<usize>,
    /// Sleepers, kworkers: 10 ms if not given. Hogs: those that come and go.
    #[serde(default, skip_serializing_if = "is_default")]
    pub period_ms: Option<f64>,
    /// Sleepers, forks: CPU time each time. Hogs with a period: time that they are there.
    #[serde(default, skip_serializing_if = "is_default")]
    pub work_ms: Option<f64>,
    /// Sleepers: the work is what a fastest CPU does in that time, not the time itself.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_fastest: bool,
}

fn one() -> usize {
    1
}

fn nice_0() -> Vec<i32> {
    vec![0]
}

// What is as it is by default is not said in each result.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn is_one(team: &usize) -> bool {
    *team == one()
}

fn is_nice_0(nice: &[i32]) -> bool {
    nice == nice_0()
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Hog,
    Sleeper,
    Ring,
    FanOut,
    Messages,
    Forks,
    Kworkers,
    Program,
}

/// How many workers: a number, or so many for each CPU (of the fastest class).
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(untagged, deny_unknown_fields, expecting = "a count is a number, { per_cpu = … } or { per_fast_cpu = … }")]
pub enum Count {
    Fixed(usize),
    PerCpu { per_cpu: f64 },
    PerFastCpu { per_fast_cpu: f64 },
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum MayRun {
    #[default]
    All,
    /// The first half of the CPUs.
    Half,
    /// One CPU each, in turn.
    OneEach,
    /// CPU 0.
    First,
}

impl Scenario {
    /// Once the cpu controller of cgroups is on, it stays on for the boot.
    pub fn has_cgroups(&self) -> bool {
        self.group.iter().any(|group| !group.cgroup_weights.is_empty())
    }

    /// Packages that its programs are in, and the programs' names.
    pub fn programs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.group.iter().filter_map(|group| Some((group.package.as_deref()?, group.command.first()?.as_str())))
    }

    pub fn check(&self) -> Result<(), Failure> {
        if self.window_ms < 100 {
            return Err("it needs a window_ms of at least 100".into());
        }
        for group in &self.group {
            let least = match group.kind {
                Kind::Ring | Kind::FanOut | Kind::Messages => 2,
                _ => 1,
            };
            if group.team < least || group.nice.is_empty() {
                return Err(format!("a group of {:?} needs a team of at least {least}, and nice values", group.kind));
            }
            let is_program = group.kind == Kind::Program;
            if group.command.is_empty() == is_program || group.package.is_none() == is_program {
                return Err("a group of kind program, and no other, needs a command and the package that has it".into());
            }
            if group.nice.iter().any(|nice| !(-20..20).contains(nice)) {
                return Err(format!("nice values are from -20 to 19, not {:?}", group.nice));
            }
        }
        Ok(())
    }
}
