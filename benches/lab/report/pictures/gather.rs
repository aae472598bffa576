//! What the curves are: points of each contestant, as the median and as the worst over its runs.

use std::collections::BTreeSet;

use super::super::figure::{Figure, MIN_RUNS};
use super::super::grid::{Cell, Grid, Machine, Scenario};
use super::super::measure::{self, Better};
use super::axis::Scale;
use crate::lab::results::Record;

/// Curves with common axes.
pub struct Chart {
    /// What it shows, for the file's name.
    pub what: String,
    pub title: String,
    pub x: (String, Scale),
    pub y: (String, Scale),
    /// By contestant, in the grid's order; those without points say why.
    pub curves: Vec<Curve>,
    pub contestants: Vec<String>,
}

pub struct Curve {
    pub legend: String,
    pub median: Vec<(f64, f64)>,
    pub worst: Vec<(f64, f64)>,
}

/// The charts of a scenario: one for each series that its runs have.
pub fn charts(grid: &Grid, machine: &Machine, scenario: &Scenario) -> Vec<Chart> {
    let names: BTreeSet<&String> = scenario.runs.values().flatten().flat_map(|run| run.series.keys()).collect();
    names.into_iter().map(|name| of_series(grid, machine, scenario, name)).collect()
}

/// A series `…_over_UNIT` or `…_by_percentile`.
fn of_series(grid: &Grid, machine: &Machine, scenario: &Scenario, name: &str) -> Chart {
    let (y, x) = name.rsplit_once("_by_").or_else(|| name.rsplit_once("_over_")).unwrap_or((name, "x"));
    let (x, what, scales) = match x {
        "percentile" => ("percentile".into(), "latency", (Scale::Percentile, Scale::Log)),
        "s" | "ms" => (format!("time ({x})"), "convergence", (Scale::Linear, Scale::Linear)),
        other => (other.replace('_', " "), "series", (Scale::Linear, Scale::Linear)),
    };
    let shown = measure::measure(y);
    let better = if shown.better == Better::Higher { Better::Higher } else { Better::Lower };
    let curve = |contestant: &String| {
        let runs: Vec<&[(f64, f64)]> =
            scenario.good_runs(contestant).filter_map(|run: &Record| Some(run.series.get(name)?.as_slice())).collect();
        let points = over_runs(&runs, better);
        let of = |value: fn(&Figure) -> f64| points.iter().map(|(x, figure)| (*x, value(figure))).collect();
        let some = measure::measure(name);
        let cell = match points.first() {
            Some((_, figure)) => Cell::Measured(*figure, scenario.cell(contestant, &some).failures()),
            None => scenario.cell(contestant, &some),
        };
        Curve {
            legend: legend(contestant, &cell),
            median: of(|figure| figure.median),
            worst: of(|figure| figure.worst),
        }
    };
    Chart {
        title: format!("{}: {}, {}", scenario.name, shown.label, machine.title()),
        what: format!("{what}-{y}"),
        x: (x, scales.0),
        y: (shown.label, scales.1),
        curves: grid.contestants.iter().map(curve).collect(),
        contestants: grid.contestants.clone(),
    }
}

/// At each x of any run, the figure of all runs that reach there; between its points a run is a straight line.
pub fn over_runs(runs: &[&[(f64, f64)]], better: Better) -> Vec<(f64, Figure)> {
    let mut xs: Vec<f64> = runs.iter().flat_map(|run| run.iter().map(|(x, _)| *x)).collect();
    xs.sort_by(f64::total_cmp);
    xs.dedup();
    let at = |x: f64| {
        let values: Vec<f64> = runs.iter().filter_map(|run| value_at(run, x)).collect();
        Some((x, Figure::of(&values, better)?))
    };
    xs.into_iter().filter_map(at).collect()
}

fn value_at(run: &[(f64, f64)], x: f64) -> Option<f64> {
    let after = run.iter().position(|point| point.0 >= x)?;
    let (x1, y1) = run[after];
    if x1 == x {
        return Some(y1);
    }
    let (x0, y0) = *run.get(after.checked_sub(1)?)?;
    Some(y0 + (y1 - y0) * (x - x0) / (x1 - x0))
}

/// The name, and what has to be said with it.
fn legend(contestant: &str, cell: &Cell) -> String {
    let failures = cell.failures().text();
    match cell {
        Cell::Measured(..) if !failures.is_empty() => format!("{contestant}: {failures}"),
        Cell::Measured(figure, _) if figure.runs < MIN_RUNS => format!("{contestant}: {}", figure.few_runs()),
        Cell::Measured(..) => contestant.to_owned(),
        other => format!("{contestant}: {}", other.text(Better::Lower)),
    }
}
