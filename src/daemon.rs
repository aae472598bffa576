//! The only wiring: sample → plan → apply → publish, by time and at the scheduler's signals, until it is told to stop or the
//! kernel ends it.

mod pace;

use crate::balance::{self, Balancer, CgroupSnapshot, FlowBook, Params, Plan, Sample, Snapshot};
use crate::cli::RunArgs;
use crate::cpuset::CpuSet;
use crate::domain::Domains;
use crate::failure::Failure;
use crate::kernel::{Attached, Exit, ExitKind, KernelError, Object, Options, hotplug_sequence, unhonoured};
use crate::record::{Header, Recorder, Round};
use crate::stats::{Lateness, Report, report_text};
use crate::topology::{self, Source, Topology};
use crossbeam_channel::{Receiver, at, never, select};
use pace::Pace;
use rustix::mm::{MlockAllFlags, mlockall};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// How often a machine may change under us while we attach before we give up.
const MAX_ATTEMPTS: u32 = 5;

/// Rounds in a row that may fail before we give up. BPF schedules on without them.
const MAX_FAILED_ROUNDS: u32 = 10;

/// Run the scheduler until it is stopped.
///
/// # Errors
/// [`Failure`], with nothing left loaded.
pub fn run(args: &RunArgs) -> Result<(), Failure> {
    let stop = stop_signals()?;
    for _ in 0..MAX_ATTEMPTS {
        match run_once(args, &stop) {
            Err(Failure::Kernel(KernelError::Hotplug)) => {
                log::info!("CPUs came or went while the scheduler was loading; reading the machine again");
            }
            other => return other,
        }
    }
    Err(Failure::Kernel(KernelError::Hotplug))
}

/// SIGINT and SIGTERM, by channel. The thread only waits for them; it never reads the environment, which reading the
/// machine writes to (see `topology/hwloc_env.rs`).
fn stop_signals() -> Result<Receiver<i32>, Failure> {
    let (sender, receiver) = crossbeam_channel::bounded(1);
    let mut signals = signal_hook::iterator::Signals::new([signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM])
        .map_err(|e| Failure::Unexpected(format!("cannot listen for signals: {e}")))?;
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            for signal in signals.forever() {
                // Full: one is waiting already, and one is enough.
                let _ = sender.try_send(signal);
            }
        })
        .map_err(|e| Failure::Unexpected(format!("cannot start a thread: {e}")))?;
    Ok(receiver)
}

fn run_once(args: &RunArgs, stop: &Receiver<i32>) -> Result<(), Failure> {
    let started = Instant::now();
    let hotplug_sequence = hotplug_sequence().unwrap_or(0);
    let topology = read_topology(args.topology.as_deref())?;
    let domains = Domains::build(&topology).map_err(|e| Failure::Input(format!("the machine makes no sense: {e}")))?;
    let options = Options {
        policy: args.policy,
        slice: args.slice,
        load_half_life: args.load_half_life,
        partial: args.partial,
        stealing: !args.no_steal,
        node_delay: args.node_delay,
        remote_delay: args.remote_delay,
        cgroup_weights: !args.no_cgroup_weights,
        exit_dump_len: args.exit_dump_len,
        hotplug_sequence,
    };
    let recorder = args.record.as_deref().map(|path| start_record(path, args, &domains)).transpose()?;
    let mut object = Object::uninit();
    let attached = Attached::new(&mut object, &topology, &domains, &possible_cpus()?, &options)?;
    log::info!(
        "scheduling {} CPUs in {} domains, balancing {} (attached in {:.2} s)",
        topology.online.len(),
        domains.domains.len(),
        if args.no_balance {
            "off".to_owned()
        } else {
            format!("every {}", humantime::format_duration(args.balance_interval))
        },
        started.elapsed().as_secs_f64(),
    );
    for cost in attached.program_costs() {
        log::debug!("program {}: {} instructions, {} verified", cost.name, cost.instructions, cost.verified);
    }
    lock_memory();
    // The first round looks back to here; and the scheduler knows from here on whose rounds they are.
    let last = attached.snapshot()?;
    let mut rounds = Rounds {
        attached,
        domains,
        args,
        attached_at: Instant::now(),
        last,
        last_cgroups: Vec::new(),
        load_shift: 0,
        told_of_limits: false,
        told_of_too_many: false,
        sample: None,
        balancer: Balancer::new(Params::default()),
        flows: FlowBook::default(),
        recorder,
        lateness: Lateness::default(),
        pace: Pace::new(args.balance_interval, Instant::now()),
        report_due: next_report(args),
        failed_rounds: 0,
    };
    rounds.tell_of_limits();
    rounds.run(stop)
}

