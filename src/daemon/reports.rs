//! Makes a report when somebody asks for one, and never else.

use crate::domain::Domains;
use crate::kernel::{Attached, KernelError, events};
use crate::stats::{DaemonStats, Places, Reading, Report, cpu_times, process};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Who asks again sooner, in seconds, gets the same report again: askers cannot keep the daemon from its rounds.
const FRESH: f64 = 0.05;
/// Windows are no shorter than this, in seconds, however many ask: the kernel counts CPUs' time in ticks of 10 ms.
const SHORTEST_WINDOW: f64 = 0.5;

/// What is remembered from report to report.
pub struct Reports {
    places: Places,
    /// How long attaching took.
    attach_time: Duration,
    attached_at: Instant,
    /// What windows begin with now, and will begin with once they are long enough.
    earlier: Reading,
    latest: Reading,
    last: Option<Arc<Report>>,
}

impl Reports {
    /// The first window begins now, when attaching is done.
    pub fn new(places: Places, attach_time: Duration) -> Self {
        let first = Reading { times: cpu_times().unwrap_or_default(), ..Reading::default() };
        Self { places, attach_time, attached_at: Instant::now(), earlier: first.clone(), latest: first, last: None }
    }

    /// From now on the domains are these: the same CPUs, which can do more or less than before.
    pub fn about(&mut self, domains: &Domains) {
        self.places.domains = domains.clone();
    }

    /// The last report, if it was made a moment ago.
    pub fn fresh(&self) -> Option<Arc<Report>> {
        let now = self.attached_at.elapsed().as_secs_f64();
        self.last.clone().filter(|report| now - report.daemon.uptime < FRESH)
    }

    /// Read what the rounds do not know, to go with what they do.
    ///
    /// # Errors
    /// [`KernelError::Step`]: the scheduler's maps or procfs cannot be read.
    pub fn read(&self, attached: &Attached<'_>, rounds: Reading) -> Result<Reading, KernelError> {
        let failed = |error: std::io::Error| KernelError::Step {
            step: "reading the CPUs' times and the daemon's own in /proc".to_owned(),
            cause: error.to_string(),
            log: String::new(),
        };
        let process = process().map_err(failed)?;
        Ok(Reading {
            domains: attached.domain_readings()?,
            cpus: attached.cpu_readings()?,
            times: cpu_times().map_err(failed)?,
            events: events(),
            daemon: DaemonStats {
                uptime: self.attached_at.elapsed().as_secs_f64(),
                attach: self.attach_time.as_secs_f64(),
                cpu: process.cpu,
                memory: process.memory,
                descriptors: process.descriptors,
                ..rounds.daemon
            },
            ..rounds
        })
    }

    /// The report of this reading.
    pub fn report(&mut self, now: Reading) -> Arc<Report> {
        let uptime = now.daemon.uptime;
        if uptime - self.latest.daemon.uptime >= SHORTEST_WINDOW {
            self.earlier = std::mem::replace(&mut self.latest, now.clone());
        }
        let report = Arc::new(Report::new(&self.places, &self.earlier, &now));
        self.last = Some(Arc::clone(&report));
        report
    }
}
