//! The command: reads the arguments, does what they say, and turns failures into a sentence and an exit code.

use clap::{ArgMatches, CommandFactory, FromArgMatches};
use scx_domains::cli::{Cli, Command, LogLevel, TopologyArgs};
use scx_domains::config::Layers;
use scx_domains::domain::Domains;
use scx_domains::failure::Failure;
use scx_domains::gpu::Driver;
use scx_domains::topology::{self, Source};
use scx_domains::{ask, check, daemon, frequency, logging, monitor, record, replay, show, stats, top, trace};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    let matches = Cli::command().get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let result = match &cli.command {
        None => run(&cli, &matches),
        Some(command) => {
            logging::start(LogLevel::default(), cli.verbose);
            other_than_run(command, &matches)
        }
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

/// Without a subcommand.
fn run(cli: &Cli, matches: &ArgMatches) -> Result<(), Failure> {
    match cli.run.monitor {
        _ if cli.run.help_stats => print(&stats::statistics_text(), "what statistics are"),
        Some(seconds) => {
            logging::start(cli.run.log_level, cli.verbose);
            monitor::run(Duration::from_secs(seconds), cli.run.json)
        }
        None => {
            let layers = Layers::new(matches, std::env::vars_os())?;
            let settings = layers.settings()?;
            logging::start(settings.args().log_level, cli.verbose);
            daemon::run(&layers, &settings)
        }
    }
}

fn other_than_run(command: &Command, matches: &ArgMatches) -> Result<(), Failure> {
    match command {
        Command::Topology(args) => show_topology(args),
        Command::Check => check::run(),
        Command::Replay(args) => replay::run(args),
        Command::Status(args) => ask::status(args),
        Command::Get(args) => ask::get(args),
        Command::Set(args) => ask::set(args),
        Command::Balance(args) => ask::balance(args),
        Command::Explain(args) => ask::explain(args),
        Command::Task(args) => ask::task(args),
        Command::Dump(args) => ask::dump(args),
        Command::Reload(args) => ask::reload(args),
        Command::Stop(args) => ask::stop(args),
        Command::Trace(args) => trace::command::run(args),
        Command::Record(args) => record::command::run(args),
        Command::Top(args) => top::command::run(args),
        Command::Restore => ask::restore(),
        Command::Config(args) => {
            let settings = Layers::new(matches, std::env::vars_os())?.settings()?;
            print(&ask::settings_text(&settings.shown(), args.json), "the settings")
        }
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
    // Of a machine that is not this one, nobody knows who drives it.
    let policies = if args.topology.is_none() { frequency::policies(Path::new("/")) } else { Vec::new() };
    let controls: String =
        frequency::controls(&policies).iter().map(|(_, told)| format!("frequency of {told}\n")).collect();
    let text = match (args.json, args.explain) {
        (true, _) => format!("{:#}\n", show::json(topology, &domains)),
        (false, true) => show::tree(topology, &domains) + &controls + &show::explanation(&reading),
        (false, false) => show::tree(topology, &domains) + &controls,
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