/// The machine, or its description if that is of this machine.
fn read_topology(described: Option<&str>) -> Result<Topology, Failure> {
    let input = |e: &dyn std::fmt::Display| Failure::Input(e.to_string());
    let live = topology::read(&Source::Live).map_err(|e| input(&e))?;
    let Some(described) = described else { return Ok(live) };
    let source = Source::parse(described).map_err(|e| input(&e))?;
    let topology = topology::read(&source).map_err(|e| input(&e))?;
    topology::same_machine(&topology, &live).map_err(|e| Failure::Input(format!("--topology {described}: {e}")))?;
    Ok(topology)
}

/// Begin the record, before anything is loaded: who cannot have one that he asked for should know it now.
fn start_record(path: &Path, args: &RunArgs, domains: &Domains) -> Result<Recorder, Failure> {
    let interval_ms = u64::try_from(args.balance_interval.as_millis()).unwrap_or(u64::MAX);
    let header = Header::new(interval_ms, !args.no_balance, Params::default(), domains.clone());
    Recorder::create(path, &header).map_err(|e| {
        Failure::Input(format!("--record {}: it cannot be written: {e}; name a file that can", path.display()))
    })
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
    let text = std::fs::read_to_string(path).map_err(|e| Failure::Unexpected(format!("reading {path}: {e}")))?;
    text.parse().map_err(|e| Failure::Unexpected(format!("reading {path}: {e}")))
}

/// The running scheduler and what is remembered from round to round.
struct Rounds<'a> {
    attached: Attached<'a>,
    domains: Domains,
    args: &'a RunArgs,
    attached_at: Instant,
    last: Snapshot,
    last_cgroups: Vec<CgroupSnapshot>,
    load_shift: u32,
    /// Has it been said that some cgroup asks for what it does not get?
    told_of_limits: bool,
    told_of_too_many: bool,
    sample: Option<Sample>,
    balancer: Balancer,
    flows: FlowBook,
    /// None where nothing is recorded, or the record could not be written any more.
    recorder: Option<Recorder>,
    lateness: Lateness,
    pace: Pace,
    /// When statistics are to be printed next; none where they are not.
    report_due: Option<Instant>,
    /// In a row, up to now.
    failed_rounds: u32,
}

