//! The log of rounds: those that planned something, with why and with what came of it, for people. Pure.

use crate::balance::{FlowBook, FlowTotals, Imbalance, Params};
use crate::domain::Domains;
use crate::replay::explain;
use crate::units::DomainId;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

use super::Round;

/// Rounds that are kept. On a machine of 64 domains it is about 500 KB.
const KEPT: usize = 100;

/// A round that planned something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedRound {
    /// When, in ms since the scheduler was attached.
    pub at_ms: u64,
    /// What was planned.
    pub flows: Vec<LoggedFlow>,
}

/// A flow that was planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedFlow {
    pub src: DomainId,
    pub dst: DomainId,
    /// Load: 1024 = a task at nice 0 that always wants to run.
    pub planned: u64,
    /// Why, in a sentence or more.
    pub why: String,
    /// What came of it; none while it is in force.
    pub came: Option<FlowTotals>,
}

/// The last rounds that planned something.
#[derive(Clone, Debug, Default)]
pub struct RoundLog {
    rounds: VecDeque<Entry>,
}

/// What it takes to explain a round. The words are made when somebody asks.
#[derive(Clone, Debug)]
struct Entry {
    round: Round,
    imbalances: Vec<Imbalance>,
    came: Option<FlowBook>,
}

impl RoundLog {
    /// A round was planned on these imbalances and handed over; `book` is what that told: of the flows of the last plan,
    /// what came of them.
    pub fn add(&mut self, round: &Round, imbalances: &[Imbalance], book: &FlowBook) {
        if let Some(last) = self.rounds.back_mut() {
            last.came.get_or_insert_with(|| book.clone());
        }
        if round.plan.flows.is_empty() {
            return;
        }
        if self.rounds.len() == KEPT {
            self.rounds.pop_front();
        }
        self.rounds.push_back(Entry { round: round.clone(), imbalances: imbalances.to_vec(), came: None });
    }

    /// The rounds, the newest last.
    #[must_use]
    pub fn told(&self, domains: &Domains, params: &Params) -> Vec<LoggedRound> {
        self.rounds.iter().map(|entry| entry.told(domains, params)).collect()
    }
}

impl Entry {
    fn told(&self, domains: &Domains, params: &Params) -> LoggedRound {
        let Round { at_ms, sample, plan } = &self.round;
        // A sentence a flow comes first, in the order of the plan.
        let mut why = explain(domains, sample, &self.imbalances, plan, params).into_iter();
        let flow = |flow: &crate::balance::Flow| LoggedFlow {
            src: flow.src,
            dst: flow.dst,
            planned: flow.amount,
            why: why.next().unwrap_or_default(),
            came: self.came.as_ref().map(|book| came_of(book, flow.src, flow.dst)),
        };
        LoggedRound { at_ms: *at_ms, flows: plan.flows.iter().map(flow).collect() }
    }
}

/// What the book says of a pair, but for what it was planned anew.
fn came_of(book: &FlowBook, src: DomainId, dst: DomainId) -> FlowTotals {
    let pair = book.pairs().find(|(pair, _)| *pair == (src, dst));
    pair.map_or(FlowTotals::default(), |(_, totals)| FlowTotals { planned: 0, ..totals })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{header, round};
    use super::*;
    use crate::balance::Balancer;

    fn add(log: &mut RoundLog, balancer: &mut Balancer, hogs: [u64; 2], book: &FlowBook) {
        let mut round = round(0, hogs);
        round.plan = balancer.plan(&header().domains, &round.sample);
        log.add(&round, balancer.imbalances(), book);
    }

    #[test]
    fn a_flow_is_told_with_its_reason_and_its_outcome() {
        let (mut log, mut balancer) = (RoundLog::default(), Balancer::new(Params::default()));
        add(&mut log, &mut balancer, [6, 0], &FlowBook::default());
        let told = log.told(&header().domains, &Params::default());
        let flow = &told[0].flows[0];
        assert_eq!((flow.src, flow.dst, flow.came), (DomainId(0), DomainId(1), None));
        assert!(flow.planned >= 3 * 1024 && flow.why.starts_with("0 -> 1: "), "{flow:?}");

        let mut book = FlowBook::default();
        let totals = FlowTotals { planned: 0, applied: 3072, moved: 3, ..Default::default() };
        book.add(DomainId(0), DomainId(1), FlowTotals { planned: 77, ..totals });
        add(&mut log, &mut balancer, [3, 3], &book);
        let later = FlowBook::default();
        add(&mut log, &mut balancer, [3, 3], &later);
        let told = log.told(&header().domains, &Params::default());
        assert_eq!(told[0].flows[0].came, Some(totals), "the next round's book tells, and no later one");
    }

    #[test]
    fn quiet_rounds_leave_nothing_and_the_log_is_bounded() {
        let (mut log, mut balancer) = (RoundLog::default(), Balancer::new(Params::default()));
        add(&mut log, &mut balancer, [1, 1], &FlowBook::default());
        assert!(log.told(&header().domains, &Params::default()).is_empty());
        for _ in 0..2 * KEPT {
            log.add(&round(0, [6, 0]), &[], &FlowBook::default());
        }
        assert_eq!(log.rounds.len(), KEPT);
    }
}
