//! Opens, fills, loads and attaches the scheduler.

use super::cgroup_files::CgroupSupport;
use super::cgroups::{self, CgroupShares};
use super::classes;
use super::error::KernelError;
use super::exit::{self, Exit, ExitKind};
use super::features::{Features, running_scheduler};
use super::hints::NodeHints;
use super::policy::Policy;
use super::skel::{BpfSkel, BpfSkelBuilder, MapValue, OpenBpfSkel};
use super::tables::Tables;
use super::tune::tune;
use crate::cpuset::CpuSet;
use crate::domain::Domains;
use crate::frequency::{Asked, PerfTerms};
use crate::placement::Placement;
use crate::topology::Topology;
use crate::units::DomainId;
use libbpf_rs::skel::{OpenSkel, Skel, SkelBuilder};
use libbpf_rs::{Link, MapCore, MapFlags, OpenObject, PrintLevel, ProgramInput};
use std::mem::MaybeUninit;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The kernel's watchdog: a task that is runnable for longer without running ends the scheduler. The kernel's maximum.
const WATCHDOG: Duration = Duration::from_secs(30);
/// A waiting task is put first after this share of it, so that none waits for more than a quarter (`rescue.bpf.h`).
const RESCUE_SHARE: u32 = 8;

/// Where libbpf keeps what it opens. It has to outlive [`Attached`].
pub type Object = MaybeUninit<OpenObject>;

/// How to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Who runs when.
    pub policy: Policy,
    /// What a task may run before others are looked at; none: what the policy says.
    pub slice: Option<Duration>,
    /// In what time the load of a task that begins or ceases to run changes by half: 1 ms or more.
    pub load_half_life: Duration,
    /// Schedule only tasks of the class SCHED_EXT.
    pub partial: bool,
    /// Do idle CPUs take work from other domains? Off only in tests.
    pub stealing: bool,
    /// How long a task waits before a CPU of its node may take it from another LLC.
    pub node_delay: Duration,
    /// How long it waits before one of another node may.
    pub remote_delay: Duration,
    /// Do core classes decide where tasks run? Off only in tests.
    pub classes: bool,
    /// Where there are several, does run time count for what it gets done?
    pub fair_progress: bool,
    /// Which class a task should be on, at first.
    pub placement: Placement,
    /// CPUs whose frequency the kernel asks the scheduler for; none where it is not to say.
    pub cpuperf: Vec<Asked>,
    /// By class: how fast CPUs shall run, at first.
    pub perf_terms: Vec<PerfTerms>,
    /// Are the weights of cgroups honoured, where the kernel tells of them?
    pub cgroup_weights: bool,
    /// Bytes of the kernel's debug dump to keep; 0: the kernel's default of 32 KiB.
    pub exit_dump_len: u32,
    /// Will there be processes that prefer a node?
    pub node_hints: bool,
    /// The kernel's hotplug sequence number from before the topology was read.
    pub hotplug_sequence: u64,
}

/// The scheduler, running. Dropping it gives scheduling back to the kernel.
pub struct Attached<'obj> {
    link: Option<Link>,
    /// Of the programs that trace.
    tracing: Vec<Link>,
    pub(super) skel: BpfSkel<'obj>,
    pub(super) domains: usize,
    /// What the scheduler's maps were filled with.
    pub(super) tables: Tables,
    /// By CPU id: the domain that it belongs to, offline or not; none for one that never comes.
    pub(super) cpu_domains: Vec<Option<DomainId>>,
    /// By domain: has it flows that are in force?
    pub(super) in_force: Vec<bool>,
    /// CPUs that are left asleep.
    pub(super) parked: CpuSet,
    /// CPUs whose frequency is asked of us.
    pub(super) asked_cpus: CpuSet,
    /// What the kernel tells of cgroups.
    pub cgroup_support: CgroupSupport,
    /// By slot: what cgroups weigh.
    pub(super) cgroup_shares: CgroupShares,
    /// What processes prefer, as far as BPF has been told.
    pub(super) node_hints: NodeHints,
}

