//! The first page: how it came out in short, what was done, and how to read it all.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::contestant::OURS;
use super::figure::{MIN_RUNS, number};
use super::grid::{Grid, Machine};
use super::markdown::Align::{Left, Right};
use super::markdown::table;
use super::measure;
use super::tables::{self, Row};
use super::tally;
use super::verdict::Verdict;
use crate::lab::catalogue::Catalogue;
use crate::lab::results::Record;

/// What all of the lab's machines have in common.
const MODELLED: &str = "\
All machines are **emulated**: real kernels in QEMU guests without hardware acceleration, in virtual time, so that a run
depends on its seed only and never on the host. A seed shifts the start of everything else against the timer ticks.
Emulated CPUs have no caches, no SMT pipelines, no speeds and no watts. What a move, a remote node, a slower core or a
busy sibling costs is **modelled** by the workload, which scales what it gets done by `benches/lab/model.toml`; energy
is computed from where it ran. Trust shares, convergence, starvation and what differs between contestants; distrust
absolute latency and throughput. All busy CPUs of a guest share 500 million instructions a second, so on the large machines
each is slow: what takes a kernel or a daemon many instructions, as balancing over many CPUs does, comes late there.
";

/// So many of the worst losses and of the clearest wins stand on the first page.
const SHOWN: usize = 20;

pub fn page(grid: &Grid, catalogue: &Catalogue) -> String {
    let rows: Vec<Row> = grid.machines.iter().flat_map(|machine| tables::rows(grid, machine)).collect();
    let mut page = String::from("# The lab's results\n\nWritten by the lab from its results; not by hand.\n\n");
    page += "## In short\n\nEach machine has a page with all its tables and pictures.\n\n";
    page += &tally::against_the_best(grid, &rows);
    page += "\nAgainst each of the others alone, as losses / ties / wins:\n\n";
    page += &tally::against_each(grid);
    let [losses, wins] = [Verdict::Loss, Verdict::Win].map(|verdict| tables::all_that(&verdict, &rows));
    let _ = write!(page, "\n### Where {OURS} loses most\n\nThe three worst cells that are of different scenarios.\n\n");
    page += &tables::list(&tables::clearest(&losses, 3));
    for (title, those) in [("losses, the worst first", losses), ("wins, the clearest first", wins)] {
        let shown = &those[..those.len().min(SHOWN)];
        let _ = write!(page, "\n### {} of {} {title}\n\n{}", shown.len(), those.len(), tables::list(shown));
    }
    page += "\n## What was run\n\n";
    page += MODELLED;
    page += "\n";
    page += &what_was_run(grid, catalogue);
    page += &how_to_read();
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

pub fn seeds(machine: &Machine) -> usize {
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
