//! The page: what was done, how it came out, and all the figures.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::contestant::OURS;
use super::figure::{MIN_RUNS, number};
use super::grid::{Grid, Machine, Scenario};
use super::markdown::Align::{Left, Right};
use super::markdown::table;
use super::measure;
use super::pictures::{FOLDER, Picture};
use super::tables::{self, Row};
use super::verdict::Verdict;
use crate::lab::catalogue::Catalogue;
use crate::lab::results::Record;

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

pub fn page(grid: &Grid, pictures: &[Picture], catalogue: &Catalogue) -> String {
    let rows: Vec<Row> = grid.machines.iter().flat_map(|machine| tables::rows(grid, machine)).collect();
    let mut page = String::from("# The lab's results\n\nWritten by the lab from its results; not by hand.\n\n");
    page += "## What was run\n\n";
    page += MODELLED;
    page += "\n";
    page += &what_was_run(grid, catalogue);
    page += &how_to_read();
    page += "## In short\n\n";
    page += &tables::tally(grid, &rows);
    let [losses, wins] = [Verdict::Loss, Verdict::Win].map(|verdict| tables::all_that(&verdict, &rows));
    let _ = write!(page, "\n### Where {OURS} loses most\n\nThe three worst cells that are of different scenarios.\n\n");
    page += &tables::list(&tables::clearest(&losses, 3));
    let _ = write!(page, "\n### All losses\n\nThe worst first.\n\n{}", tables::list(&losses));
    let _ = write!(page, "\n### All wins\n\nThe clearest first.\n\n{}", tables::list(&wins));
    for machine in &grid.machines {
        page += &of_machine(grid, machine, &rows, pictures, catalogue);
    }
    page
}

fn what_was_run(grid: &Grid, catalogue: &Catalogue) -> String {
    let contestant = |name: &String| {
        let versions = distinct(grid.records().filter(|record| record.contestant == *name), |record| &record.version);
        let about = catalogue.contestants.iter().find(|contestant| contestant.name == *name);
        vec![name.clone(), versions, about.map_or(String::new(), |contestant| contestant.about.clone())]
    };
    let rows: Vec<Vec<String>> = grid.contestants.iter().map(contestant).collect();
    let mut text = table(&[("contestant", Left), ("version", Left), ("what it is", Left)], &rows);

    let machine = |machine: &Machine| {
        let counts = [machine.scenarios.len(), seeds(machine), machine.records().count()];
        let about = catalogue.machines.get(&machine.name).map_or(String::new(), |machine| machine.about.clone());
        let [shape, qemu]: [fn(&Record) -> &String; 2] =
            [|record| &record.parameters.shape, |record| &record.parameters.qemu];
        let texts = [machine.name.clone(), about, distinct(machine.records(), shape), machine.kernel.clone()];
        let texts = texts.into_iter().chain([distinct(machine.records(), qemu)]);
        texts.chain(counts.map(|count| count.to_string())).collect()
    };
    let rows: Vec<Vec<String>> = grid.machines.iter().map(machine).collect();
    let head = ["machine", "what it is", "shape", "kernel", "QEMU"].map(|name| (name, Left));
    let counts = ["scenarios", "seeds", "runs"].map(|name| (name, Right));
    let _ = write!(text, "\n{}", table(&[&head[..], &counts].concat(), &rows));
    text += "\nA shape is nodes × LLCs a node × cores an LLC × threads a core.\n";

    text += "\n`make bench` makes all results, this page and its pictures; each machine has the command for its own.\n";
    if grid.superseded > 0 {
        let _ = writeln!(
            text,
            "The results hold {} more runs that do not count here: later ones, of another build or with other \
             parameters, have taken their place. Who was not run again since then is *not run*.",
            grid.superseded
        );
    }
    text + &model(grid, catalogue)
}

/// The figures of what was played rather than there.
fn model(grid: &Grid, catalogue: &Catalogue) -> String {
    let mut text = format!("\nThe model's figures:\n\n```json\n{:#}\n```\n\n", serde_json::json!(catalogue.model));
    let now = catalogue.model.fingerprint();
    let others = grid.records().filter(|record| record.parameters.model != now).count();
    if others > 0 {
        let _ = writeln!(text, "Of the runs {others} were made with an earlier model.\n");
    }
    text
}

/// The different values of something, "1.1.4 and 1.1.5".
fn distinct<'a>(records: impl Iterator<Item = &'a Record>, of: impl Fn(&'a Record) -> &'a String) -> String {
    let values: BTreeSet<&str> = records.map(|record| of(record).as_str()).collect();
    values.into_iter().collect::<Vec<_>>().join(" and ")
}

fn seeds(machine: &Machine) -> usize {
    machine.records().map(|record| record.seed).collect::<BTreeSet<u64>>().len()
}

fn how_to_read() -> String {
    let floors: Vec<_> =
        measure::judged().map(|measure| format!("{} {}", measure.label, number(measure.floor))).collect();
    let floors = floors.join("; ");
    format!(
        "## How to read it\n\n\
         A figure is *median / worst* over the runs with all seeds; ↓ lower is better, ↑ higher is better. A measure \
         without an arrow is shown as *median (least to greatest)*, and nobody is better in it.\n\n\
         A ratio is {OURS}' median by theirs. It is a **win** or a **loss** if the medians are further apart than the \
         worst of either is from its median, and further than nobody would notice, else a tie; with fewer than {MIN_RUNS} good runs on either side there is \
         no verdict. The best peer is the one with the best median in that measure. Runs that failed have no figures; \
         if {OURS} failed in some where the other did not, that is a loss, and if the other failed, that alone is no \
         win. A cell without figures says why: *failed to load*, *thrown out* by the kernel, *stalled*, *hung*, *lost* \
         with its guest, *not measured*, *not run*.\n\n\
         What nobody would notice, or emulation cannot tell: {floors}.\n\n"
    )
}

fn of_machine(grid: &Grid, machine: &Machine, rows: &[Row], pictures: &[Picture], catalogue: &Catalogue) -> String {
    let mut text = format!("\n## {}\n\n", machine.title());
    let _ = writeln!(text, "All tables and pictures of this machine: `{}`\n", command(machine, catalogue));
    text += &scenarios(machine, catalogue);
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

/// What makes the results of a machine, and this page of them. All suites and contestants need no mention.
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