/// How much the verifier had to look at for one program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramCost {
    /// The program's name.
    pub name: String,
    /// Instructions that the verifier processed.
    pub verified: u32,
    /// Instructions that the program has.
    pub instructions: usize,
}

impl<'obj> Attached<'obj> {
    /// Load the scheduler for these domains and let the kernel, which has these features, run it.
    ///
    /// # Errors
    /// [`KernelError`]; nothing stays loaded.
    pub fn new(
        object: &'obj mut Object,
        topology: &Topology,
        domains: &Domains,
        possible: &CpuSet,
        options: &Options,
        features: Features,
    ) -> Result<Self, KernelError> {
        if let Some(name) = running_scheduler() {
            return Err(KernelError::AnotherRunning(name));
        }
        listen_to_libbpf();
        let tables = Tables::new(topology, domains, possible, options.classes, &options.cpuperf);
        let mut open = BpfSkelBuilder::default().open(object).map_err(|e| step("opening the BPF programs", &e))?;
        configure(&mut open, &tables, options, features).map_err(|e| step("sizing the BPF maps", &e))?;
        let started = Instant::now();
        let skel = open.load().map_err(|e| step("loading the BPF programs into the kernel", &e))?;
        log::debug!("the verifier took {:.2} s", started.elapsed().as_secs_f64());
        fill(&skel, &tables).map_err(|e| step("filling the BPF maps", &e))?;
        let count = domains.domains.len();
        let mut attached = Self {
            link: None,
            tracing: Vec::new(),
            skel,
            domains: count,
            cpu_domains: tables.cpu_domains(),
            in_force: vec![false; count],
            parked: CpuSet::new(),
            asked_cpus: options.cpuperf.iter().flat_map(|asked| asked.cpus.iter()).collect(),
            cgroup_support: features.cgroups,
            cgroup_shares: CgroupShares::default(),
            node_hints: NodeHints::new(),
            tables,
        };
        attached.trace(features, options)?;
        attached.attach()?;
        log::debug!("attached after {:.2} s", started.elapsed().as_secs_f64());
        Ok(attached)
    }

    /// Attach the programs that are no callbacks of the scheduler.
    fn trace(&mut self, features: Features, options: &Options) -> Result<(), KernelError> {
        let probe = features.can_trace_functions.then(|| self.skel.progs.scx_lib_init_probe.attach());
        match probe {
            Some(Ok(link)) => self.tracing.push(link),
            unprobed => {
                log::debug!(
                    "the BPF prologue cannot be probed ({:?}); taking it to disable migration",
                    unprobed.map(|r| r.err())
                );
                if let Some(bss) = self.skel.maps.bss_data.as_mut() {
                    bss.__scx_prolog_disables_migration = true;
                }
            }
        }
        for link in [self.skel.progs.hotplug_step.attach(), self.skel.progs.hotplug_step_ended.attach()] {
            self.tracing.push(link.map_err(|e| step("attaching to the kernel's CPU hotplug", &e))?);
        }
        if options.cpuperf.iter().any(|asked| asked.unmeasured.is_some()) {
            let link = self.skel.progs.frequency_changed.attach();
            self.tracing.push(link.map_err(|e| step("attaching to the kernel's changes of frequency", &e))?);
        }
        if features.reenqueue_anywhere {
            let link = self.skel.progs.cpu_taken.attach();
            self.tracing.push(link.map_err(|e| step("attaching to the kernel's context switches", &e))?);
        }
        Ok(())
    }

    fn attach(&mut self) -> Result<(), KernelError> {
        let link = self.skel.maps.domains_ops.attach_struct_ops();
        match (self.exit(), link) {
            (Some(Exit { kind: ExitKind::Restart, .. }), _) => Err(KernelError::Hotplug),
            (Some(exit), _) => Err(KernelError::EndedAtStart(exit.reason)),
            (None, Err(_)) if running_scheduler().is_some() => {
                Err(KernelError::AnotherRunning(running_scheduler().unwrap_or_default()))
            }
            (None, Err(e)) => Err(step("attaching the scheduler", &e)),
            (None, Ok(link)) => {
                self.link = Some(link);
                Ok(())
            }
        }
    }

