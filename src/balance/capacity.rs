//! What a domain can do.
//!
//! ```text
//! capacity = capacity of a CPU of its class × (online CPUs − CPUs' worth of time that a higher class had) × (1 − heat)
//! ```
//!
//! Example: a domain of four CPUs of 1024, one of which a SCHED_FIFO hog has for 95 % of the time, can do 3.05 × 1024 =
//! 3123. Against another of 4096 it gets 43 % of the load, not half: of twelve hogs 5.2. Counted as four CPUs it would
//! get six, and each would miss an eighth of its share.
//!
//! Heat is what is to be left unused before the firmware throttles (`heat`): of four E-cores of 620 at 0.3, 2480 × 0.7 = 1736
//! are left. It makes no CPU go away, so it does not make a domain crowded.
//!
//! How long a higher class has a CPU is an estimate of what it will have: bursts of real time shorter than a round come
//! and go. So it is smoothed over about [`SMOOTHED_NS`], which damps what moves because of it; it moves nothing by
//! itself.

use super::{DomainSample, Sample};
use crate::domain::{Domain, Domains};

/// Half a second: five rounds at the default pace, and half of a period of the kernel's real-time throttling.
const SMOOTHED_NS: f64 = 500e6;

/// The mean time that a higher class had, in thousandths of a CPU: `before`, after one more round.
pub(super) fn smoothed(before: f64, sample: &Sample, domain: &DomainSample) -> f64 {
    let span = sample.span_ns as f64;
    before + (f64::from(domain.taken_milli) - before) * span / (span + SMOOTHED_NS)
}

/// What each domain can do, in [`Capacity`](crate::units::Capacity) units, where `taken_milli` of CPU time are not
/// there.
pub(super) fn capacities(domains: &Domains, sample: &Sample, taken_milli: &[f64]) -> Vec<f64> {
    let all = domains.domains.iter().zip(&sample.domains).zip(taken_milli);
    all.map(|((domain, now), taken)| capacity_of_a_cpu(domain) * cpus(domain, now, *taken) * cool(now)).collect()
}

/// The part of its capacity that heat leaves.
fn cool(now: &DomainSample) -> f64 {
    1.0 - f64::from(now.heat_milli.min(1000)) / 1000.0
}

pub(super) fn capacity_of_a_cpu(domain: &Domain) -> f64 {
    f64::from(domain.capacity.0) / domain.cpus.len().max(1) as f64
}

/// The CPUs' worth of time that is there for tasks of ours.
pub(super) fn cpus(domain: &Domain, now: &DomainSample, taken_milli: f64) -> f64 {
    let online = (now.online as usize).min(domain.cpus.len()) as f64;
    (online - taken_milli / 1000.0).max(0.0)
}
