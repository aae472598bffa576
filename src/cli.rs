//! The command line.

use crate::kernel::Policy;
use clap::{ArgAction, Args, Parser, Subcommand};
use std::path::PathBuf;
use std::time::Duration;

/// A topology-aware sched_ext scheduler: one queue a domain, and weight that flows between them.
///
/// Without a subcommand it takes over scheduling and keeps it until it is stopped (Ctrl-C or SIGTERM), which gives
/// scheduling back to the kernel.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES)]
pub struct Cli {
    /// What to do instead of running the scheduler.
    #[command(subcommand)]
    pub command: Option<Command>,

    #[command(flatten)]
    pub run: RunArgs,

    /// Say more; twice for debugging, with libbpf's own log.
    #[arg(short, long, action = ArgAction::Count, global = true)]
    pub verbose: u8,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  stopped as asked, or the subcommand found nothing wrong
  1  something unexpected
  2  bad arguments, a topology that cannot be read or is not this machine's, a file that is no record
  3  no permission
  4  this kernel cannot run it
  5  another sched_ext scheduler is running
  6  thrown out by the kernel (a stall or an error)
  7  ended by sysrq-S";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the machine and the domains that it is cut into.
    Topology(TopologyArgs),
    /// Can scx_domains run here? A line for each thing that it needs.
    Check,
    /// Plan a recorded run again, and show what would differ. It needs neither root nor the machine that was recorded.
    Replay(ReplayArgs),
}

#[derive(Debug, Args)]
pub struct TopologyArgs {
    /// The machine to show: an hwloc XML file, a folder with a recorded `sys/`, or an hwloc synthetic string such as
    /// "synthetic:node:2 l3:2 core:4 pu:2". The live machine if not given.
    #[arg(long, value_name = "MACHINE")]
    pub topology: Option<String>,

    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// What `scx_domains --record FILE` made. Each round is planned on what was seen then: a record does not know what
    /// other flows would have changed.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Plan with another value of one of the planner's parameters; may be repeated. A name that is none lists them.
    #[arg(long, value_name = "NAME=VALUE")]
    pub set: Vec<String>,

    /// Say why each flow is planned, and why a domain with too much gives nothing.
    #[arg(long)]
    pub explain: bool,

    /// Print a JSON object a round, differing or not, then one with the summary.
    #[arg(long)]
    pub json: bool,
}

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

    /// How long it waits before an idle CPU of another node takes it, away from its memory: up to 100ms.
    #[arg(long, value_name = "TIME", default_value = "2ms", value_parser = steal_delay)]
    pub remote_delay: Duration,

    /// Use this description of the machine (see `scx_domains topology --help`). It has to describe this very machine.
    #[arg(long, value_name = "MACHINE")]
    pub topology: Option<String>,

    /// Schedule only tasks of the class SCHED_EXT.
    #[arg(long)]
    pub partial: bool,

    /// Print statistics every so many seconds.
    #[arg(long, value_name = "SECS", value_parser = clap::value_parser!(u64).range(1..=86400))]
    pub stats: Option<u64>,

    /// Write what each round saw and planned to FILE, in place of what is there, for `scx_domains replay`. It grows by about
    /// 90 bytes a domain and round: 26 MB an hour with 8 domains at 100ms.
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,

    /// Plan no flows. Idle CPUs still take work from other domains.
    #[arg(long)]
    pub no_balance: bool,

    /// Ignore cpu.weight of cgroups: tasks count by their nice values alone.
    #[arg(long)]
    pub no_cgroup_weights: bool,

    /// Let no CPU take work from another domain. For tests: idle CPUs stay idle.
    #[arg(long, hide = true)]
    pub no_steal: bool,

    /// Bytes of the kernel's debug dump to keep when it throws the scheduler out.
    #[arg(long, value_name = "BYTES", default_value_t = 32768, value_parser = clap::value_parser!(u32).range(4096..=16 << 20))]
    pub exit_dump_len: u32,
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

fn slice(text: &str) -> Result<Duration, String> {
    bounded(text, "1ms", "100ms")
}

/// A time such as "100ms" or "1s 500ms" within bounds, which are written the same way.
fn bounded(text: &str, least: &str, most: &str) -> Result<Duration, String> {
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
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn intervals_have_units_and_bounds() {
        assert_eq!(balance_interval("100ms"), Ok(Duration::from_millis(100)));
        assert_eq!(balance_interval("60s"), Ok(Duration::from_secs(60)));
        for bad in ["0", "1ms", "abc", "61s", "", "-5ms", "100"] {
            assert!(balance_interval(bad).is_err(), "{bad:?} was accepted");
        }
    }
}
