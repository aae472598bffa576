//! The balancer: what it remembers from round to round, and the steps of one.
//!
//! Loads are estimates of what comes: a kernel thread that was busy for 50 ms is half a task at nice 0 in a round, and
//! gone in the next. What is below a quarter of what a CPU is worth and was not there a moment ago is such noise more
//! often than not, and to follow it takes two moves there and two back. So that much of an imbalance has to show for
//! [`PROOF_NS`] first ([`Showing`]). More than that is acted on at once: no task at nice 0 that is worth a quarter of a
//! CPU waits for a proof.

use super::capacity::{cpus, smoothed};
use super::deficit::{integrate, relative};
use super::flow::flows;
use super::imbalance::{imbalances, is_crowded};
use super::tries::Tries;
use super::{Imbalance, Params, Plan, Sample, load_cap};
use crate::domain::Domains;
use serde::{Deserialize, Serialize};

/// What has to be proven: up to this part of what a CPU is worth.
const NOISE: f64 = 0.25;
/// For how long it has to show, ns. It is time and not rounds, which are from 9 ms to a second long. A round of the
/// default pace, 100 ms, is enough, and none is exactly that long.
const PROOF_NS: u64 = 80_000_000;

/// What has shown of an imbalance (> 0: should give, < 0: take).
///
/// Rounds are put together until they are PROOF_NS or more; what all of them showed counts from then on as proven, until
/// the next are that long. Example: 300, 200, 250, 220 in rounds of 20 ms prove 200; one of -50 among them proves 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Showing {
    /// What all of the rounds since the last proof have shown, and how long they were together.
    least: i64,
    span_ns: u64,
    proven: i64,
}

impl Showing {
    fn add(&mut self, wants: i64, span_ns: u64) {
        let before = if self.span_ns == 0 { wants } else { self.least };
        self.least = before.min(wants).max(0) + before.max(wants).min(0);
        self.span_ns = self.span_ns.saturating_add(span_ns);
        if self.span_ns >= PROOF_NS {
            (self.proven, self.span_ns) = (self.least, 0);
        }
    }
}

/// Plans rounds. It starts with no memory; the same samples in the same order give the same plans.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Balancer {
    params: Params,
    /// By domain: time that a higher class has, smoothed, in thousandths of a CPU.
    taken_milli: Vec<f64>,
    /// By domain: load that it should have less of for a while.
    owed: Vec<f64>,
    /// By domain: what has shown of what it should give.
    shown: Vec<Showing>,
    tries: Tries,
    imbalances: Vec<Imbalance>,
    crowded: bool,
}

impl Balancer {
    /// One that knows nothing of the past.
    #[must_use]
    pub fn new(params: Params) -> Self {
        Self { params, ..Self::default() }
    }

    /// From the next round on, plan by these. What was learnt stays.
    pub fn set_params(&mut self, params: Params) {
        self.params = params;
    }

    /// Plan a round. Empty if the sample is not of these domains.
    #[must_use]
    pub fn plan(&mut self, domains: &Domains, sample: &Sample) -> Plan {
        if sample.domains.len() != domains.domains.len() {
            return Plan::default();
        }
        self.remember(domains, sample);
        Plan { flows: flows(domains, sample, &self.imbalances, &mut self.tries, &self.params) }
    }

    /// The imbalances that the last round was planned on, by domain. Empty before the first.
    #[must_use]
    pub fn imbalances(&self) -> &[Imbalance] {
        &self.imbalances
    }

    /// Had some domain more to run in the last round than CPUs that were there for it? Only such a one can give.
    #[must_use]
    pub fn is_crowded(&self) -> bool {
        self.crowded
    }

    /// Take this round into memory, and compare loads with shares.
    fn remember(&mut self, domains: &Domains, sample: &Sample) {
        self.taken_milli.resize(domains.domains.len(), 0.0);
        self.owed.resize(domains.domains.len(), 0.0);
        self.shown.resize(domains.domains.len(), Showing::default());
        for (taken, now) in self.taken_milli.iter_mut().zip(&sample.domains) {
            *taken = smoothed(*taken, sample, now);
        }
        let nothing = vec![0.0; domains.domains.len()];
        let momentary = imbalances(domains, sample, &self.taken_milli, &nothing);
        let task = load_cap(sample) as f64;
        self.crowded = false;
        for (id, owed) in self.owed.iter_mut().enumerate() {
            let now = &sample.domains[id];
            let crowded = is_crowded(now, cpus(&domains.domains[id], now, self.taken_milli[id]));
            self.crowded |= crowded;
            *owed = integrate(*owed, momentary[id].over as f64, crowded, sample.span_ns, task);
        }
        let shares: Vec<u64> = momentary.iter().map(|imbalance| imbalance.share).collect();
        self.imbalances = imbalances(domains, sample, &self.taken_milli, &relative(&self.owed, &shares));
        for (imbalance, shown) in self.imbalances.iter_mut().zip(&mut self.shown) {
            let wants = imbalance.over.saturating_add(imbalance.owed);
            if (wants.unsigned_abs() as f64) < task * NOISE {
                imbalance.can_give = imbalance.can_give.min(u64::try_from(shown.proven).unwrap_or(0));
                imbalance.can_take = imbalance.can_take.min(u64::try_from(shown.proven.saturating_neg()).unwrap_or(0));
            }
            shown.add(wants, sample.span_ns);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn proven(rounds: &[(i64, u64)]) -> i64 {
        let mut shown = Showing::default();
        rounds.iter().for_each(|(wants, ms)| shown.add(*wants, ms * MS));
        shown.proven
    }

    #[test]
    fn a_proof_takes_time_and_not_rounds() {
        assert_eq!(proven(&[(200, 100)]), 200);
        assert_eq!(proven(&[(200, 100), (-100, 100)]), -100);
        assert_eq!(proven(&[(200, 20), (200, 20), (200, 20)]), 0);
        assert_eq!(proven(&[(300, 20), (200, 20), (250, 20), (220, 20)]), 200);
        assert_eq!(proven(&[(300, 20), (-50, 20), (250, 20), (220, 20)]), 0);
        assert_eq!(proven(&[(200, 1000), (-100, 20)]), 200, "until the next proof");
    }
}
