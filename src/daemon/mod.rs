//! The only wiring: sample → plan → apply → publish, by time and at the scheduler's signals, until it is told to stop or the
//! kernel ends it.

mod cgroups;
mod ejection;
mod gpus;
mod heat;
mod live;
mod notify;
mod outlets;
mod pace;
mod profile;
mod records;
mod reports;
mod requests;
mod rounds;
mod signals;
mod wishes;

pub use signals::Signals;

use crate::cli::RunArgs;
use crate::config::{Layers, Settings};
use crate::control::{Server, Socket};
use crate::cpuset::CpuSet;
use crate::domain::Domains;
use crate::failure::Failure;
use crate::files;
use crate::kernel::{
    Attached, Exit, ExitKind, Features, KernelError, Object, Options, SCHEDULER, hotplug_sequence, may_run,
};
use crate::stats::Places;
use crate::topology::{self, Reading, Source};
use gpus::GpuWatch;
use heat::HeatWatch;
use live::LiveWatch;
use outlets::Outlets;
use records::Records;
use reports::Reports;
use rounds::Rounds;
use rustix::mm::{MlockAllFlags, mlockall};
use std::time::Instant;
use wishes::Wishes;

/// How often a machine may change under us while we attach before we give up.
const MAX_ATTEMPTS: u32 = 5;

/// Run the scheduler until it is stopped.
///
/// # Errors
/// [`Failure`], with nothing left loaded.
pub fn run(layers: &Layers, settings: &Settings) -> Result<(), Failure> {
    let args = settings.args();
    may_run()?;
    let asked = Signals::listen()?;
    let features = Features::probe(args.partial)?;
    let socket = Socket::bind(&args.socket)?;
    let mut outlets = Outlets::open(args.metrics.as_ref())?;
    let (mut settings, mut attempts, mut first) = (settings.clone(), 1, true);
    loop {
        match run_once(layers, &settings, features, &mut outlets, &socket, &asked, first) {
            Err(Failure::Kernel(KernelError::Hotplug)) if attempts < MAX_ATTEMPTS => {
                attempts += 1;
                log::info!("CPUs came or went while the scheduler was loading; reading the machine again");
            }
            Ok(End::Anew { why, settings: now }) => {
                if first && now.args().record.is_some() {
                    log::warn!("the record ends here, scheduling goes on: a record is of one machine");
                }
                (settings, attempts, first) = (*now, 1, false);
                log::info!("{why}; reading the machine again");
            }
            Ok(End::Stopped) => return Ok(()),
            Err(failure) => return Err(failure),
        }
    }
}

/// How a run ends well.
enum End {
    /// It is over.
    Stopped,
    /// The machine has changed so that it has to be read again, and the scheduler to begin anew.
    Anew { why: String, settings: Box<Settings> },
}

/// `first`: no machine has been scheduled yet, so a record may begin.
fn run_once(
    layers: &Layers,
    settings: &Settings,
    features: Features,
    outlets: &mut Outlets,
    socket: &Socket,
    asked: &Signals,
    first: bool,
) -> Result<End, Failure> {
    let args = settings.args();
    let started = Instant::now();
    let hotplug_sequence = hotplug_sequence().unwrap_or(0);
    let mut reading = read_machine(args.topology.as_deref())?;
    if let Some(classes) = &args.classes {
        reading = reading.with_classes(classes).map_err(|e| Failure::Input(format!("--classes: {e}")))?;
    }
    let topology = reading.topology.clone();
    let domains = Domains::build(&topology).map_err(|e| Failure::Input(format!("the machine makes no sense: {e}")))?;
    let wishes = Wishes::new(&topology, &domains, args);
    let records = Records::begin(args, &domains, first)?;
    let gpus = if args.no_gpu { None } else { GpuWatch::new(&topology) };
    let options = options(args, &wishes, gpus.is_some(), hotplug_sequence);
    let mut object = Object::uninit();
    let attached = Attached::new(&mut object, &topology, &domains, &possible_cpus()?, &options, features)?;
    wishes.correct_frequencies(&attached)?;
    let attach_time = started.elapsed();
    // Once: who begins anew finds the same again.
    if first {
        reading.faults.iter().for_each(|fault| log::warn!("{fault}"));
    }
    log::info!(
        "scheduling {} CPUs in {} domains, balancing {} (attached in {:.2} s)",
        topology.online.len(),
        domains.domains.len(),
        if args.no_balance {
            "off".to_owned()
        } else {
            format!("every {}", humantime::format_duration(args.balance_interval))
        },
        attach_time.as_secs_f64(),
    );
    for cost in attached.program_costs() {
        log::debug!("program {}: {} instructions, {} verified", cost.name, cost.instructions, cost.verified);
    }
    lock_memory();
    let class_names = topology.classes.iter().map(|class| class.name.clone()).collect();
    let places = Places { domains: domains.clone(), class_names, scheduler: SCHEDULER.to_owned() };
    let reports = Reports::new(places, attach_time);
    let heat = HeatWatch::new(&topology, &domains);
    let live = LiveWatch::new(reading, args.topology.is_none() && args.classes.is_none());
    let rounds = Rounds::new(attached, domains, settings.clone(), layers, wishes, records, reports)?;
    let rounds = rounds.watching(live, heat, gpus);
    let (ask, questions) = requests::channel(layers.file().to_owned());
    // Only now: it looks users up, which reads the environment, and reading the machine writes to that.
    let _server = Server::start(socket, ask)
        .map_err(|e| Failure::Unexpected(format!("cannot serve {}: {e}", socket.path().display())))?;
    rounds.run(asked, outlets, questions)
}

