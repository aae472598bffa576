//! The command: reads the arguments, does what they say, and turns failures into a sentence and an exit code.

use clap::Parser;
use scx_domains::cli::{Cli, Command, RunArgs, TopologyArgs};
use scx_domains::domain::Domains;
use scx_domains::failure::Failure;
use scx_domains::gpu::Driver;
use scx_domains::topology::{self, Source};
use scx_domains::{ask, check, daemon, monitor, replay, show, stats};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    let cli = Cli::parse();
    start_logging(cli.verbose);
    let result = match &cli.command {
        None => run(&cli.run),
        Some(Command::Topology(args)) => show_topology(args),
        Some(Command::Check) => check::run(),
        Some(Command::Replay(args)) => replay::run(args),
        Some(Command::Status(args)) => ask::status(args),
        Some(Command::Stop(args)) => ask::stop(args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !matches!(failure, Failure::Status(..)) {
                eprintln!("scx_domains: {failure}");
            }
            ExitCode::from(failure.exit_code())
        }
    }
}

/// To standard error, the bare message; levels are shown from -v on.
fn start_logging(verbose: u8) {
    let level = match verbose {
        0 => log::LevelFilter::Info,
        1 => log::LevelFilter::Debug,
        _ => log::LevelFilter::Trace,
    };
    env_logger::Builder::new()
        .filter_level(level)
        .format(move |out, record| match verbose {
            0 => writeln!(out, "scx_domains: {}", record.args()),
            _ => writeln!(out, "scx_domains [{} {}]: {}", record.level(), record.target(), record.args()),
        })
        .init();
}

/// Without a subcommand.
fn run(args: &RunArgs) -> Result<(), Failure> {
    match args.monitor {
        _ if args.help_stats => print(&stats::statistics_text(), "what statistics are"),
        Some(seconds) => monitor::run(Duration::from_secs(seconds), args.json),
        None => daemon::run(args),
    }
}

fn show_topology(args: &TopologyArgs) -> Result<(), Failure> {
    let source = args.topology.as_deref().map_or(Ok(Source::Live), Source::parse);
    let mut reading =
        source.and_then(|source| topology::examine(&source)).map_err(|e| Failure::Input(e.to_string()))?;
    if args.topology.is_none() && !args.no_gpu {
        let gpus = Driver::open().map(|driver| driver.gpus(Path::new("/"), &reading.topology));
        reading.topology.gpus = gpus.unwrap_or_default();
    }
    let reading = match &args.classes {
        Some(classes) => reading.with_classes(classes).map_err(|e| Failure::Input(format!("--classes: {e}")))?,
        None => reading,
    };
    let topology = &reading.topology;
    let domains = Domains::build(topology).map_err(|e| Failure::Input(format!("the machine makes no sense: {e}")))?;
    let text = match (args.json, args.explain) {
        (true, _) => format!("{:#}\n", show::json(topology, &domains)),
        (false, true) => show::tree(topology, &domains) + &show::explanation(&reading),
        (false, false) => show::tree(topology, &domains),
    };
    print(&text, "the topology")
}

/// Who reads may go whenever he wants.
fn print(text: &str, what: &str) -> Result<(), Failure> {
    std::io::stdout().write_all(text.as_bytes()).or_else(|e| match e.kind() {
        std::io::ErrorKind::BrokenPipe => Ok(()),
        _ => Err(Failure::Unexpected(format!("writing {what}: {e}"))),
    })
}
