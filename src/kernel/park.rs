//! Tells the scheduler which CPUs to leave asleep (`bpf/park.bpf.h`).

use super::error::KernelError;
use super::libbpf::{run, step};
use super::load::Attached;
use super::skel::MapValue;
use crate::cpuset::CpuSet;
use crate::units::CpuId;
use libbpf_rs::{MapCore, MapFlags};

impl Attached<'_> {
    /// The CPUs that are left asleep.
    #[must_use]
    pub fn parked(&self) -> &CpuSet {
        &self.parked
    }

    /// Leave these asleep, and no others.
    ///
    /// # Errors
    /// [`KernelError::Step`] if the kernel refuses.
    pub fn park(&mut self, cpus: CpuSet) -> Result<(), KernelError> {
        if cpus == self.parked {
            return Ok(());
        }
        let map = &self.skel.maps.parked_cpus;
        for id in 0..map.max_entries() {
            if cpus.contains(CpuId(id)) != self.parked.contains(CpuId(id)) {
                let parked = u32::from(cpus.contains(CpuId(id)));
                map.update(id.as_bytes(), parked.as_bytes(), MapFlags::ANY).map_err(|e| step(PARKING, &e))?;
            }
        }
        run(&self.skel.progs.park_cpus, PARKING)?;
        self.parked = cpus;
        Ok(())
    }
}

const PARKING: &str = "leaving CPUs asleep";