    /// Why the scheduler ended; `None` while it runs.
    #[must_use]
    pub fn exit(&self) -> Option<Exit> {
        exit::read(&self.skel)
    }

    /// Give scheduling back to the kernel and say how it ended.
    #[must_use]
    pub fn detach(mut self) -> Option<Exit> {
        drop(self.link.take());
        self.exit()
    }

    /// What each program that this kernel needs cost to verify.
    #[must_use]
    pub fn program_costs(&self) -> Vec<ProgramCost> {
        let loaded = self.skel.object().progs().filter(libbpf_rs::ProgramImpl::autoload);
        loaded
            .map(|program| ProgramCost {
                name: program.name().to_string_lossy().into_owned(),
                verified: verified_instructions(&program),
                instructions: program.insn_cnt(),
            })
            .collect()
    }
}

/// 0 where the kernel does not tell.
fn verified_instructions(program: &libbpf_rs::Program<'_>) -> u32 {
    use std::os::fd::{AsFd, AsRawFd};
    let mut info = libbpf_rs::libbpf_sys::bpf_prog_info::default();
    let mut size = size_of_val(&info) as u32;
    // SAFETY: the descriptor is the program's, and the kernel writes at most `size` bytes of plain integers into
    // `info`.
    let failed = unsafe {
        libbpf_rs::libbpf_sys::bpf_obj_get_info_by_fd(
            program.as_fd().as_raw_fd(),
            (&raw mut info).cast(),
            &raw mut size,
        )
    };
    if failed == 0 { info.verified_insns } else { 0 }
}

/// Everything that has to be said before the programs are loaded.
fn configure(
    open: &mut OpenBpfSkel<'_>,
    tables: &Tables,
    options: &Options,
    features: Features,
) -> libbpf_rs::Result<()> {
    let (cpus, domains) = (tables.cpu_configs.len() as u32, tables.domain_configs.len() as u32);
    let dump_len = if options.exit_dump_len == 0 { 32 * 1024 } else { options.exit_dump_len };
    let terms = options.policy.terms();
    if let Some(rodata) = open.maps.rodata_data.as_mut() {
        rodata.nr_cpus = cpus;
        rodata.nr_domains = domains;
        rodata.nr_areas = tables.areas;
        rodata.rescue_after_ns = (WATCHDOG / RESCUE_SHARE).as_nanos() as u64;
        rodata.preempt_margin_ns = terms.preempt_margin.as_nanos() as u64;
        rodata.in_order_of_arrival = terms.in_order_of_arrival;
        rodata.smt_enabled = tables.smt;
        rodata.partial = options.partial;
        rodata.stealing_enabled = options.stealing;
        rodata.node_hints_on = options.node_hints;
        rodata.uei_dump_len = dump_len;
    }
    if let Some(settings) = open.maps.data_settings_data.as_mut() {
        tune(settings, options);
    }
    let maps = &mut open.maps;
    for map in [
        &mut maps.cpu_configs,
        &mut maps.cpu_states,
        &mut maps.cpu_khz,
        &mut maps.scratch_masks,
        &mut maps.domain_cpus,
        &mut maps.parked_cpus,
    ] {
        map.set_max_entries(cpus)?;
    }
    for map in [
        &mut maps.domain_configs,
        &mut maps.domain_states,
        &mut maps.domain_flows_map,
        &mut maps.domain_masks,
        &mut maps.steal_timers,
    ] {
        map.set_max_entries(domains)?;
    }
    if !options.node_hints {
        maps.node_hints.set_max_entries(1)?;
    }
    maps.neighbours.set_max_entries(domains * domains)?;
    maps.area_masks.set_max_entries(tables.areas)?;
    maps.data_uei_dump.set_value_size(dump_len)?;
    classes::configure(open, tables, options)?;
    cgroups::configure(open, domains, options.cgroup_weights, features.cgroups)?;

    let ops = open.struct_ops.domains_ops_mut();
    name_ops(&mut ops.name);
    ops.flags = features.ops_flags;
    if tables.class_capacities.len() > 1 || tables.smt {
        ops.flags |= features.enqueue_last;
    }
    ops.timeout_ms = WATCHDOG.as_millis() as u32;
    ops.exit_dump_len = dump_len;
    ops.hotplug_seq = options.hotplug_sequence;
    if features.reenqueue_anywhere {
        ops.cpu_release = std::ptr::null_mut();
        ops.cpu_acquire = std::ptr::null_mut();
    }
    open.progs.rank_classes.set_autoload(tables.class_capacities.len() > 1);
    let unmeasured = options.cpuperf.iter().any(|asked| asked.unmeasured.is_some());
    open.progs.frequency_changed.set_autoload(unmeasured);
    open.progs.kick_fast_idlers.set_autoload(!options.cpuperf.is_empty());
    open.progs.cpu_taken.set_autoload(features.reenqueue_anywhere);
    open.progs.scx_lib_init_probe.set_autoload(features.can_trace_functions);
    Ok(())
}

