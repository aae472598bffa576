//! Attaches the programs of `bpf/trace.bpf.c` beside the running scheduler, and reads what they tell.

use super::configure::SCHEDULER;
use super::error::KernelError;
use super::features::{Features, running_scheduler};
use super::libbpf::{listen_to_libbpf, step};
use super::skel::{MapValue, OpenTraceSkel, TraceSkel, TraceSkelBuilder, intf};
use crate::cpuset::CpuSet;
use crate::trace::{Event, FlowStep, Thread, What};
use crate::units::{CpuId, DomainId};
use libbpf_rs::query::{ProgInfoIter, ProgInfoQueryOptions};
use libbpf_rs::skel::{OpenSkel, SkelBuilder};
use libbpf_rs::{Link, MapCore, MapFlags, MapHandle, OpenObject, RingBufferBuilder};
use std::mem::MaybeUninit;
use std::os::fd::AsFd;

/// Where libbpf keeps what it opens. It has to outlive [`Tracing`].
pub type TraceObject = MaybeUninit<OpenObject>;

/// The kernel keeps 15 bytes of a name.
const KEPT: usize = 15;

/// A trace that goes on until this is dropped.
pub struct Tracing<'obj> {
    skel: TraceSkel<'obj>,
    _links: Vec<Link>,
    domains: Vec<CpuSet>,
}

impl<'obj> Tracing<'obj> {
    /// Attach to the running scheduler, with a buffer of so many MiB, a power of two.
    ///
    /// # Errors
    /// [`KernelError`]: no scx_domains of this version runs, or the kernel refuses.
    pub fn start(object: &'obj mut TraceObject, buffer_mib: u32) -> Result<Self, KernelError> {
        let features = Features::probe(false)?;
        let running = running_scheduler();
        if running.as_deref() != Some(SCHEDULER) {
            return Err(KernelError::NotOurs(running));
        }
        listen_to_libbpf();
        let maps = scheduler_maps()?;
        let domains = domains(&maps.cpu_configs)?;
        let mut open = TraceSkelBuilder::default().open(object).map_err(|e| step("opening the BPF programs", &e))?;
        configure(&mut open, &maps, &domains, buffer_mib, features)
            .map_err(|e| step("joining the scheduler's maps", &e))?;
        let skel = open.load().map_err(|e| step("loading the programs that trace", &e))?;
        let mut links = vec![skel.progs.trace_switches.attach()];
        if features.tells_frequencies {
            links.push(skel.progs.trace_frequencies.attach());
        }
        let links: Result<Vec<Link>, _> = links.into_iter().collect();
        let links = links.map_err(|e| step("attaching to the kernel's context switches", &e))?;
        Ok(Self { skel, _links: links, domains })
    }

    /// The CPUs of each domain, by id.
    #[must_use]
    pub fn domains(&self) -> &[CpuSet] {
        &self.domains
    }

    /// What has happened since the last call.
    ///
    /// # Errors
    /// [`KernelError::Step`] if the buffer cannot be read.
    pub fn events(&self) -> Result<Vec<Event>, KernelError> {
        let mut events = Vec::new();
        let mut builder = RingBufferBuilder::new();
        let heard = |bytes: &[u8]| {
            events.extend(event(bytes));
            0
        };
        let failed = |e: libbpf_rs::Error| step("reading the trace's buffer", &e);
        builder.add(&self.skel.maps.trace_events, heard).map_err(failed)?;
        builder.build().and_then(|ring| ring.consume()).map_err(failed)?;
        Ok(events)
    }

    /// Events that were lost up to now because the buffer was full.
    #[must_use]
    pub fn lost(&self) -> u64 {
        // SAFETY: a live, aligned u64 in memory that is mapped from the kernel, which only BPF writes.
        self.skel.maps.bss_data.as_ref().map_or(0, |bss| unsafe { std::ptr::read_volatile(&raw const bss.lost) })
    }
}

/// The maps of the running scheduler that are looked at.
struct SchedulerMaps {
    cpu_configs: MapHandle,
    domain_states: MapHandle,
    domain_flows: MapHandle,
}

