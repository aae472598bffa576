//! What the scheduler itself is told.

use crate::balance::Params;
use crate::control::DEFAULT_SOCKET;
use crate::kernel::Policy;
use crate::outlets::Address;
use crate::profile::ProfileChoice;
use crate::topology::ClassSpec;
use clap::{ArgAction, Args, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// How much is logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum LogLevel {
    Error,
    Warn,
    #[default]
    Info,
    Debug,
    Trace,
}

impl From<LogLevel> for log::LevelFilter {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Error => Self::Error,
            LogLevel::Warn => Self::Warn,
            LogLevel::Info => Self::Info,
            LogLevel::Debug => Self::Debug,
            LogLevel::Trace => Self::Trace,
        }
    }
}

/// Where metrics are served; none: nowhere. A name of its own, as clap takes an `Option` for an argument that may be missing.
pub type MetricsAt = Option<Address>;

#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// How often weight is let flow between domains, 10ms to 60s: the slowest that is of use to you. An idle machine is looked
    /// at once a second, and what cannot wait (a CPU that goes, a crowd that comes) is seen to at once.
    #[arg(short = 'i', long, value_name = "TIME", default_value = "100ms", value_parser = balance_interval)]
    pub balance_interval: Duration,

    /// Who runs when.
    #[arg(long, value_enum, default_value_t)]
    pub policy: Policy,

    /// What a task may run before others are looked at: 1ms to 100ms. 4ms if not given, 20ms with `--policy throughput`. The
    /// kernel ends slices on its ticks.
    #[arg(long, value_name = "TIME", value_parser = slice)]
    pub slice: Option<Duration>,

    /// In what time the load of a task that wakes up or goes to sleep changes by half: 10ms to 10s. Short follows
    /// quickly, long forgets bursts.
    #[arg(long, value_name = "TIME", default_value = "128ms", value_parser = load_half_life)]
    pub load_half_life: Duration,

    /// How long a task waits for a CPU before an idle one of another LLC in its node takes it: up to 100ms.
    #[arg(long, value_name = "TIME", default_value = "500us", value_parser = steal_delay)]
    pub node_delay: Duration,

    /// How long it waits before an idle CPU of another node takes it, away from its memory: from the node delay up to 100ms.
    #[arg(long, value_name = "TIME", default_value = "2ms", value_parser = steal_delay)]
    pub remote_delay: Duration,

    /// Least load worth a flow, 1024 for a task at nice 0 that always wants to run: 1 to 1048576.
    #[arg(long, value_name = "LOAD", default_value_t = Params::default().min_amount, value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
    pub min_flow: u64,

    /// What a flow has to be worth, for what it costs tasks to move: inside an LLC an Nth of what the smaller of its two domains
    /// should have, over longer distances more in proportion. 0: any is worth it.
    #[arg(long, value_name = "N", default_value_t = Params::default().worth, value_parser = clap::value_parser!(u64).range(..=1 << 20))]
    pub flow_worth: u64,

    /// Use this description of the machine (see `scx_domains topology --help`). It has to describe this very machine.
    #[arg(long, value_name = "MACHINE")]
    pub topology: Option<String>,

    /// Take these for the core classes, whatever the machine says (see `scx_domains topology --help`).
    #[arg(long, value_name = "CLASSES")]
    pub classes: Option<ClassSpec>,

    /// Do not ask who drives GPUs. Without this, such processes prefer the node of their GPU.
    #[arg(long, value_name = "BOOL", action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t)]
    pub no_gpu: bool,

    /// Schedule only tasks of the class SCHED_EXT.
    #[arg(long, value_name = "BOOL", action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t)]
    pub partial: bool,

    /// Print statistics every so many seconds.
    #[arg(long, value_name = "SECS", group = "printing", value_parser = clap::value_parser!(u64).range(1..=86400))]
    pub stats: Option<u64>,

    /// Schedule nothing: print the statistics of the scx_domains that runs already, every so many seconds.
    #[arg(long, value_name = "SECS", group = "printing", value_parser = clap::value_parser!(u64).range(1..=86400))]
    pub monitor: Option<u64>,

    /// Print statistics as JSON, a line each time.
    #[arg(long, requires = "printing")]
    pub json: bool,

    /// Serve metrics for Prometheus over HTTP: 127.0.0.1:9718, [::1]:9718 or unix:/path. To this machine only; off: to nobody.
    #[arg(long, value_name = "ADDRESS", default_value = "off", value_parser = metrics)]
    pub metrics: MetricsAt,

    /// Say what each statistic is, and end.
    #[arg(long)]
    pub help_stats: bool,

    /// Write what each round saw and planned to FILE, in place of what is there, for `scx_domains replay`. It grows by about
    /// 90 bytes a domain and round: 26 MB an hour with 8 domains at 100ms.
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,

    /// Where `scx_domains status` and others reach this one: a socket for root and the group scx_domains.
    #[arg(long, value_name = "PATH", default_value = DEFAULT_SOCKET)]
    pub socket: PathBuf,

    /// Settings are read from here too, `name = value` a line by the names of these options: /etc/scx_domains/config.toml if that
    /// is there. Variables such as SCX_DOMAINS_SLICE go before it, and options before both.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// How much is logged. `-v` goes before it.
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub log_level: LogLevel,

    /// Write the rounds of the last five minutes and the kernel's dump into FOLDER if the kernel throws the scheduler out, for
    /// `scx_domains replay`. The last ten ejections are kept.
    #[arg(long, value_name = "FOLDER")]
    pub flight_recorder: Option<PathBuf>,

    /// Plan no flows. Idle CPUs still take work from other domains.
    #[arg(long, value_name = "BOOL", action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t)]
    pub no_balance: bool,

    /// What is wanted of the machine: who gets the fast cores where cores differ, how fast CPUs run, whether CPUs are left asleep.
    #[arg(long, value_enum, default_value_t)]
    pub profile: ProfileChoice,

    /// Where cores differ, let tasks have the same progress instead of CPU time: run time on a core of half the speed counts for
    /// half, and who runs on and on takes turns on the fast ones.
    #[arg(long, value_name = "BOOL", action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t)]
    pub fair_progress: bool,

    /// Leave no CPU asleep that somebody could run on: each wake-up takes the CPU nearest to its data.
    #[arg(long, value_name = "BOOL", action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t)]
    pub no_parking: bool,

    /// Leave frequencies, and the preferences by which hardware chooses them, as they are.
    #[arg(long, value_name = "BOOL", action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t)]
    pub no_frequency: bool,

    /// Take all CPUs for alike in placement. For tests: who is born on a slow CPU stays there.
    #[arg(long, hide = true)]
    pub no_placement: bool,

    /// Ignore cpu.weight of cgroups: tasks count by their nice values alone.
    #[arg(long, value_name = "BOOL", action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t)]
    pub no_cgroup_weights: bool,

    /// Let no CPU take work from another domain. For tests: idle CPUs stay idle.
    #[arg(long, hide = true, value_name = "BOOL", action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t)]
    pub no_steal: bool,

    /// Bytes of the kernel's debug dump to keep when it throws the scheduler out.
    #[arg(long, value_name = "BYTES", default_value_t = 32768, value_parser = clap::value_parser!(u32).range(4096..=16 << 20))]
    pub exit_dump_len: u32,
}

