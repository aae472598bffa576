//! Looks at the sensors once a second, and writes what heat takes of each domain into the rounds' samples.

use std::path::Path;
use std::time::Instant;

use crate::balance::{Sample, Snapshot};
use crate::cpuset::CpuSet;
use crate::domain::Domains;
use crate::heat::{Heat, Reading, Sensors};
use crate::topology::Topology;

/// The sensors and what has followed from them.
pub struct HeatWatch {
    sensors: Sensors,
    heat: Heat,
    read_at: Instant,
    /// By domain, in thousandths of its capacity.
    lost: Vec<u32>,
}

impl HeatWatch {
    /// None where no sensor can be trusted and frequencies have no ceilings: then nothing is read.
    pub fn new(topology: &Topology, domains: &Domains) -> Option<Self> {
        let sensors = Sensors::find(Path::new("/"), topology)?;
        log::debug!("heat is watched: {}", sensors.described());
        let lost = vec![0; domains.len()];
        Some(Self { sensors, heat: Heat::new(topology, domains), read_at: Instant::now(), lost })
    }

    /// What CPUs may do less than they could, in thousandths, as of the last look.
    pub fn held(&self) -> Vec<(CpuSet, u32)> {
        self.heat.held()
    }

    /// The same domains have other capacities.
    pub fn renew(&mut self, topology: &Topology, domains: &Domains) {
        self.heat.renew(topology, domains);
    }

    /// Look at the sensors; `snapshot` is the last there is of the domains.
    pub fn look(&mut self, snapshot: &Snapshot) {
        let since = self.read_at.elapsed();
        self.read_at = Instant::now();
        let pressure = snapshot.domains.iter().map(|domain| domain.pressure).collect();
        let reading = Reading { pressure, ..self.sensors.read() };
        let lost = self.heat.update(&reading, since.as_secs_f64());
        if lost != self.lost {
            log::debug!("heat takes, in thousandths by domain: {lost:?}");
        }
        self.lost = lost;
    }

    /// Tell `sample` what the last look found.
    pub fn tell(&self, sample: &mut Sample) {
        for (domain, lost) in sample.domains.iter_mut().zip(&self.lost) {
            domain.heat_milli = *lost;
        }
    }
}
