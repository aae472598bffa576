//! Opens, fills, loads and attaches the scheduler.

use super::cgroup_files::CgroupSupport;
use super::cgroups::CgroupShares;
use super::configure::{Options, configure};
use super::error::KernelError;
use super::exit::{self, Exit, ExitKind};
use super::features::{Features, running_scheduler};
use super::hints::NodeHints;
use super::libbpf::{fill_map, listen_to_libbpf, step};
use super::skel::{BpfSkel, BpfSkelBuilder};
use super::tables::Tables;
use crate::cpuset::CpuSet;
use crate::domain::Domains;
use crate::topology::Topology;
use crate::units::DomainId;
use libbpf_rs::skel::{OpenSkel, SkelBuilder};
use libbpf_rs::{Link, OpenObject};
use std::mem::MaybeUninit;
use std::time::Instant;

/// Where libbpf keeps what it opens. It has to outlive [`Attached`].
pub type Object = MaybeUninit<OpenObject>;

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
}

fn fill(skel: &BpfSkel<'_>, tables: &Tables) -> libbpf_rs::Result<()> {
    fill_map(&skel.maps.cpu_configs, &tables.cpu_configs)?;
    fill_map(&skel.maps.domain_configs, &tables.domain_configs)?;
    fill_map(&skel.maps.domain_cpus, &tables.domain_cpus)?;
    fill_map(&skel.maps.neighbours, &tables.neighbours)?;
    fill_map(&skel.maps.class_domains, &tables.class_domains)
}