/// How the scheduler is to run.
fn options(args: &RunArgs, wishes: &Wishes, node_hints: bool, hotplug_sequence: u64) -> Options {
    Options {
        policy: args.policy,
        slice: args.slice,
        load_half_life: args.load_half_life,
        partial: args.partial,
        stealing: !args.no_steal,
        node_delay: args.node_delay,
        remote_delay: args.remote_delay,
        classes: !args.no_placement,
        fair_progress: args.fair_progress,
        placement: wishes.placement(),
        cpuperf: wishes.cpuperf.clone(),
        perf_terms: wishes.perf_terms(),
        cgroup_weights: !args.no_cgroup_weights,
        exit_dump_len: args.exit_dump_len,
        node_hints,
        hotplug_sequence,
    }
}

/// The machine, or its description if that is of this machine.
fn read_machine(described: Option<&str>) -> Result<Reading, Failure> {
    let input = |e: &dyn std::fmt::Display| Failure::Input(e.to_string());
    let live = topology::examine(&Source::Live).map_err(|e| input(&e))?;
    let Some(described) = described else { return Ok(live) };
    let source = Source::parse(described).map_err(|e| input(&e))?;
    let reading = topology::examine(&source).map_err(|e| input(&e))?;
    topology::same_machine(&reading.topology, &live.topology)
        .map_err(|e| Failure::Input(format!("--topology {described}: {e}")))?;
    Ok(reading)
}

/// Keep in memory what is in use, so that a round does not wait for a disk when memory is short. Pages are locked as they are
/// first touched. What is mapped later is not: past the limit (RLIMIT_MEMLOCK) it could not be had at all then.
fn lock_memory() {
    if let Err(error) = mlockall(MlockAllFlags::CURRENT | MlockAllFlags::ONFAULT) {
        log::info!("not locked into memory, so rounds may be late when it is short: {error}; `ulimit -l` is the limit");
    }
}

/// The CPUs that may ever come online.
fn possible_cpus() -> Result<CpuSet, Failure> {
    let path = "/sys/devices/system/cpu/possible";
    let text = files::line(path).map_err(|e| Failure::Unexpected(e.to_string()))?;
    text.parse().map_err(|e| Failure::Unexpected(format!("reading {path}: {e}")))
}

/// What an end means for the user.
fn ended(exit: Option<Exit>) -> Result<(), Failure> {
    notify::stopping();
    let Some(exit) = exit else { return Ok(()) };
    match exit.kind {
        ExitKind::Unregistered | ExitKind::Ended => {
            log::info!("stopped: {}; the kernel schedules by itself again", exit.reason);
            Ok(())
        }
        ExitKind::Restart => Err(Failure::Kernel(KernelError::Hotplug)),
        ExitKind::Sysrq | ExitKind::Stall | ExitKind::Error => {
            if !exit.dump.is_empty() {
                eprintln!("{}", exit.dump);
            }
            Err(Failure::Ejected(exit))
        }
    }
}
