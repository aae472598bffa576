//! The page: what was done, how it came out, and all the figures.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::contestant::OURS;
use super::figure::MIN_RUNS;
use super::grid::{Grid, Machine, Scenario};
use super::line::Line;
use super::markdown::Align::{Left, Right};
use super::markdown::table;
use super::pictures::{FOLDER, Picture};
use super::tables::{self, Row};
use super::verdict::Verdict;

/// What makes results, with what is to be run after it.
const COMMAND: &str = "cargo bench --bench lab --";

/// What all of the lab's machines have in common.
const MODELLED: &str = "\
All machines are **emulated**: real kernels in QEMU guests without hardware acceleration, in virtual time, so that a run
depends on its seed only and never on the host. A seed shifts the start of everything else against the timer ticks.
Emulated CPUs have no caches, no SMT pipelines, no speeds and no watts. What a move, a remote node, a slower core or a
busy sibling costs is **modelled** by the workload, which scales what it gets done by `benches/lab/model.toml`; energy
is computed from where it ran. Trust shares, convergence, starvation and what differs between contestants; distrust
absolute latency and throughput.
";

pub fn page(grid: &Grid, pictures: &[Picture]) -> String {
    let rows: Vec<Row> = grid.machines.iter().flat_map(|machine| tables::rows(grid, machine)).collect();
    let mut page = String::from("# The lab's results\n\nWritten by the lab from its results; not by hand.\n\n");
    page += "## What was run\n\n";
    page += MODELLED;
    page += "\n";
    page += &what_was_run(grid);
    page += &how_to_read();
    page += "## In short\n\n";
    page += &tables::tally(grid, &rows);
    page += "\n### All losses\n\n";
    page += &tables::all_that(&Verdict::Loss, &rows);
    page += "\n### All wins\n\n";
    page += &tables::all_that(&Verdict::Win, &rows);
    for machine in &grid.machines {
        page += &of_machine(grid, machine, &rows, pictures);
    }
    page
}

fn what_was_run(grid: &Grid) -> String {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in grid.lines() {
        versions.entry(&line.contestant).or_default().extend(line.version.as_deref());
    }
    let rows: Vec<Vec<String>> = grid
        .contestants
        .iter()
        .map(|name| {
            let versions: Vec<&str> = versions[name.as_str()].iter().copied().collect();
            let version = if versions.is_empty() { "the kernel's".to_owned() } else { versions.join(" and ") };
            vec![name.clone(), version]
        })
        .collect();
    let mut text = table(&[("contestant", Left), ("version", Left)], &rows);

    let rows: Vec<Vec<String>> = grid
        .machines
        .iter()
        .map(|machine| {
            let seeds: BTreeSet<u64> = machine.lines().map(|line| line.seed).collect();
            let counts = [machine.scenarios.len(), seeds.len(), machine.lines().count()];
            let names = [machine.name.clone(), machine.kernel.clone()];
            names.into_iter().chain(counts.map(|count| count.to_string())).collect()
        })
        .collect();
    let head = [("machine", Left), ("kernel", Left), ("scenarios", Right), ("seeds", Right), ("runs", Right)];
    let _ = write!(text, "\n{}", table(&head, &rows));

    text += "\n`make bench` makes all results, this page and its pictures; each machine has the command for its own.\n";
    if grid.superseded > 0 {
        let _ = writeln!(
            text,
            "The results hold {} more runs, of earlier builds or parameters, that later ones have taken the place of.",
            grid.superseded
        );
    }
    let models: BTreeSet<String> = grid.lines().filter_map(Line::model).map(|model| format!("{model:#}")).collect();
    for model in models {
        let _ = write!(text, "\nThe model's figures:\n\n```json\n{model}\n```\n");
    }
    text + "\n"
}

fn how_to_read() -> String {
    format!(
        "## How to read it\n\n\
         A figure is *median / worst* over the runs with all seeds; ↓ lower is better, ↑ higher is better. A measure \
         without an arrow is shown as *median (least to greatest)*, and nobody is better in it.\n\n\
         A ratio is {OURS}' median by theirs. It is a **win** or a **loss** if the medians are further apart than the \
         worst of either is from its median, else a tie; with fewer than {MIN_RUNS} good runs on either side there is \
         no verdict. The best peer is the one with the best median in that measure. Runs that failed have no figures; \
         if {OURS} failed in some where the other did not, that is a loss, and if the other failed, that alone is no \
         win. A cell without figures says why: *failed to load*, *thrown out* by the kernel, *stalled*, *hung*, *lost* \
         with its guest, *not measured*, *not run*.\n\n"
    )
}

fn of_machine(grid: &Grid, machine: &Machine, rows: &[Row], pictures: &[Picture]) -> String {
    let mut text = format!("\n## {}\n\n", machine.title());
    let shapes: BTreeSet<&str> = machine.lines().filter_map(Line::shape).collect();
    for shape in shapes {
        let _ = writeln!(text, "Nodes × LLCs a node × cores an LLC × threads a core: {shape}.\n");
    }
    let _ = writeln!(text, "Results and pictures of this machine: `{}`\n", command(machine));
    text += &scenarios(machine);
    text += &tables::comparison(rows.iter().filter(|row| std::ptr::eq(row.machine, machine)));
    for picture in pictures.iter().filter(|picture| picture.machine == machine.title()) {
        let _ = write!(text, "\n![{}]({FOLDER}/{})\n", picture.title, picture.file);
    }
    let _ = write!(text, "\n### Everybody on {}\n\n{}", machine.name, tables::everybody(grid, machine));
    let failures = tables::failures(machine);
    if !failures.is_empty() {
        let _ = write!(text, "\n### What did not end well on {}\n\n{failures}", machine.name);
    }
    text
}

fn command(machine: &Machine) -> String {
    let series: Vec<&str> = machine.kernel.split('.').take(2).collect();
    let seeds: BTreeSet<u64> = machine.lines().map(|line| line.seed).collect();
    format!("{COMMAND} --machine {} --kernel {} --seeds {}", machine.name, series.join("."), seeds.len())
}

/// What the scenarios are, where somebody has said so.
fn scenarios(machine: &Machine) -> String {
    let about = |scenario: &Scenario| {
        let about = scenario.runs.values().flatten().find_map(Line::about)?;
        Some(vec![scenario.name.clone(), about.to_owned()])
    };
    let rows: Vec<Vec<String>> = machine.scenarios.iter().filter_map(about).collect();
    let table = table(&[("scenario", Left), ("what it is", Left)], &rows);
    if rows.is_empty() { String::new() } else { table + "\n" }
}