/// What /sys/kernel/sched_ext/root/ops shows, as with its peers.
pub const SCHEDULER: &str = concat!("domains_", env!("CARGO_PKG_VERSION"));

fn name_ops(name: &mut [std::os::raw::c_char]) {
    for (slot, byte) in name.iter_mut().zip(SCHEDULER.bytes()) {
        *slot = byte.cast_signed();
    }
}

fn fill(skel: &BpfSkel<'_>, tables: &Tables) -> libbpf_rs::Result<()> {
    fill_map(&skel.maps.cpu_configs, &tables.cpu_configs)?;
    fill_map(&skel.maps.domain_configs, &tables.domain_configs)?;
    fill_map(&skel.maps.domain_cpus, &tables.domain_cpus)?;
    fill_map(&skel.maps.neighbours, &tables.neighbours)?;
    fill_map(&skel.maps.class_domains, &tables.class_domains)
}

pub(super) fn fill_map<V: MapValue>(map: &impl MapCore, values: &[V]) -> libbpf_rs::Result<()> {
    for (index, value) in (0u32..).zip(values) {
        map.update(index.as_bytes(), value.as_bytes(), MapFlags::ANY)?;
    }
    Ok(())
}

/// libbpf's first warning about the step that is being done, to be shown with the error that it belongs to.
static WARNING: Mutex<String> = Mutex::new(String::new());

/// libbpf's words go to the log (shown with -vv), not raw to the terminal.
pub(super) fn listen_to_libbpf() {
    fn print(level: PrintLevel, line: String) {
        let line = line.trim_end();
        log::trace!(target: "libbpf", "{line}");
        if level == PrintLevel::Warn
            && let Ok(mut warning) = WARNING.lock()
            && warning.is_empty()
        {
            warning.push_str(line.lines().next().unwrap_or_default());
        }
    }
    libbpf_rs::set_print(Some((PrintLevel::Debug, print)));
}

/// Run a `SEC("syscall")` program of ours.
pub(super) fn run(program: &libbpf_rs::ProgramMut<'_>, what: &str) -> Result<(), KernelError> {
    let output = program.test_run(ProgramInput::default()).map_err(|e| step(what, &e))?;
    if output.return_value == 0 {
        return Ok(());
    }
    let cause = format!("the program returned {}", output.return_value.cast_signed());
    Err(KernelError::Step { step: what.to_owned(), cause, log: String::new() })
}

pub(super) fn step(what: &str, error: &libbpf_rs::Error) -> KernelError {
    let log = WARNING.lock().map(|mut warning| std::mem::take(&mut *warning)).unwrap_or_default();
    KernelError::Step { step: what.to_owned(), cause: error.to_string(), log }
}