impl RunArgs {
    /// What the planner is told.
    #[must_use]
    pub fn params(&self) -> Params {
        Params { min_amount: self.min_flow, worth: self.flow_worth }
    }

    /// What of the arguments cannot go together, and what to do about it; `None` if they can.
    #[must_use]
    pub fn contradiction(&self) -> Option<String> {
        let [node, remote] = [self.node_delay, self.remote_delay].map(humantime::format_duration);
        (self.node_delay > self.remote_delay).then(|| {
            format!(
                "--node-delay {node} is longer than --remote-delay {remote}: a task may not be left alone for longer by the \
                 CPUs that are near. Make it {remote} at most, or the other longer"
            )
        })
    }
}

fn balance_interval(text: &str) -> Result<Duration, String> {
    bounded(text, "10ms", "60s")
}

fn load_half_life(text: &str) -> Result<Duration, String> {
    bounded(text, "10ms", "10s")
}

fn steal_delay(text: &str) -> Result<Duration, String> {
    bounded(text, "0ms", "100ms")
}

fn metrics(text: &str) -> Result<MetricsAt, String> {
    if text == "off" { Ok(None) } else { text.parse().map(Some) }
}

fn slice(text: &str) -> Result<Duration, String> {
    bounded(text, "1ms", "100ms")
}

/// A time such as "100ms" or "1s 500ms" within bounds, which are written the same way.
pub(super) fn bounded(text: &str, least: &str, most: &str) -> Result<Duration, String> {
    let parse = |text| humantime::parse_duration(text);
    let time = parse(text).map_err(|_| format!("not a time; write one from {least} to {most}"))?;
    if parse(least).is_ok_and(|least| time < least) || parse(most).is_ok_and(|most| time > most) {
        return Err(format!("out of range: it has to be from {least} to {most}"));
    }
    Ok(time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[test]
    fn intervals_have_units_and_bounds() {
        assert_eq!(balance_interval("100ms"), Ok(Duration::from_millis(100)));
        assert_eq!(balance_interval("60s"), Ok(Duration::from_secs(60)));
        for bad in ["0", "1ms", "abc", "61s", "", "-5ms", "100"] {
            assert!(balance_interval(bad).is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn near_cpus_do_not_wait_for_longer_than_far_ones() {
        let contradiction = |arguments: &str| {
            let words = std::iter::once("scx_domains").chain(arguments.split(' '));
            crate::cli::Cli::try_parse_from(words).expect("well formed").run.contradiction()
        };
        assert_eq!(contradiction("--node-delay 2ms --remote-delay 2ms"), None);
        let sentence = contradiction("--node-delay 3ms").expect("the default is 2ms");
        assert!(sentence.starts_with("--node-delay 3ms is longer than --remote-delay 2ms"), "{sentence}");
    }
}
