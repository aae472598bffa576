//! Tells the scheduler of core classes (`bpf/class.bpf.h`) and of frequencies (`bpf/cpuperf.bpf.h`).

use super::configure::Options;
use super::error::KernelError;
use super::libbpf::{fill_map, run, step};
use super::load::Attached;
use super::skel::{MapValue, OpenBpfSkel, intf, types};
use super::tables::Tables;
use crate::domain::Domains;
use crate::frequency::{Asked, PerfTerms};
use crate::placement::{DEMAND_STEPS, MAX_CLASSES, Placement, Ranks};
use libbpf_rs::{MapCore, MapFlags};
use std::time::Duration;

const _: () = assert!(MAX_CLASSES == intf::limits_MAX_CLASSES as usize);
const _: () = assert!(DEMAND_STEPS == intf::limits_DEMAND_STEPS as usize);

/// In what time a task's demand changes by half: that of the kernel's own utilisation (PELT, `kernel/sched/pelt.c`).
const DEMAND_HALF_LIFE: Duration = Duration::from_millis(32);

/// What has to be said before the programs are loaded.
pub(super) fn configure(open: &mut OpenBpfSkel<'_>, tables: &Tables, options: &Options) -> libbpf_rs::Result<()> {
    let classes = tables.class_capacities.len() as u32;
    if let Some(rodata) = open.maps.rodata_data.as_mut() {
        rodata.nr_classes = classes;
        rodata.ranks_differ = tables.ranks_differ;
        rodata.demand_half_life_ns = DEMAND_HALF_LIFE.as_nanos() as u64;
        rodata.demand_scale = (1 << 42) / rodata.demand_half_life_ns;
        rodata.fair_progress = options.fair_progress && classes > 1;
        rodata.cpuperf_enabled = !options.cpuperf.is_empty();
    }
    if let Some(settings) = open.maps.data_settings_data.as_mut() {
        settings.class_capacity = by_class(&tables.class_capacities);
        settings.class_room = by_class(&tables.class_capacities);
    }
    if let Some(bss) = open.maps.bss_data.as_mut() {
        bss.class_for_demand = options.placement.class_for_demand;
        bss.perf_terms = perf_table(&options.perf_terms);
    }
    open.maps.faster_masks.set_max_entries(classes)?;
    open.maps.class_domains.set_max_entries(tables.class_domains.len() as u32)
}

/// Capacities by class; there are no more.
fn by_class(capacities: &[u32]) -> [u32; MAX_CLASSES] {
    std::array::from_fn(|class| capacities.get(class).copied().unwrap_or(0))
}

/// By class; any slower ones count as the last.
fn perf_table(terms: &[PerfTerms]) -> [types::perf_terms; MAX_CLASSES] {
    let mut table = <[types::perf_terms; MAX_CLASSES]>::default();
    for (slot, terms) in table.iter_mut().zip(terms) {
        *slot = types::perf_terms { floor: terms.floor, ceiling: terms.ceiling, bias: terms.bias };
    }
    table
}

impl Attached<'_> {
    /// Let tasks go to other classes from now on.
    pub fn set_placement(&mut self, placement: &Placement) {
        if let Some(bss) = self.skel.maps.bss_data.as_mut() {
            // SAFETY: live bytes in memory that is mapped from the kernel; BPF reads them one at a time, and only we write
            // them.
            unsafe { std::ptr::write_volatile(&raw mut bss.class_for_demand, placement.class_for_demand) };
        }
    }

    /// Let CPUs run at other speeds from now on.
    pub fn set_perf_terms(&mut self, terms: &[PerfTerms]) {
        if let Some(bss) = self.skel.maps.bss_data.as_mut() {
            // SAFETY: as in `set_placement`, with aligned u32s.
            unsafe { std::ptr::write_volatile(&raw mut bss.perf_terms, perf_table(terms)) };
        }
    }

    /// Let classes rank otherwise from now on: `domains` are those of before, each with the rank of its class, 0 for the fastest;
    /// by rank, what a CPU can do at its highest frequency and what within its limits. Nothing where classes decide nothing.
    ///
    /// # Errors
    /// [`KernelError::Step`] if the kernel refuses.
    pub fn rank_classes(&mut self, domains: &Domains, capacities: &[u32], room: &[u32]) -> Result<(), KernelError> {
        const RANKING: &str = "telling the scheduler which CPUs are the faster now";
        if self.tables.class_capacities.len() < 2 {
            return Ok(());
        }
        self.tables.rank(domains, capacities);
        if let Some(settings) = self.skel.maps.data_settings_data.as_mut() {
            // SAFETY: as in `set_perf_terms`.
            unsafe {
                std::ptr::write_volatile(&raw mut settings.class_capacity, by_class(capacities));
                std::ptr::write_volatile(&raw mut settings.class_room, by_class(room));
            }
        }
        let (maps, tables) = (&self.skel.maps, &self.tables);
        let filled = fill_map(&maps.class_domains, &tables.class_domains)
            .and_then(|()| fill_map(&maps.domain_configs, &tables.domain_configs))
            .and_then(|()| fill_map(&maps.cpu_configs, &tables.cpu_configs));
        filled.map_err(|e| step(RANKING, &e))?;
        run(&self.skel.progs.rank_classes, RANKING)
    }

    /// Let other CPUs of their domains be preferred from now on. A callback that sees some of the old and some of the new order
    /// may overlook an idle CPU, or take one twice for the best. Nothing where all were alike when the scheduler was loaded.
    ///
    /// # Errors
    /// [`KernelError::Step`] if the kernel refuses.
    pub fn prefer(&mut self, ranks: &Ranks) -> Result<(), KernelError> {
        if !self.tables.ranks_differ {
            return Ok(());
        }
        self.tables.prefer(ranks);
        let (maps, tables) = (&self.skel.maps, &self.tables);
        let filled = fill_map(&maps.domain_cpus, &tables.domain_cpus)
            .and_then(|()| fill_map(&maps.cpu_configs, &tables.cpu_configs));
        filled.map_err(|e| step("telling the scheduler which CPUs are preferred now", &e))
    }

    /// Tell BPF how fast CPUs run that the kernel cannot measure, as it is now that BPF hears of changes. True if one ran at another
    /// speed than BPF took it to.
    ///
    /// # Errors
    /// [`KernelError::Step`] if the kernel refuses.
    pub fn correct_frequencies(&self, asked: &[Asked]) -> Result<bool, KernelError> {
        const CORRECTING: &str = "telling the scheduler how fast CPUs run";
        let map = &self.skel.maps.cpu_khz;
        let mut corrected = false;
        for Asked { cpus, unmeasured } in asked {
            let Some((_, khz)) = unmeasured else { continue };
            for cpu in cpus.iter().filter(|cpu| cpu.0 < map.max_entries()) {
                let key = cpu.0.as_bytes();
                let known = map.lookup(key, MapFlags::ANY).map_err(|e| step(CORRECTING, &e))?;
                if known.as_deref() != Some(khz.as_bytes()) {
                    map.update(key, khz.as_bytes(), MapFlags::ANY).map_err(|e| step(CORRECTING, &e))?;
                    corrected = true;
                }
            }
        }
        Ok(corrected)
    }

    /// Have CPUs slow down that went idle while they were fast.
    ///
    /// # Errors
    /// [`KernelError::Step`] if the kernel refuses.
    pub fn slow_idle_cpus(&self) -> Result<(), KernelError> {
        if self.asked_cpus.is_empty() {
            return Ok(());
        }
        run(&self.skel.progs.kick_fast_idlers, "slowing idle CPUs down")
    }
}
