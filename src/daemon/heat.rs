//! Looks at the sensors once a second, and writes what heat takes of each domain into the rounds' samples.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::balance::Sample;
use crate::cpuset::CpuSet;
use crate::domain::Domains;
use crate::heat::{Heat, Sensors};
use crate::topology::Topology;

/// Temperatures change in seconds, and each look costs some file reads.
const EVERY: Duration = Duration::from_secs(1);

/// The sensors and what has followed from them.
pub struct HeatWatch {
    sensors: Sensors,
    heat: Heat,
    read_at: Instant,
    /// By domain, in thousandths of its capacity.
    lost: Vec<u32>,
    ceilings: Vec<(CpuSet, u32)>,
}

impl HeatWatch {
    /// None where no sensor can be trusted and frequencies have no ceilings: then nothing is read.
    pub fn new(topology: &Topology, domains: &Domains) -> Option<Self> {
        let sensors = Sensors::find(Path::new("/"), topology)?;
        log::debug!("heat is watched: {}", sensors.described());
        let lost = vec![0; domains.len()];
        Some(Self { sensors, heat: Heat::new(topology, domains), read_at: Instant::now(), lost, ceilings: Vec::new() })
    }

    /// CPUs that may not run at their full frequency, and what that takes, in thousandths; as of the last look.
    pub fn ceilings(&self) -> &[(CpuSet, u32)] {
        &self.ceilings
    }

    /// Look if it is time, and tell `sample`.
    pub fn tell(&mut self, sample: &mut Sample) {
        let since = self.read_at.elapsed();
        if since >= EVERY {
            self.read_at = Instant::now();
            let reading = self.sensors.read();
            let lost = self.heat.update(&reading, since.as_secs_f64());
            if lost != self.lost {
                log::debug!("heat takes, in thousandths by domain: {lost:?}");
            }
            (self.lost, self.ceilings) = (lost, reading.ceilings);
        }
        for (domain, lost) in sample.domains.iter_mut().zip(&self.lost) {
            domain.heat_milli = *lost;
        }
    }
}
