//! Who is better, and whether chaos alone could have said so.

use std::fmt;

use super::contestant::{Role, role};
use super::figure::{Figure, MIN_RUNS, times};
use super::grid::{Cell, Scenario};
use super::measure::{Better, Measure};

/// Ours against theirs.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Our median by theirs; none where one of them is missing or theirs is 0.
    pub ratio: Option<f64>,
    /// How far apart they are, in powers of two above the measure's floor; farthest where a figure is missing.
    pub distance: f64,
    pub verdict: Verdict,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Win,
    /// Ours is worse, or has failed where theirs has not.
    Loss,
    /// The medians are nearer to each other than the worst of either is to its median, or than anybody cares.
    Tie,
    /// Nothing to judge by, and why.
    None(&'static str),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Win => f.write_str("**win**"),
            Self::Loss => f.write_str("**loss**"),
            Self::Tie => f.write_str("tie"),
            Self::None(why) => f.write_str(why),
        }
    }
}

impl Comparison {
    pub fn ratio_text(&self) -> String {
        self.ratio.map_or_else(|| "–".into(), times)
    }
}

/// Judges a measure. A failure of ours is a loss unless they failed too; a failure of theirs is not yet a win of ours.
pub fn compare(ours: &Cell, theirs: &Cell, measure: &Measure) -> Comparison {
    let ratio = match (ours.figure(), theirs.figure()) {
        (Some(ours), Some(theirs)) if theirs.median != 0.0 => Some(ours.median / theirs.median),
        _ => None,
    };
    // With the floor added to both, so that nothing is not infinitely less than hardly anything.
    let distance = match (ours.figure(), theirs.figure()) {
        (Some(ours), Some(theirs)) => ((ours.median + measure.floor) / (theirs.median + measure.floor)).log2().abs(),
        _ => f64::INFINITY,
    };
    Comparison { ratio, distance, verdict: verdict(ours, theirs, measure) }
}

fn verdict(ours: &Cell, theirs: &Cell, measure: &Measure) -> Verdict {
    let failed = |cell: &Cell| cell.failures().any();
    match (ours, theirs) {
        (Cell::NotRun, _) => Verdict::None("not run"),
        (_, Cell::NotRun) => Verdict::None("theirs not run"),
        _ if failed(ours) && !failed(theirs) => Verdict::Loss,
        (Cell::Measured(ours, _), Cell::Measured(theirs, _)) => of_figures(ours, theirs, measure),
        (Cell::Measured(..), _) => Verdict::None("theirs has none"),
        _ => Verdict::None("ours has none"),
    }
}

fn of_figures(ours: &Figure, theirs: &Figure, measure: &Measure) -> Verdict {
    let ahead = match measure.better {
        Better::Lower => theirs.median - ours.median,
        Better::Higher => ours.median - theirs.median,
        Better::Unknown => return Verdict::None("–"),
    };
    if ours.runs.min(theirs.runs) < MIN_RUNS {
        Verdict::None("too few runs")
    } else if ahead.abs() <= ours.spread().max(theirs.spread()).max(measure.floor) {
        Verdict::Tie
    } else if ahead > 0.0 {
        Verdict::Win
    } else {
        Verdict::Loss
    }
}

/// The peer with the best median; one with too few runs only where no other has any.
pub fn best_peer<'a>(scenario: &Scenario, measure: &Measure, contestants: &'a [String]) -> Option<(&'a str, Cell)> {
    let peers = contestants.iter().filter(|name| role(name) == Role::Peer);
    let measured = peers.filter_map(|name| {
        let cell = scenario.cell(name, measure);
        let figure = *cell.figure()?;
        let key = if measure.better == Better::Higher { -figure.median } else { figure.median };
        Some(((figure.runs < MIN_RUNS, key), name.as_str(), cell))
    });
    let best = measured.min_by(|(a, ..), (b, ..)| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    best.map(|(_, name, cell)| (name, cell))
}