/// They are found by way of the newest program of ours that is loaded: where an older one is still on its way out, that is
/// not the one that runs.
fn scheduler_maps() -> Result<SchedulerMaps, KernelError> {
    let options = ProgInfoQueryOptions::default().include_map_ids(true);
    let ours = ProgInfoIter::with_query_opts(options).filter(|info| info.name == "domains_enqueue");
    let ids = ours.max_by_key(|info| info.id).map(|info| info.map_ids).unwrap_or_default();
    let handles: Vec<MapHandle> = ids.into_iter().filter_map(|id| MapHandle::from_map_id(id).ok()).collect();
    let named = |name: &str| {
        let kept = &name[..name.len().min(KEPT)];
        let found = handles.iter().find(|handle| handle.name() == kept);
        let twin = found.and_then(|handle| MapHandle::try_from(handle).ok());
        twin.ok_or_else(|| KernelError::Step {
            step: format!("looking for the scheduler's map {name}"),
            cause: "the kernel does not show it; this takes root".to_owned(),
            log: String::new(),
        })
    };
    Ok(SchedulerMaps {
        cpu_configs: named("cpu_configs")?,
        domain_states: named("domain_states")?,
        domain_flows: named("domain_flows_map")?,
    })
}

/// The CPUs of each domain, from the scheduler's own table.
fn domains(cpu_configs: &MapHandle) -> Result<Vec<CpuSet>, KernelError> {
    let mut domains: Vec<CpuSet> = Vec::new();
    for cpu in 0..cpu_configs.max_entries() {
        let config: intf::cpu_config = super::sample::read(cpu_configs, cpu, MapFlags::ANY)?;
        if config.domain != intf::none_NO_DOMAIN {
            let domain = config.domain as usize;
            domains.resize_with(domains.len().max(domain + 1), CpuSet::new);
            domains[domain].insert(CpuId(cpu));
        }
    }
    Ok(domains)
}

fn configure(
    open: &mut OpenTraceSkel<'_>,
    maps: &SchedulerMaps,
    domains: &[CpuSet],
    buffer_mib: u32,
    features: Features,
) -> libbpf_rs::Result<()> {
    open.maps.cpu_configs.reuse_fd(maps.cpu_configs.as_fd())?;
    open.maps.domain_states.reuse_fd(maps.domain_states.as_fd())?;
    open.maps.domain_flows_map.reuse_fd(maps.domain_flows.as_fd())?;
    open.maps.looks.set_max_entries(domains.len() as u32)?;
    open.maps.trace_events.set_max_entries(buffer_mib << 20)?;
    open.progs.trace_frequencies.set_autoload(features.tells_frequencies);
    Ok(())
}

/// An event from the buffer; none where it is of no known kind.
fn event(bytes: &[u8]) -> Option<Event> {
    let head = intf::trace_head::from_bytes(bytes)?;
    let what = match head.kind {
        intf::trace_kind_TRACE_SWITCH => switch(&intf::trace_switch::from_bytes(bytes)?),
        intf::trace_kind_TRACE_DOMAIN => {
            let look = intf::trace_domain::from_bytes(bytes)?;
            What::Domain {
                domain: DomainId(look.domain),
                queued: u32::try_from(look.queued).ok(),
                runnable: look.nr_runnable,
                load: look.load,
            }
        }
        intf::trace_kind_TRACE_FLOW => {
            let flow = intf::trace_flow::from_bytes(bytes)?;
            What::Flow(FlowStep {
                from: DomainId(flow.from),
                to: DomainId(flow.to),
                moved: flow.moved,
                refused: flow.refused,
                left: flow.left,
                applied: flow.applied,
            })
        }
        intf::trace_kind_TRACE_FREQUENCY => What::Frequency { khz: intf::trace_frequency::from_bytes(bytes)?.khz },
        _ => return None,
    };
    Some(Event { at: head.at, cpu: CpuId(head.cpu), what })
}

fn switch(raw: &intf::trace_switch) -> What {
    let thread = |id, prio, name: &[std::os::raw::c_char]| Thread { id, prio, name: super::exit::text(name) };
    What::Switch {
        prev: thread(raw.prev_pid, raw.prev_prio, &raw.prev_name),
        prev_state: raw.prev_state,
        next: thread(raw.next_pid, raw.next_prio, &raw.next_name),
    }
}
