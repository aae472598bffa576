//! The balancer: what it remembers from round to round, and the steps of one.

use super::capacity::{cpus, smoothed};
use super::deficit::{integrate, relative};
use super::flow::flows;
use super::imbalance::{imbalances, is_crowded};
use super::{Imbalance, Params, Plan, Sample, load_cap};
use crate::domain::Domains;
use serde::{Deserialize, Serialize};

/// Plans rounds. It starts with no memory; the same samples in the same order give the same plans.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Balancer {
    params: Params,
    /// By domain: time that a higher class has, smoothed, in thousandths of a CPU.
    taken_milli: Vec<f64>,
    /// By domain: load that it should have less of for a while.
    owed: Vec<f64>,
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
    }
}
