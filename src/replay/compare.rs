//! A recorded round beside the same round planned again.

use std::fmt::Write;

use serde::Serialize;

use crate::balance::{Flow, Plan};
use crate::record::Round;
use crate::stats::tasks;

/// What was planned in a round, and what is planned now.
#[derive(Debug, Serialize)]
pub struct Comparison<'a> {
    /// Counts from 1, as the lines of the record after its header.
    pub round: u64,
    /// When, in ms since the scheduler was attached.
    pub at_ms: u64,
    pub then: &'a [Flow],
    pub now: &'a [Flow],
    pub differs: bool,
}

impl<'a> Comparison<'a> {
    #[must_use]
    pub fn new(number: u64, recorded: &'a Round, now: &'a Plan) -> Self {
        let (then, now) = (&recorded.plan.flows[..], &now.flows[..]);
        Self { round: number, at_ms: recorded.at_ms, then, now, differs: then != now }
    }

    /// A heading, with both plans under it where they differ.
    #[must_use]
    pub fn text(&self) -> String {
        let heading = format!("round {} at {:.2} s\n", self.round, self.at_ms as f64 / 1000.0);
        if self.differs {
            format!("{heading}  recorded: {}\n  now:      {}\n", flows(self.then), flows(self.now))
        } else {
            heading
        }
    }
}

fn flows(flows: &[Flow]) -> String {
    if flows.is_empty() {
        return "nothing".to_owned();
    }
    let mut text = String::new();
    for flow in flows {
        let comma = if text.is_empty() { "" } else { ", " };
        // Writing to a string cannot fail.
        let _ = write!(text, "{comma}{} -> {}: {:.2}", flow.src, flow.dst, tasks(flow.amount));
        let off_memory = if flow.off_memory { ", away from their memory too" } else { "" };
        let (least, most) = (tasks(flow.min_load), tasks(flow.max_load));
        let _ = write!(text, " (tasks of {least:.2} to {most:.2}{off_memory})");
    }
    text
}

/// All rounds together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    pub rounds: u64,
    /// Rounds in which other flows are planned now.
    pub differ: u64,
    /// Load that flows were planned for then, 1024 = one task at nice 0.
    pub planned_then: u64,
    /// The same, now.
    pub planned_now: u64,
}

impl Summary {
    pub fn add(&mut self, comparison: &Comparison<'_>) {
        let planned = |flows: &[Flow]| flows.iter().map(|flow| flow.amount).fold(0, u64::saturating_add);
        self.rounds += 1;
        self.differ += u64::from(comparison.differs);
        self.planned_then = self.planned_then.saturating_add(planned(comparison.then));
        self.planned_now = self.planned_now.saturating_add(planned(comparison.now));
    }

    #[must_use]
    pub fn text(&self) -> String {
        format!(
            "{} rounds, {} differ from the record; load planned in all: {:.2} recorded, {:.2} now\n",
            self.rounds,
            self.differ,
            tasks(self.planned_then),
            tasks(self.planned_now)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::round;

    #[test]
    fn a_round_that_differs_shows_both() {
        let recorded = round(1500, [6, 0]);
        let same = Comparison::new(15, &recorded, &recorded.plan);
        let flow = "0 -> 1: 3.00 (tasks of 0.19 to 4.00, away from their memory too)";
        assert_eq!((same.differs, same.text()), (false, "round 15 at 1.50 s\n".to_owned()));
        let nothing = Plan::default();
        let other = Comparison::new(15, &recorded, &nothing);
        assert_eq!(other.text(), format!("round 15 at 1.50 s\n  recorded: {flow}\n  now:      nothing\n"));

        let mut summary = Summary::default();
        summary.add(&same);
        summary.add(&other);
        assert_eq!(
            summary.text(),
            "2 rounds, 1 differ from the record; load planned in all: 6.00 recorded, 3.00 now\n"
        );
    }
}
