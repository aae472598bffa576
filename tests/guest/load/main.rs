//! `guest-load`: loads for the guests of tests/guest, and what they measure.
//!
//! Each prints one line of JSON when it is done, and ends by itself: after a count of things, or a stretch of guest
//! time. `--limit-s` bounds them all, for when the scheduler under test does not let them end.

mod bursts;
mod children;
mod choices;
mod churn;
mod clients;
mod clock;
mod forks;
mod hogs;
mod memory;
mod pipes;
mod report;
mod sleepers;
mod task;
mod tracer;
mod waits;

use clap::{Parser, Subcommand, ValueEnum};

use clock::NS_PER_MS;

#[derive(Parser)]
#[command(about = "Loads for guests: each prints one line of JSON and ends by itself")]
struct Cli {
    /// Fail if the load has not ended after so much guest time
    #[arg(long, global = true, default_value_t = 120)]
    limit_s: u64,
    /// Who schedules the load's threads
    #[arg(long, global = true, default_value = "normal")]
    policy: task::Policy,
    /// The only node that the load's memory may be on
    #[arg(long, global = true)]
    memory_node: Option<usize>,
    #[command(subcommand)]
    load: Load,
}

#[derive(Subcommand)]
enum Load {
    /// Threads that want a CPU all the time
    Hogs(hogs::Options),
    /// Threads that wake up every few ms; tells how late (pin them with --cpus to find starvation)
    Sleepers(sleepers::Options),
    /// Pairs of threads that wake each other
    Pipes(pipes::Options),
    /// Short-lived processes
    Forks(forks::Options),
    /// Hogs whose affinity keeps changing
    AffinityChurn(churn::Options),
    /// Hogs whose nice value keeps changing
    NiceChurn(churn::Options),
    /// Hogs that are moved between cpusets, while the cpusets change
    CpusetChurn(churn::Options),
    /// Threads that work and sleep for random times; tells who waited while which CPU was idle
    Bursts(bursts::Options),
    /// Clients of the daemon's control socket, half of them bad
    Clients(clients::Options),
    /// Wait until the kernel's sched_ext is in a state, then print nothing
    Wait { state: SchedExtState },
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum SchedExtState {
    Enabled,
    Disabled,
}

/// The status of a load that ran into its limit.
const LIMIT_REACHED: i32 = 3;

fn main() {
    let cli = Cli::parse();
    let end = clock::now() + cli.limit_s * 1_000 * NS_PER_MS;
    std::thread::spawn(move || {
        clock::sleep_until(end);
        eprintln!("guest-load: not done after {} s", cli.limit_s);
        std::process::exit(LIMIT_REACHED);
    });
    // After the thread for the limit, which has to come through whatever the load does; the others inherit it.
    if cli.policy != task::Policy::Normal {
        task::set_policy(cli.policy);
    }
    if let Some(node) = cli.memory_node {
        memory::bind(node);
    }
    let report = match &cli.load {
        Load::Hogs(options) => hogs::main(options),
        Load::Sleepers(options) => sleepers::main(options),
        Load::Pipes(options) => pipes::main(options),
        Load::Forks(options) => forks::main(options),
        Load::AffinityChurn(options) => churn::affinity(options),
        Load::NiceChurn(options) => churn::nice(options),
        Load::CpusetChurn(options) => churn::cpuset(options),
        Load::Bursts(options) => bursts::main(options),
        Load::Clients(options) => clients::main(options),
        Load::Wait { state } => return wait_for(*state),
    };
    report.print();
}

fn wait_for(state: SchedExtState) {
    let wanted = match state {
        SchedExtState::Enabled => "enabled",
        SchedExtState::Disabled => "disabled",
    };
    let file = "/sys/kernel/sched_ext/state";
    while std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{file}: {e}")).trim() != wanted {
        clock::sleep_until(clock::now() + 10 * NS_PER_MS);
    }
}
