//! The command line: a file for each command's arguments.

mod client;
mod record;
mod replay;
mod run;
mod top;
mod topology;
mod trace;

pub use client::{Balance, BalanceArgs, ClientArgs, ConfigArgs, DaemonArgs, GetArgs, SetArgs, TaskArgs};
pub use record::RecordArgs;
pub use replay::ReplayArgs;
pub use run::{LogLevel, RunArgs};
pub use top::TopArgs;
pub use topology::TopologyArgs;
pub use trace::TraceArgs;

use clap::{ArgAction, Parser, Subcommand};

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
    /// Does scx_domains schedule? The kernel is asked first, then the daemon; it says where they disagree. It ends with 0 if
    /// it does, 3 if not, 1 if kernel and daemon disagree, 4 if the kernel has no sched_ext.
    Status(ClientArgs),
    /// The settings of the running daemon, and where each came from.
    Get(GetArgs),
    /// Change settings of the running daemon: all of them or, if one is wrong, none.
    Set(SetArgs),
    /// Begin or cease to plan flows, or plan a round at once.
    Balance(BalanceArgs),
    /// Why did the last round plan what it planned?
    Explain(ClientArgs),
    /// What the scheduler knows of a task: its load, its domain, and why it is there.
    Task(TaskArgs),
    /// All that belongs into a bug report: settings, statistics, what was planned, what the programs cost.
    Dump(ClientArgs),
    /// Let the daemon read its file with settings again, as SIGHUP does. What can change while it runs changes; of the rest it
    /// says that it takes a restart. What `set` has changed is as the file has it again.
    Reload(ClientArgs),
    /// Give scheduling back to the kernel and end the daemon.
    Stop(ClientArgs),
    /// The settings that a daemon would start with now, and where each comes from. Options before `config` count.
    Config(ConfigArgs),
    /// Watch the running scheduler for a while: who runs where, how full the domains are, what flows do. The file is for
    /// https://ui.perfetto.dev. It takes root.
    Trace(TraceArgs),
    /// Write down the rounds of the last minutes, as the running daemon remembers them, for `scx_domains replay`. (With
    /// `--flight-recorder` the daemon does so by itself when the kernel throws it out.)
    Record(RecordArgs),
    /// Watch the scheduler at work: domains, the machine, flows, rounds, tasks, heat. Press ? for the keys.
    Top(TopArgs),
    /// Put back the energy preferences (EPP) that a scx_domains which crashed has left changed. A start does it too.
    Restore,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    /// packaging/scx_loader.toml: what it starts us with in its modes.
    #[test]
    fn what_scx_loader_says_is_understood() {
        let text = include_str!("../../packaging/scx_loader.toml");
        let document: toml_edit::DocumentMut = text.parse().expect("TOML");
        let modes = document["scheds"]["scx_domains"].as_table().expect("a table of modes");
        assert!(modes.len() > 3);
        for (mode, arguments) in modes {
            let words = arguments.as_array().expect("a list").iter().map(|word| word.as_str().expect("a word"));
            let line = Cli::try_parse_from(std::iter::once("scx_domains").chain(words));
            assert!(line.is_ok(), "{mode}: {line:?}");
        }
    }
}
