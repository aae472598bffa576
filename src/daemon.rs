//! The only wiring: sample → plan → apply → publish, on a timer, until it is told to stop or the kernel ends it.

use crate::balance::{self, Balancer, CgroupSnapshot, FlowBook, Sample, Snapshot};
use crate::cli::RunArgs;
use crate::cpuset::CpuSet;
use crate::domain::Domains;
use crate::failure::Failure;
use crate::kernel::{Attached, Exit, ExitKind, KernelError, Object, Options, hotplug_sequence, unhonoured};
use crate::stats::{Report, report_text};
use crate::topology::{self, Source, Topology};
use crossbeam_channel::{Receiver, never, select, tick};
use std::io::Write;
use std::time::{Duration, Instant};

/// How often a machine may change under us while we attach before we give up.
const MAX_ATTEMPTS: u32 = 5;
/// How soon it is noticed that the kernel has ended the scheduler.
const EXIT_POLL: Duration = Duration::from_secs(1);

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
        slice: args.slice,
        load_half_life: args.load_half_life,
        partial: args.partial,
        stealing: !args.no_steal,
        cgroup_weights: !args.no_cgroup_weights,
        exit_dump_len: args.exit_dump_len,
        hotplug_sequence,
    };
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
    let mut rounds = Rounds {
        attached,
        domains,
        args,
        attached_at: Instant::now(),
        last: None,
        last_cgroups: Vec::new(),
        load_shift: 0,
        told_of_limits: false,
        told_of_too_many: false,
        sample: None,
        balancer: Balancer::default(),
        flows: FlowBook::default(),
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
    last: Option<Snapshot>,
    last_cgroups: Vec<CgroupSnapshot>,
    load_shift: u32,
    /// Has it been said that some cgroup asks for what it does not get?
    told_of_limits: bool,
    told_of_too_many: bool,
    sample: Option<Sample>,
    balancer: Balancer,
    flows: FlowBook,
    /// In a row, up to now.
    failed_rounds: u32,
}

impl Rounds<'_> {
    fn run(mut self, stop: &Receiver<i32>) -> Result<(), Failure> {
        let round = tick(self.args.balance_interval);
        let poll = tick(EXIT_POLL.min(self.args.balance_interval));
        let stats = self.args.stats.map_or_else(never, |secs| tick(Duration::from_secs(secs)));
        loop {
            let outcome = select! {
                recv(stop) -> _ => return ended(self.attached.detach()),
                recv(round) -> _ => self.round_or_warning(),
                recv(stats) -> _ => self.print_stats(),
                recv(poll) -> _ => Ok(()),
            };
            // First: where the kernel has ended the scheduler, its reason says more than what fails because of it.
            if self.attached.exit().is_some() {
                return ended(self.attached.detach());
            }
            outcome?;
        }
    }

    /// A round; or a warning if it fails, which BPF schedules on without.
    fn round_or_warning(&mut self) -> Result<(), Failure> {
        match self.round() {
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
        self.sample = self.last.as_ref().and_then(|last| Sample::between(last, &snapshot));
        self.last = Some(snapshot);
        if let Some(sample) = &self.sample {
            self.attached.set_load_cap(balance::load_cap(sample));
        }
        self.weigh_cgroups()?;
        let planned = self.sample.as_ref().map(|sample| self.balancer.plan(&self.domains, sample));
        let plan = planned.filter(|_| !self.args.no_balance).unwrap_or_default();
        for flow in &plan.flows {
            log::debug!("flow {} -> {}: {}", flow.src, flow.dst, flow.amount);
        }
        self.flows.merge(&self.attached.apply(&plan, 2 * self.args.balance_interval)?);
        Ok(())
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
        };
        let text = report_text(&self.domains, &report);
        std::io::stdout().write_all(text.as_bytes()).unwrap_or_else(|e| log::warn!("nobody reads the statistics: {e}"));
        Ok(())
    }
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
