//! The tables of one machine, and lists of who won or lost what.

use std::collections::BTreeSet;

use super::contestant::{OURS, REFERENCE, Role, role};
use super::grid::{Cell, Grid, Machine, Scenario};
use super::markdown::Align::{Left, Right};
use super::markdown::{Align, table};
use super::measure::{Better, Measure};
use super::verdict::{Comparison, Verdict, best_peer, compare};
use crate::lab::results::Outcome;

/// One measure of one scenario: ours against EEVDF's and the best peer's.
pub struct Row<'a> {
    pub machine: &'a Machine,
    pub scenario: &'a Scenario,
    pub measure: Measure,
    pub ours: Cell,
    pub reference: Cell,
    pub to_reference: Comparison,
    pub peer: Option<Peer<'a>>,
}

pub struct Peer<'a> {
    pub name: &'a str,
    pub cell: Cell,
    pub compared: Comparison,
}

/// The rows of a machine, for measures that somebody is better in.
pub fn rows<'a>(grid: &'a Grid, machine: &'a Machine) -> Vec<Row<'a>> {
    let reference = grid.contestants.iter().find(|name| role(name) == Role::Reference);
    let reference = reference.map_or(REFERENCE, String::as_str);
    let row = |scenario: &'a Scenario, measure: Measure| {
        let (ours, theirs) = (scenario.cell(OURS, &measure), scenario.cell(reference, &measure));
        let to_reference = compare(&ours, &theirs, &measure);
        let peer = best_peer(scenario, &measure, &grid.contestants).map(|(name, cell)| {
            let compared = compare(&ours, &cell, &measure);
            Peer { name, cell, compared }
        });
        Row { machine, scenario, measure, ours, reference: theirs, to_reference, peer }
    };
    let of_scenario = |scenario: &'a Scenario| {
        let judged = scenario.measures().into_iter().filter(|measure| measure.better != Better::Unknown);
        judged.map(move |measure| row(scenario, measure))
    };
    machine.scenarios.iter().flat_map(of_scenario).collect()
}

/// Ours against EEVDF and the best peer, a row a measure.
pub fn comparison(rows: &[Row]) -> String {
    let head = [
        ("scenario", Left),
        ("measure", Left),
        (OURS, Right),
        ("EEVDF", Right),
        ("ratio", Right),
        ("", Left),
        ("best peer", Left),
        ("its figure", Right),
        ("ratio", Right),
        ("", Left),
    ];
    let cells = rows.iter().map(|row| {
        let better = row.measure.better;
        let mut cells = vec![
            row.scenario.name.clone(),
            label(&row.measure),
            row.ours.text(better),
            row.reference.text(better),
            row.to_reference.ratio_text(),
            row.to_reference.verdict.to_string(),
        ];
        cells.extend(match &row.peer {
            Some(Peer { name, cell, compared }) => {
                [(*name).to_owned(), cell.text(better), compared.ratio_text(), compared.verdict.to_string()]
            }
            None => ["no peer has a figure", "", "–", ""].map(str::to_owned),
        });
        cells
    });
    table(&head, &cells.collect::<Vec<_>>())
}

/// Every contestant in every scenario and measure. A variant of ours that never ran on this machine is named in a line.
pub fn everybody(grid: &Grid, machine: &Machine) -> String {
    let is_here = |name: &&String| role(name) != Role::Variant || machine.records().any(|run| run.contestant == **name);
    let (here, elsewhere): (Vec<&String>, Vec<&String>) = grid.contestants.iter().partition(is_here);
    let mut head: Vec<(&str, Align)> = vec![("scenario", Left), ("measure", Left)];
    head.extend(here.iter().map(|name| (name.as_str(), Right)));
    let mut rows = Vec::new();
    for scenario in &machine.scenarios {
        let row = |measure: &Measure| {
            let cells = here.iter().map(|name| scenario.cell(name, measure).text(measure.better));
            [scenario.name.clone(), label(measure)].into_iter().chain(cells).collect::<Vec<_>>()
        };
        let measures = scenario.measures();
        if measures.is_empty() {
            let nothing = super::measure::measure("nothing was measured");
            rows.push(row(&nothing));
        }
        rows.extend(measures.iter().map(row));
    }
    let not_run: Vec<String> =
        elsewhere.iter().map(|name| format!("{name} was not run on this machine.\n\n")).collect();
    not_run.concat() + &table(&head, &rows)
}

fn label(measure: &Measure) -> String {
    measure.label.clone() + measure.better.arrow()
}

/// The runs that did not end well, with what was said of them. Empty if there are none.
pub fn failures(machine: &Machine) -> String {
    let mut rows = Vec::new();
    for scenario in &machine.scenarios {
        for (contestant, runs) in &scenario.runs {
            let failed = runs.iter().filter(|run| run.outcome != Outcome::Ok);
            rows.extend(failed.map(|run| {
                let (seed, outcome) = (run.seed.to_string(), run.outcome.to_string());
                vec![contestant.clone(), scenario.name.clone(), seed, outcome, run.note.clone()]
            }));
        }
    }
    rows.sort();
    let head = [("contestant", Left), ("scenario", Left), ("seed", Right), ("outcome", Left), ("what it said", Left)];
    if rows.is_empty() { String::new() } else { table(&head, &rows) }
}

/// A row against one of the others.
#[derive(Clone, Copy)]
pub struct Against<'a> {
    row: &'a Row<'a>,
    whom: &'a str,
    theirs: &'a Cell,
    compared: &'a Comparison,
}

/// Every comparison that ended in `verdict`, the clearest first.
pub fn all_that<'a>(verdict: &Verdict, all: &'a [Row]) -> Vec<Against<'a>> {
    let both = all.iter().flat_map(|row| {
        let reference = Against { row, whom: "EEVDF", theirs: &row.reference, compared: &row.to_reference };
        let peer = row.peer.as_ref();
        let peer = peer.map(|peer| Against { row, whom: peer.name, theirs: &peer.cell, compared: &peer.compared });
        [Some(reference), peer].into_iter().flatten()
    });
    let mut those: Vec<_> = both.filter(|against| against.compared.verdict == *verdict).collect();
    those.sort_by(|a, b| b.compared.distance.total_cmp(&a.compared.distance));
    those
}

/// The first of each scenario, up to so many.
pub fn clearest<'a>(those: &[Against<'a>], most: usize) -> Vec<Against<'a>> {
    let mut scenarios = BTreeSet::new();
    those.iter().filter(|against| scenarios.insert(&against.row.scenario.name)).take(most).copied().collect()
}

pub fn list(those: &[Against]) -> String {
    let row = |against: &Against| {
        let Against { row, whom, theirs, compared } = against;
        vec![
            row.machine.title(),
            row.scenario.name.clone(),
            label(&row.measure),
            row.ours.text(row.measure.better),
            (*whom).to_owned(),
            theirs.text(row.measure.better),
            compared.ratio_text(),
        ]
    };
    let rows: Vec<_> = those.iter().map(row).collect();
    let head = [
        ("machine", Left),
        ("scenario", Left),
        ("measure", Left),
        (OURS, Right),
        ("against", Left),
        ("theirs", Right),
        ("ratio", Right),
    ];
    if rows.is_empty() { "None.\n".into() } else { table(&head, &rows) }
}
