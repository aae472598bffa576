//! What the curves are: points of each contestant, as the median and as the worst over its runs.

use std::collections::BTreeSet;

use super::super::figure::{Figure, MIN_RUNS};
use super::super::grid::{Cell, Grid, Machine, Scenario};
use super::super::line::Line;
use super::super::measure::{self, Better};
use super::axis::Scale;

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

/// The charts of a scenario: one for each series that its runs have, and one for latency if all that is known of it is
/// some percentiles.
pub fn charts(grid: &Grid, machine: &Machine, scenario: &Scenario) -> Vec<Chart> {
    let runs = || scenario.runs.values().flatten();
    let series: BTreeSet<&String> = runs().flat_map(|run| run.series.keys()).collect();
    let mut charts: Vec<Chart> = series.iter().map(|name| of_series(grid, machine, scenario, name)).collect();
    let names: BTreeSet<&String> = runs().flat_map(|run| run.measures.keys()).collect();
    let stems: BTreeSet<&str> = names.iter().filter_map(|name| percentile(name)).map(|(stem, _)| stem).collect();
    let covered = |stem: &str| series.iter().any(|name| name.starts_with(stem) && name.contains("_by_percentile"));
    for stem in stems.into_iter().filter(|stem| !covered(stem)) {
        let of_stem = names.iter().filter(|name| percentile(name).is_some_and(|(of, _)| of == stem));
        if of_stem.clone().count() > 1 {
            charts.push(of_percentiles(
                grid,
                machine,
                scenario,
                stem,
                &of_stem.map(|name| name.as_str()).collect::<Vec<_>>(),
            ));
        }
    }
    charts.retain(|chart| chart.curves.iter().any(|curve| !curve.median.is_empty()));
    charts
}

/// The stem and the percentile of a measure such as `wake_p99_ms`.
pub fn percentile(name: &str) -> Option<(&str, f64)> {
    let (stem, which) = name.strip_suffix("_ms")?.rsplit_once('_')?;
    let percentile = match which {
        "p50" => 50.0,
        "p90" => 90.0,
        "p95" => 95.0,
        "p99" => 99.0,
        "p999" => 99.9,
        "max" => 100.0,
        _ => return None,
    };
    Some((stem, percentile))
}

fn of_percentiles(grid: &Grid, machine: &Machine, scenario: &Scenario, stem: &str, names: &[&str]) -> Chart {
    let curve = |contestant: &String| {
        let mut points: Vec<(f64, Figure)> = Vec::new();
        for name in names {
            let figure = scenario.cell(contestant, &measure::measure(name)).figure().copied();
            points.extend(percentile(name).zip(figure).map(|((_, percentile), figure)| (percentile, figure)));
        }
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let of = |value: fn(&Figure) -> f64| points.iter().map(|(x, figure)| (*x, value(figure))).collect();
        let measure = measure::measure(names[0]);
        let legend = legend(contestant, &scenario.cell(contestant, &measure));
        Curve { legend, median: of(|figure| figure.median), worst: of(|figure| figure.worst) }
    };
    let what = if stem == "wake" { "wake-up latency".to_owned() } else { stem.replace(['_', '.'], " ") };
    Chart {
        title: format!("{}: {what}, {}", scenario.name, machine.title()),
        what: format!("latency-{stem}"),
        x: ("percentile".into(), Scale::Percentile),
        y: (format!("{what} (ms)"), Scale::Log),
        curves: grid.contestants.iter().map(curve).collect(),
        contestants: grid.contestants.clone(),
    }
}

/// A series `…_over_UNIT` or `…_by_percentile`.
fn of_series(grid: &Grid, machine: &Machine, scenario: &Scenario, name: &str) -> Chart {
    let (y, x) = name.rsplit_once("_by_").or_else(|| name.rsplit_once("_over_")).unwrap_or((name, "x"));
    let (x, what, scales) = match x {
        "percentile" => ("percentile".into(), "latency", (Scale::Percentile, Scale::Log)),
        "s" | "ms" => (format!("time ({x})"), "convergence", (Scale::Linear, Scale::Linear)),
        other => (other.replace('_', " "), "series", (Scale::Linear, Scale::Linear)),
    };
    let (label, unit) = match y.rsplit_once('_') {
        Some((rest, "percent")) => (rest.replace('_', " "), " (%)".to_owned()),
        Some((rest, unit @ ("ms" | "us" | "s"))) => (rest.replace('_', " "), format!(" ({unit})")),
        _ => (y.replace('_', " "), String::new()),
    };
    let better = if measure::measure(y).better == Better::Higher { Better::Higher } else { Better::Lower };
    let curve = |contestant: &String| {
        let runs: Vec<&[(f64, f64)]> =
            scenario.good_runs(contestant).filter_map(|run: &Line| Some(run.series.get(name)?.as_slice())).collect();
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
        title: format!("{}: {label}, {}", scenario.name, machine.title()),
        what: format!("{what}-{y}"),
        x: (x, scales.0),
        y: (label + &unit, scales.1),
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
        Cell::Measured(figure, _) if figure.runs < MIN_RUNS => format!("{contestant}: only {} runs", figure.runs),
        Cell::Measured(..) => contestant.to_owned(),
        other => format!("{contestant}: {}", other.text(Better::Lower)),
    }
}
