//! Reads the scheduler's state.

use super::error::KernelError;
use super::load::{Attached, run, step};
use super::skel::{MapValue, intf};
use crate::balance::{DomainSnapshot, Snapshot};
use crate::stats::Counters;
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

    /// The counters, summed over CPUs.
    ///
    /// # Errors
    /// [`KernelError::Step`] if a map cannot be read.
    pub fn counters(&self) -> Result<Counters, KernelError> {
        let mut sum = Counters::default();
        for cpu in 0..self.skel.maps.cpu_states.max_entries() {
            sum.add(read::<intf::cpu_state>(&self.skel.maps.cpu_states, cpu, MapFlags::ANY)?.counters);
        }
        Ok(sum)
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
