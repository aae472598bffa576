//! Reads the scheduler's state.

use super::counters::counters;
use super::error::KernelError;
use super::libbpf::{run, step};
use super::load::Attached;
use super::skel::{MapValue, intf};
use crate::balance::{DomainSnapshot, Snapshot};
use crate::cpuset::CpuSet;
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
        let states: Vec<intf::domain_state> = read_all(&self.skel.maps.domain_states, MapFlags::LOCK)?;
        Ok(Snapshot { domains: states.iter().map(domain_snapshot).collect() })
    }

    /// What each CPU that may ever come online has counted, in the order of ids.
    ///
    /// # Errors
    /// [`KernelError::Step`] if a map cannot be read.
    pub fn cpu_readings(&self) -> Result<Vec<CpuReading>, KernelError> {
        let states: Vec<intf::cpu_state> = read_all(&self.skel.maps.cpu_states, MapFlags::ANY)?;
        let all = (0..).map(CpuId).zip(&self.cpu_domains).zip(&states);
        Ok(all.filter_map(|((id, domain), state)| Some(self.cpu_reading(id, (*domain)?, state))).collect())
    }

    /// Those of them that are offline now.
    ///
    /// # Errors
    /// [`KernelError::Step`] if a map cannot be read.
    pub fn offline_cpus(&self) -> Result<CpuSet, KernelError> {
        Ok(self.cpu_readings()?.iter().filter(|cpu| !cpu.online).map(|cpu| cpu.id).collect())
    }

    fn cpu_reading(&self, id: CpuId, domain: DomainId, state: &intf::cpu_state) -> CpuReading {
        CpuReading {
            id,
            domain,
            online: state.online != 0,
            running: state.running_weight != 0,
            taken_ns: state.taken_ns,
            misfit: state.misfit != 0,
            parked: self.parked.contains(id),
            frequency_target: self.asked_cpus.contains(id).then_some(state.perf),
            counters: counters(state),
            delays: Delays(state.delays),
        }
    }

    /// What each domain does just now, by id.
    ///
    /// # Errors
    /// [`KernelError::Step`] if a map cannot be read.
    pub fn domain_readings(&self) -> Result<Vec<DomainReading>, KernelError> {
        let states: Vec<intf::domain_state> = read_all(&self.skel.maps.domain_states, MapFlags::ANY)?;
        let reading =
            |state: &intf::domain_state| DomainReading { runnable: state.nr_runnable, running: state.nr_running };
        Ok(states.iter().map(reading).collect())
    }
}

fn domain_snapshot(state: &intf::domain_state) -> DomainSnapshot {
    DomainSnapshot {
        at: state.load_stamp,
        load_integral: state.load_integral,
        pinned_integral: state.pinned_integral,
        runnable_integral: state.runnable_integral,
        taken_ns: state.taken_ns,
        online: state.nr_online,
        pressure: state.pressure,
    }
}

/// All entries of an array.
fn read_all<V: MapValue>(map: &impl MapCore, flags: MapFlags) -> Result<Vec<V>, KernelError> {
    read_first(map, map.max_entries(), flags)
}

/// The first `count` entries of an array, by one call: each costs more than what it reads.
pub(super) fn read_first<V: MapValue>(map: &impl MapCore, count: u32, flags: MapFlags) -> Result<Vec<V>, KernelError> {
    // A batch that is not full is known to be the last. After a full one, nobody asks for more than `count`.
    let size = if count < map.max_entries() { count } else { count + 1 };
    let batch = map.lookup_batch(size, flags, MapFlags::ANY).map_err(|e| step("reading the scheduler's state", &e))?;
    let all: Vec<V> = batch.take(count as usize).filter_map(|(_, bytes)| V::from_bytes(&bytes)).collect();
    if all.len() == count as usize {
        return Ok(all);
    }
    Err(KernelError::Step {
        step: "reading the scheduler's state".to_owned(),
        cause: format!("the kernel returned {} entries of {count}", all.len()),
        log: String::new(),
    })
}

pub(super) fn read<V: MapValue>(map: &impl MapCore, id: u32, flags: MapFlags) -> Result<V, KernelError> {
    let bytes = map.lookup(id.as_bytes(), flags).map_err(|e| step("reading the scheduler's state", &e))?;
    bytes.as_deref().and_then(V::from_bytes).ok_or_else(|| KernelError::Step {
        step: format!("reading entry {id} of the scheduler's state"),
        cause: "the kernel returned nothing".to_owned(),
        log: String::new(),
    })
}
