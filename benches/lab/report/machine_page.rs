//! The page of one machine: its scenarios, how we did in them, the pictures, and everybody's figures.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::grid::{Grid, Machine, Scenario};
use super::markdown::Align::Left;
use super::markdown::table;
use super::page::seeds;
use super::pictures::{FOLDER, Picture};
use super::tables;
use super::verdict::Verdict;
use crate::lab::catalogue::Catalogue;
use crate::lab::results::Record;

/// What makes results, with what is to be run after it.
const COMMAND: &str = "cargo bench --bench lab --";

/// The name of its file.
pub fn file(machine: &Machine) -> String {
    format!("{}.md", machine.slug())
}

pub fn page(grid: &Grid, machine: &Machine, pictures: &[Picture], catalogue: &Catalogue) -> String {
    let rows = tables::rows(grid, machine);
    let mut page = format!("# {}\n\n", machine.title());
    page += "Written by the lab from its results; how to read it is on [the first page](README.md).\n\n";
    let _ = writeln!(page, "All tables and pictures of this machine: `{}`\n", command(machine, catalogue));
    page += &scenarios(machine, catalogue);
    for picture in pictures.iter().filter(|picture| picture.machine == machine.title()) {
        let _ = write!(page, "\n![{}]({FOLDER}/{})\n", picture.title, picture.file);
    }
    let [losses, wins] = [Verdict::Loss, Verdict::Win].map(|verdict| tables::list(&tables::all_that(&verdict, &rows)));
    let _ = write!(page, "\n## All losses\n\nThe worst first.\n\n{losses}");
    let _ = write!(page, "\n## All wins\n\nThe clearest first.\n\n{wins}");
    let _ = write!(page, "\n## Against EEVDF and the best peer\n\n{}", tables::comparison(&rows));
    let _ = write!(page, "\n## Everybody\n\n{}", tables::everybody(grid, machine));
    let failures = tables::failures(machine);
    if !failures.is_empty() {
        let _ = write!(page, "\n## What did not end well\n\n{failures}");
    }
    page
}

/// What makes the results of a machine, and its page of them. All suites and contestants need no mention.
fn command(machine: &Machine, catalogue: &Catalogue) -> String {
    let series: Vec<&str> = machine.kernel.split('.').take(2).collect();
    let part = |option: &str, of: fn(&Record) -> &str, all: usize| {
        let there: BTreeSet<&str> = machine.records().map(of).collect();
        let names = there.iter().copied().collect::<Vec<_>>().join(",");
        if there.len() < all { format!(" --{option} {names}") } else { String::new() }
    };
    let suites = catalogue.suites.values().filter(|suite| suite.is_for(&machine.name));
    let only = part("only", |record| &record.suite, suites.count());
    let vs = part("vs", |record| &record.contestant, catalogue.contestants.len());
    let (name, seeds, series) = (&machine.name, seeds(machine), series.join("."));
    format!("{COMMAND} --machine {name}{only}{vs} --kernel {series} --seeds {seeds} --report docs/lab")
}

fn scenarios(machine: &Machine, catalogue: &Catalogue) -> String {
    let about = |scenario: &Scenario| {
        let known =
            catalogue.suites.values().flat_map(|suite| &suite.scenario).find(|known| known.name == scenario.name);
        vec![scenario.name.clone(), known.map_or(String::new(), |known| known.about.clone())]
    };
    let rows: Vec<Vec<String>> = machine.scenarios.iter().map(about).collect();
    table(&[("scenario", Left), ("what it is", Left)], &rows) + "\n"
}
