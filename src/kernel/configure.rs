//! How to run, and what follows for the programs before they are loaded: constants, sizes of maps, what the kernel is told of the
//! scheduler, and which programs there is a use for.

use super::features::Features;
use super::policy::Policy;
use super::skel::OpenBpfSkel;
use super::tables::Tables;
use super::tune::tune;
use super::{cgroups, classes};
use crate::frequency::{Asked, PerfTerms};
use crate::placement::Placement;
use rustix::time::{ClockId, clock_getres};
use std::time::Duration;

/// The kernel's watchdog: a task that is runnable for longer without running ends the scheduler. The kernel's maximum.
const WATCHDOG: Duration = Duration::from_secs(30);
/// A waiting task is put first after this share of it, so that none waits for more than a quarter (`rescue.bpf.h`).
const RESCUE_SHARE: u32 = 8;

/// What /sys/kernel/sched_ext/root/ops shows, as with its peers.
pub const SCHEDULER: &str = concat!("domains_", env!("CARGO_PKG_VERSION"));

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
    /// Do core classes and preferred CPUs decide where tasks run? Off only in tests.
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

/// Everything that has to be said before the programs are loaded.
pub(super) fn configure(
    open: &mut OpenBpfSkel<'_>,
    tables: &Tables,
    options: &Options,
    features: Features,
) -> libbpf_rs::Result<()> {
    let dump_len = if options.exit_dump_len == 0 { 32 * 1024 } else { options.exit_dump_len };
    set_constants(open, tables, options, dump_len);
    size_maps(open, tables, options, dump_len)?;
    classes::configure(open, tables, options)?;
    cgroups::configure(open, tables.domain_configs.len() as u32, options.cgroup_weights, features.cgroups)?;
    describe(open, tables, options, features, dump_len);
    choose_programs(open, tables, options, features);
    Ok(())
}

fn set_constants(open: &mut OpenBpfSkel<'_>, tables: &Tables, options: &Options, dump_len: u32) {
    let terms = options.policy.terms();
    if let Some(rodata) = open.maps.rodata_data.as_mut() {
        rodata.nr_cpus = tables.cpu_configs.len() as u32;
        rodata.nr_domains = tables.domain_configs.len() as u32;
        rodata.nr_areas = tables.areas;
        rodata.rescue_after_ns = (WATCHDOG / RESCUE_SHARE).as_nanos() as u64;
        rodata.preempt_margin_ns = terms.preempt_margin.as_nanos() as u64;
        rodata.in_order_of_arrival = terms.in_order_of_arrival;
        rodata.smt_enabled = tables.smt;
        rodata.several_nodes = tables.node_areas.len() > 1;
        rodata.tick_ns = tick().as_nanos() as u64;
        rodata.partial = options.partial;
        rodata.stealing_enabled = options.stealing;
        rodata.node_hints_on = options.node_hints;
        rodata.uei_dump_len = dump_len;
    }
    if let Some(settings) = open.maps.data_settings_data.as_mut() {
        tune(settings, options);
    }
}

/// From one of the kernel's ticks to the next: what its coarse clocks advance by.
fn tick() -> Duration {
    let resolution = clock_getres(ClockId::MonotonicCoarse);
    Duration::new(resolution.tv_sec.unsigned_abs(), resolution.tv_nsec as u32)
}

fn size_maps(open: &mut OpenBpfSkel<'_>, tables: &Tables, options: &Options, dump_len: u32) -> libbpf_rs::Result<()> {
    let (cpus, domains) = (tables.cpu_configs.len() as u32, tables.domain_configs.len() as u32);
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
    maps.data_uei_dump.set_value_size(dump_len)
}

/// What the kernel is told of the scheduler.
fn describe(open: &mut OpenBpfSkel<'_>, tables: &Tables, options: &Options, features: Features, dump_len: u32) {
    let ops = open.struct_ops.domains_ops_mut();
    for (place, byte) in ops.name.iter_mut().zip(SCHEDULER.bytes()) {
        *place = byte.cast_signed();
    }
    ops.flags = features.ops_flags;
    if tables.class_capacities.len() > 1 || tables.smt || tables.ranks_differ || tables.node_areas.len() > 1 {
        ops.flags |= features.enqueue_last;
    }
    ops.timeout_ms = WATCHDOG.as_millis() as u32;
    ops.exit_dump_len = dump_len;
    ops.hotplug_seq = options.hotplug_sequence;
    if features.reenqueue_anywhere {
        ops.cpu_release = std::ptr::null_mut();
        ops.cpu_acquire = std::ptr::null_mut();
    }
}

/// Only what there is a use for is loaded.
fn choose_programs(open: &mut OpenBpfSkel<'_>, tables: &Tables, options: &Options, features: Features) {
    let progs = &mut open.progs;
    progs.rank_classes.set_autoload(tables.class_capacities.len() > 1);
    let unmeasured = options.cpuperf.iter().any(|asked| asked.unmeasured.is_some());
    progs.frequency_changed.set_autoload(unmeasured);
    progs.kick_fast_idlers.set_autoload(!options.cpuperf.is_empty());
    progs.cpu_taken.set_autoload(features.reenqueue_anywhere);
    progs.scx_lib_init_probe.set_autoload(features.can_trace_functions);
}