impl Rounds<'_> {
    fn run(mut self, stop: &Receiver<i32>) -> Result<(), Failure> {
        let mut signals = self.attached.signals()?;
        // Until the first round, which may be a minute away, nobody knows whether some domain is crowded.
        self.attached.watch_crowding(true);
        loop {
            let wake = self.report_due.map_or(self.pace.due(), |report| report.min(self.pace.due()));
            select! {
                recv(stop) -> _ => return ended(self.attached.detach()),
                recv(signals) -> told => match told {
                    Ok(()) => self.pace.signalled(Instant::now()),
                    Err(_) => signals = never(), // by time alone, from now on
                },
                recv(at(wake)) -> _ => {}
            }
            let outcome = self.do_what_is_due();
            // First: where the kernel has ended the scheduler, its reason says more than what fails because of it.
            if self.attached.exit().is_some() {
                return ended(self.attached.detach());
            }
            outcome?;
        }
    }

    /// The round first: it is what must not be late.
    fn do_what_is_due(&mut self) -> Result<(), Failure> {
        if self.pace.due() <= Instant::now() {
            self.round_or_warning()?;
        }
        if self.report_due.is_some_and(|due| due <= Instant::now()) {
            self.print_stats()?;
            self.report_due = next_report(self.args);
        }
        Ok(())
    }

    /// A round; or a warning if it fails, which BPF schedules on without.
    fn round_or_warning(&mut self) -> Result<(), Failure> {
        let begin = Instant::now();
        self.lateness.add(begin.saturating_duration_since(self.pace.due()));
        let outcome = self.round();
        // Who saw nothing cannot say that nobody is crowded.
        self.pace.after_round(self.sample.is_none() || self.balancer.is_crowded(), begin);
        self.attached.watch_crowding(self.pace.watch());
        match outcome {
            Ok(()) => self.failed_rounds = 0,
            Err(error) if self.failed_rounds >= MAX_FAILED_ROUNDS => return Err(error.into()),
            Err(error) => {
                if self.failed_rounds == 0 {
                    log::warn!("a round failed, scheduling goes on without it: {error}");
                }
                self.failed_rounds += 1;
            }
        }
        Ok(())
    }

    /// Sample, plan, apply.
    fn round(&mut self) -> Result<(), KernelError> {
        let snapshot = self.attached.snapshot()?;
        self.sample = Sample::between(&self.last, &snapshot);
        self.last = snapshot;
        if let Some(sample) = &self.sample {
            self.attached.set_load_cap(balance::load_cap(sample));
        }
        self.weigh_cgroups()?;
        let planned = self.sample.as_ref().map(|sample| self.balancer.plan(&self.domains, sample));
        let plan = planned.filter(|_| !self.args.no_balance).unwrap_or_default();
        for flow in &plan.flows {
            log::debug!("flow {} -> {}: {}", flow.src, flow.dst, flow.amount);
        }
        self.record(&plan);
        self.flows.merge(&self.attached.apply(&plan, 2 * self.args.balance_interval)?);
        Ok(())
    }

    /// Add this round to the record. Where that fails, scheduling goes on without one.
    fn record(&mut self, plan: &Plan) {
        let (Some(recorder), Some(sample)) = (&mut self.recorder, &self.sample) else { return };
        let at_ms = u64::try_from(self.attached_at.elapsed().as_millis()).unwrap_or(u64::MAX);
        if let Err(error) = recorder.add(&Round { at_ms, sample: sample.clone(), plan: plan.clone() }) {
            log::warn!("the record ends here, scheduling goes on: writing it failed: {error}");
            self.recorder = None;
        }
    }

    /// Give cgroups what cpu.weight promises them.
    fn weigh_cgroups(&mut self) -> Result<(), KernelError> {
        let Some(sample) = &self.sample else { return Ok(()) };
        let cgroups = self.attached.cgroups()?;
        let weights = balance::plan_cgroups(&self.last_cgroups, &cgroups, sample);
        self.last_cgroups = cgroups;
        self.load_shift = balance::load_shift(self.load_shift, weights.cpu_worth);
        self.attached.set_load_shift(self.load_shift);
        self.attached.set_cgroup_shares(&weights.shares)?;
        if !self.told_of_limits && self.attached.saw_cgroup_limit() {
            self.tell_of_limits();
        }
        let unplaced = self.attached.unplaced_cgroups();
        if unplaced > 0 && !self.told_of_too_many {
            self.told_of_too_many = true;
            log::warn!(
                "too many cgroups to tell apart: from now on, new ones count as part of their parents ({unplaced} so far)"
            );
        }
        Ok(())
    }

    /// A line for each thing that cgroups ask for and do not get.
    fn tell_of_limits(&mut self) {
        for sentence in unhonoured(self.attached.cgroup_support) {
            log::warn!("{sentence}");
            self.told_of_limits = true;
        }
    }

    fn print_stats(&self) -> Result<(), Failure> {
        let report = Report {
            elapsed: self.attached_at.elapsed(),
            sample: self.sample.clone(),
            imbalances: self.balancer.imbalances().to_vec(),
            flows: self.flows.clone(),
            counters: self.attached.counters()?,
            lateness: self.lateness.summary(),
        };
        let text = report_text(&self.domains, &report);
        std::io::stdout().write_all(text.as_bytes()).unwrap_or_else(|e| log::warn!("nobody reads the statistics: {e}"));
        Ok(())
    }
}

fn next_report(args: &RunArgs) -> Option<Instant> {
    args.stats.map(|secs| Instant::now() + Duration::from_secs(secs))
}

/// What an end means for the user.
fn ended(exit: Option<Exit>) -> Result<(), Failure> {
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
