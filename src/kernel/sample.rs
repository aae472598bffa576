//! Reads the scheduler's state.

use super::counters::counters;
use super::error::KernelError;
use super::load::{Attached, run, step};
use super::skel::{MapValue, intf};
use crate::balance::{DomainSnapshot, Snapshot};
use crate::stats::{CpuReading, Delays, DomainReading};
use crate::units::{CpuId, DomainId};
use libbpf_rs::{MapCore, MapFlags};

impl Attached<'_> {
    /// The domains' counters now.
    ///
    /// # Errors
    /// [`KernelError::Step`] if a map cannot be read.
    pub fn snapshot(&self) -> Result<Snapshot, KernelError> {
        run(&self.skel.progs.advance_loads, "bringing the loads up to date")?;
        let domains = (0..self.domains as u32).map(|id| self.domain_snapshot(id)).collect::<Result<_, _>>()?;
        Ok(Snapshot { domains })
    }

    /// What each CPU that may ever come online has counted, in the order of ids.
    ///
    /// # Errors
    /// [`KernelError::Step`] if a map cannot be read.
    pub fn cpu_readings(&self) -> Result<Vec<CpuReading>, KernelError> {
        let possible = (0u32..).zip(&self.cpu_domains).filter_map(|(id, domain)| Some((id, (*domain)?)));
        possible.map(|(id, domain)| self.cpu_reading(id, domain)).collect()
    }

    fn cpu_reading(&self, id: u32, domain: DomainId) -> Result<CpuReading, KernelError> {
        let state: intf::cpu_state = read(&self.skel.maps.cpu_states, id, MapFlags::ANY)?;
        Ok(CpuReading {
            id: CpuId(id),
            domain,
            online: state.online != 0,
            running: state.running_weight != 0,
            taken_ns: state.taken_ns,
            counters: counters(&state),
            delays: Delays(state.delays),
        })
    }

    /// What each domain does just now, by id.
    ///
    /// # Errors
    /// [`KernelError::Step`] if a map cannot be read.
    pub fn domain_readings(&self) -> Result<Vec<DomainReading>, KernelError> {
        let all = 0..self.domains as u32;
        all.map(|id| {
            let state: intf::domain_state = read(&self.skel.maps.domain_states, id, MapFlags::ANY)?;
            Ok(DomainReading { runnable: state.nr_runnable, running: state.nr_running })
        })
        .collect()
    }

    fn domain_snapshot(&self, id: u32) -> Result<DomainSnapshot, KernelError> {
        let state: intf::domain_state = read(&self.skel.maps.domain_states, id, MapFlags::LOCK)?;
        Ok(DomainSnapshot {
            at: state.load_stamp,
            load_integral: state.load_integral,
            pinned_integral: state.pinned_integral,
            runnable_integral: state.runnable_integral,
            taken_ns: state.taken_ns,
            online: state.nr_online,
        })
    }
}

pub(super) fn read<V: MapValue>(map: &impl MapCore, id: u32, flags: MapFlags) -> Result<V, KernelError> {
    let bytes = map.lookup(id.as_bytes(), flags).map_err(|e| step("reading the scheduler's state", &e))?;
    bytes.as_deref().and_then(V::from_bytes).ok_or_else(|| KernelError::Step {
        step: format!("reading entry {id} of the scheduler's state"),
        cause: "the kernel returned nothing".to_owned(),
        log: String::new(),
    })
}
