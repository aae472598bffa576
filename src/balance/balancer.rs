//! The balancer: what it remembers from round to round, and the steps of one.
//!
//! Loads are estimates of what comes: a kernel thread that was busy for 50 ms is half a task at nice 0 in a round, and
//! gone in the next. What is below a quarter of what a CPU is worth and was not there a round ago is such noise more
//! often than not, and to follow it takes two moves there and two back. So that much of an imbalance has to show in two
//! rounds in a row. More than that is acted on at once: no task at nice 0 that is worth a quarter of a CPU waits for a
//! proof.

use super::capacity::{cpus, smoothed};
use super::deficit::{integrate, relative};
use super::flow::flows;
use super::imbalance::{imbalances, is_crowded};
use super::{Imbalance, Params, Plan, Sample, load_cap};
use crate::domain::Domains;
use serde::{Deserialize, Serialize};

/// What has to show twice: up to this part of what a CPU is worth.
const NOISE: f64 = 0.25;

/// Plans rounds. It starts with no memory; the same samples in the same order give the same plans.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Balancer {
    params: Params,
    /// By domain: time that a higher class has, smoothed, in thousandths of a CPU.
    taken_milli: Vec<f64>,
    /// By domain: load that it should have less of for a while.
    owed: Vec<f64>,
    /// By domain: what it should have given (< 0: taken) by the last round alone.
    wanted: Vec<i64>,
    imbalances: Vec<Imbalance>,
}

impl Balancer {
    /// One that knows nothing of the past.
    #[must_use]
    pub fn new(params: Params) -> Self {
        Self { params, ..Self::default() }
    }

    /// Plan a round. Empty if the sample is not of these domains.
    #[must_use]
    pub fn plan(&mut self, domains: &Domains, sample: &Sample) -> Plan {
        if sample.domains.len() != domains.domains.len() {
            return Plan::default();
        }
        self.remember(domains, sample);
        Plan { flows: flows(domains, sample, &self.imbalances, &self.params) }
    }

    /// The imbalances that the last round was planned on, by domain. Empty before the first.
    #[must_use]
    pub fn imbalances(&self) -> &[Imbalance] {
        &self.imbalances
    }

    /// Take this round into memory, and compare loads with shares.
    fn remember(&mut self, domains: &Domains, sample: &Sample) {
        self.taken_milli.resize(domains.domains.len(), 0.0);
        self.owed.resize(domains.domains.len(), 0.0);
        self.wanted.resize(domains.domains.len(), 0);
        for (taken, now) in self.taken_milli.iter_mut().zip(&sample.domains) {
            *taken = smoothed(*taken, sample, now);
        }
        let nothing = vec![0.0; domains.domains.len()];
        let momentary = imbalances(domains, sample, &self.taken_milli, &nothing);
        let task = load_cap(sample) as f64;
        for (id, owed) in self.owed.iter_mut().enumerate() {
            let now = &sample.domains[id];
            let crowded = is_crowded(now, cpus(&domains.domains[id], now, self.taken_milli[id]));
            *owed = integrate(*owed, momentary[id].over as f64, crowded, sample.span_ns, task);
        }
        let shares: Vec<u64> = momentary.iter().map(|imbalance| imbalance.share).collect();
        self.imbalances = imbalances(domains, sample, &self.taken_milli, &relative(&self.owed, &shares));
        for (imbalance, wanted) in self.imbalances.iter_mut().zip(&mut self.wanted) {
            let wants = imbalance.over.saturating_add(imbalance.owed);
            if (wants.unsigned_abs() as f64) < task * NOISE {
                imbalance.can_give = imbalance.can_give.min(u64::try_from(*wanted).unwrap_or(0));
                imbalance.can_take = imbalance.can_take.min(u64::try_from(wanted.saturating_neg()).unwrap_or(0));
            }
            *wanted = wants;
        }
    }
}
