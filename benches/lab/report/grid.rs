//! Results sorted into machines, scenarios and contestants, with a cell for each, also for those that were not run.

use std::collections::{BTreeMap, BTreeSet};

use super::contestant;
use super::current::Current;
use super::figure::{Figure, MIN_RUNS, number};
use super::markdown::slug;
use super::measure::{self, Better, Measure};
use crate::lab::results::{Outcome, Record};

/// All results.
#[derive(Debug)]
pub struct Grid {
    pub machines: Vec<Machine>,
    /// Everybody who was run anywhere, in the order of the columns: each has a cell on each machine.
    pub contestants: Vec<String>,
    /// Runs in the file that later ones have taken the place of.
    pub superseded: usize,
}

/// The results of one machine under one kernel.
#[derive(Debug)]
pub struct Machine {
    pub name: String,
    pub kernel: String,
    /// In the order that they came.
    pub scenarios: Vec<Scenario>,
}

/// The results of one scenario.
#[derive(Debug)]
pub struct Scenario {
    pub name: String,
    pub runs: BTreeMap<String, Vec<Record>>,
}

/// What became of one measure of one contestant in one scenario.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    NotRun,
    /// No run ended well.
    Failed(Failures),
    /// Runs ended well, but without this measure.
    NotMeasured(Failures),
    Measured(Figure, Failures),
}

/// How many of the runs ended in which way that is not well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failures {
    pub count: BTreeMap<Outcome, usize>,
    pub of: usize,
}

impl Failures {
    fn of(runs: &[Record]) -> Self {
        let mut count = BTreeMap::new();
        for run in runs.iter().filter(|run| run.outcome != Outcome::Ok) {
            *count.entry(run.outcome).or_default() += 1;
        }
        Self { count, of: runs.len() }
    }

    /// Whether the contestant has failed; a run that was lost is not its fault.
    pub fn any(&self) -> bool {
        self.count.keys().any(|outcome| *outcome != Outcome::Lost)
    }

    /// "stalled 2 of 5"; empty where all went well.
    pub fn text(&self) -> String {
        let texts: Vec<String> =
            self.count.iter().map(|(outcome, n)| format!("{outcome} {n} of {}", self.of)).collect();
        texts.join(", ")
    }
}

impl Cell {
    pub fn figure(&self) -> Option<&Figure> {
        if let Self::Measured(figure, _) = self { Some(figure) } else { None }
    }

    /// The runs that did not end well.
    pub fn failures(&self) -> Failures {
        match self {
            Self::NotRun => Failures::default(),
            Self::Failed(failures) | Self::NotMeasured(failures) | Self::Measured(_, failures) => failures.clone(),
        }
    }

    /// The figure's median and worst, or why there is none.
    pub fn text(&self, better: Better) -> String {
        match self {
            Self::NotRun => "not run".into(),
            Self::Failed(failures) => failures.text(),
            Self::NotMeasured(failures) if failures.count.is_empty() => "not measured".into(),
            Self::NotMeasured(failures) => format!("not measured; {}", failures.text()),
            Self::Measured(figure, failures) => {
                let mut text = match better {
                    Better::Unknown => {
                        format!("{} ({} to {})", number(figure.median), number(figure.best), number(figure.worst))
                    }
                    _ => format!("{} / {}", number(figure.median), number(figure.worst)),
                };
                if !failures.count.is_empty() {
                    text += &format!("; {}", failures.text());
                } else if figure.runs < MIN_RUNS {
                    text += &format!("; {}", figure.few_runs());
                }
                text
            }
        }
    }
}

impl Grid {
    pub fn new(current: Current) -> Self {
        let Current { records, superseded } = current;
        let contestants: BTreeSet<String> = records.iter().map(|record| record.contestant.clone()).collect();
        let mut contestants: Vec<String> = contestants.into_iter().collect();
        contestant::sort(&mut contestants);

        let mut machines: Vec<(Machine, Vec<Record>)> = Vec::new();
        for record in records {
            let at = machines.iter().position(|(m, _)| m.name == record.machine && m.kernel == record.kernel);
            let at = at.unwrap_or_else(|| {
                let (name, kernel) = (record.machine.clone(), record.kernel.clone());
                machines.push((Machine { name, kernel, scenarios: Vec::new() }, Vec::new()));
                machines.len() - 1
            });
            machines[at].1.push(record);
        }
        let filled =
            machines.into_iter().map(|(machine, records)| Machine { scenarios: scenarios(records), ..machine });
        Self { machines: filled.collect(), contestants, superseded }
    }

    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.machines.iter().flat_map(Machine::records)
    }
}

impl Machine {
    /// The name, and the kernel that ran on it.
    pub fn title(&self) -> String {
        if self.kernel.is_empty() { self.name.clone() } else { format!("{}, kernel {}", self.name, self.kernel) }
    }

    /// The title as a part of a file's name.
    pub fn slug(&self) -> String {
        slug(&format!("{} {}", self.name, self.kernel))
    }

    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.scenarios.iter().flat_map(|scenario| scenario.runs.values().flatten())
    }
}

fn scenarios(records: Vec<Record>) -> Vec<Scenario> {
    let mut scenarios: Vec<Scenario> = Vec::new();
    for record in records {
        let name = record.scenario.clone();
        let at = scenarios.iter().position(|scenario| scenario.name == name).unwrap_or_else(|| {
            scenarios.push(Scenario { name, runs: BTreeMap::new() });
            scenarios.len() - 1
        });
        scenarios[at].runs.entry(record.contestant.clone()).or_default().push(record);
    }
    scenarios
}

impl Scenario {
    pub fn runs(&self, contestant: &str) -> &[Record] {
        self.runs.get(contestant).map_or(&[], Vec::as_slice)
    }

    /// The runs that went well.
    pub fn good_runs(&self, contestant: &str) -> impl Iterator<Item = &Record> {
        self.runs(contestant).iter().filter(|run| run.outcome == Outcome::Ok)
    }

    /// Everything that anybody measured here, in the order of the rows.
    pub fn measures(&self) -> Vec<Measure> {
        let names: BTreeSet<&String> = self.runs.values().flatten().flat_map(|run| run.measures.keys()).collect();
        let mut measures: Vec<Measure> = names.into_iter().map(|name| measure::measure(name)).collect();
        measure::sort(&mut measures);
        measures
    }

    /// What a contestant got before it failed does not count: part of it was another scheduler's work.
    pub fn cell(&self, contestant: &str, measure: &Measure) -> Cell {
        let runs = self.runs(contestant);
        let values: Vec<f64> =
            self.good_runs(contestant).filter_map(|run| run.measures.get(&measure.name).copied()).collect();
        let failures = Failures::of(runs);
        match Figure::of(&values, measure.better) {
            _ if runs.is_empty() => Cell::NotRun,
            Some(figure) => Cell::Measured(figure, failures),
            None if self.good_runs(contestant).next().is_none() => Cell::Failed(failures),
            None => Cell::NotMeasured(failures),
        }
    }
}
