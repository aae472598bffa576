//! A report of made-up results, from end to end.

use std::fs;

use super::record;
use crate::lab::catalogue::{self, Catalogue, Failure};
use crate::lab::report::write;
use crate::lab::results::{Outcome, Record};

/// One run a seed, which `fill` gives its result.
fn runs(contestant: &str, scenario: &str, seeds: u64, fill: impl Fn(&mut Record)) -> Vec<Record> {
    let run = |seed| {
        let mut run = record(contestant, scenario, seed);
        fill(&mut run);
        run
    };
    (0..seeds).map(run).collect()
}

fn bad(outcome: Outcome) -> impl Fn(&mut Record) {
    move |run| (run.outcome, run.note) = (outcome, "runnable task stall".into())
}

fn error(percent: f64) -> impl Fn(&mut Record) {
    move |run| run.measures = [("share_error_mean_percent".into(), percent + run.seed as f64 / 10.0)].into()
}

fn latency(factor: f64) -> impl Fn(&mut Record) {
    move |run| {
        let (base, seed) = (factor * (1.0 + run.seed as f64 / 50.0), run.seed as f64);
        let measures = [("wake_p50_ms", base), ("wake_p99_ms", base * 4.0), ("zeal", seed)];
        run.measures.extend(measures.map(|(name, value)| (name.to_string(), value)));
        let over_time = (0..40).map(|t| (f64::from(t) / 10.0, base * 30.0 / f64::from(t + 1) + seed));
        run.series.insert("share_error_percent_over_s".into(), over_time.collect());
        run.series.insert("wake_ms_by_percentile".into(), vec![(50.0, base), (99.0, base * 4.0), (100.0, base * 9.0)]);
    }
}

fn made_up() -> Vec<Record> {
    [
        runs("scx_domains", "hogs-equal", 5, error(1.0)),
        runs("eevdf", "hogs-equal", 5, error(4.0)),
        runs(
            "scx_rusty",
            "hogs-equal",
            5,
            |run| {
                if run.seed == 2 { bad(Outcome::Stalled)(run) } else { error(8.0)(run) }
            },
        ),
        runs("scx_lavd", "hogs-equal", 5, bad(Outcome::FailedToLoad)),
        runs("scx_p2dq", "hogs-equal", 6, error(0.9)),
        runs("scx_domains", "sleepers", 5, latency(1.0)),
        runs("scx_domains-no-balance", "sleepers", 5, latency(1.4)),
        runs("eevdf", "sleepers", 5, latency(0.5)),
        runs("scx_rusty", "sleepers", 5, latency(3.0)),
        runs("scx_p2dq", "sleepers", 3, latency(0.9)),
        runs("scx_domains", "pinned", 5, bad(Outcome::ThrownOut)),
        runs("eevdf", "pinned", 5, error(3.0)),
        runs("eevdf", "unmeasured", 5, |_| ()),
    ]
    .concat()
}

/// A report: its folder, the first page and the one of the machine that all of these ran on.
struct Report {
    folder: tempfile::TempDir,
    first: String,
    machine: String,
}

const MACHINE_PAGE: &str = "8c2n-7-3-4.md";

fn written(results: Vec<Record>) -> Result<Report, Failure> {
    let folder = tempfile::tempdir().expect("a folder");
    write(results, &Catalogue::read(&catalogue::folder())?, folder.path())?;
    let [first, machine] = ["README.md", MACHINE_PAGE].map(|file| fs::read_to_string(folder.path().join(file)));
    Ok(Report { folder, first: first.expect("a first page"), machine: machine.expect("a machine's page") })
}

/// The first line of the page that has all of `parts`.
fn line_with<'a>(page: &'a str, parts: &[&str]) -> &'a str {
    let line = page.lines().find(|line| parts.iter().all(|part| line.contains(part)));
    line.unwrap_or_else(|| panic!("no line has {parts:?} in\n{page}"))
}

#[test]
fn wins_losses_ties_and_failures_are_all_there() {
    let Report { first, machine: page, .. } = written(made_up()).expect("a report");
    let hogs = "| hogs-equal | share error, mean (%) ↓ | 1.2 / 1.4 | 4.2 / 4.4 | 0.29× | **win** | scx_p2dq | 1.15 / 1.4 | 1.04× | tie |";
    line_with(&page, &[hogs]);
    line_with(&page, &["| pinned |", "thrown out 5 of 5 | 3.2 / 3.4 | – | **loss**", "no peer has a figure"]);
    line_with(&page, &["| sleepers |", "p99", "**loss**", "scx_rusty", "**win**"]);
    line_with(&page, &["| hogs-equal |", "share error", "stalled 1 of 5", "failed to load 5 of 5", "not run"]);
    line_with(&page, &["| sleepers |", "p50", "only 3 runs", "not run"]);
    line_with(&page, &["| sleepers | zeal |", "2 (0 to 4)"]);
    line_with(&page, &["| scx_rusty | hogs-equal | 2 | stalled | runnable task stall |"]);
    line_with(&page, &["| hogs-equal | three equal hogs to two CPUs |"]);
    line_with(&first, &["| 8c2n | 8 CPUs, 2 nodes of one LLC each | 2x1x4x1 | 7.3.4 | 10.0.2 |"]);
    let vs = "eevdf,scx_domains,scx_domains-no-balance,scx_lavd,scx_p2dq,scx_rusty";
    let command = format!("lab -- --machine 8c2n --only hogs --vs {vs} --kernel 7.3 --seeds 6 --report docs/lab`");
    line_with(&page, &[&command]);
    line_with(&page, &["| unmeasured |", "not measured"]);
    let link = format!("[8c2n, kernel 7.3.4]({MACHINE_PAGE})");
    line_with(&first, &[&link, "| the best peer | 0 | 1 | 2 | 1 |"]);
    line_with(&first, &["| machine | eevdf | scx_lavd | scx_p2dq | scx_rusty |"]);
    line_with(&first, &[&format!("| {link} | 3 / 0 / 1 | 0 / 0 / 0 | 0 / 1 / 0 | 0 / 0 / 2 |")]);
}

#[test]
fn a_variant_that_never_ran_on_a_machine_is_named_not_shown() {
    let mut elsewhere = runs("scx_domains-powersave", "sleepers", 5, latency(1.4));
    elsewhere.iter_mut().for_each(|run| run.machine = "16c-smt".into());
    let Report { machine: page, .. } = written([made_up(), elsewhere].concat()).expect("a report");
    line_with(&page, &["scx_domains-powersave was not run on this machine."]);
    let columns = line_with(&page, &["| scenario | measure | scx_domains | eevdf |"]);
    assert!(columns.contains("scx_domains-no-balance") && !columns.contains("powersave"), "{columns}");
}

#[test]
fn the_worst_comes_first() {
    let Report { first: page, .. } = written(made_up()).expect("a report");
    let (_, worst) = page.split_once("### Where scx_domains loses most").expect("a section");
    let (worst, all) = worst.split_once("### 3 of 3 losses, the worst first").expect("all losses behind it");
    let rows =
        |text: &str| text.lines().filter(|line| line.starts_with("| 8c2n")).map(str::to_string).collect::<Vec<_>>();
    // It was thrown out of one, and slower in another: in both latencies, of which one stands for the scenario.
    let (worst, all) = (rows(worst), rows(all.split_once("wins, the clearest first").expect("wins behind it").0));
    assert_eq!(worst.len(), 2, "{worst:?}");
    assert!(worst[0].contains("| pinned |") && worst[1].contains("| sleepers |"), "{worst:?}");
    assert_eq!((all.len(), &all[..2]), (3, &worst[..]));
    line_with(&page, &["What nobody would notice", "CPU time delivered (%) 0.5;"]);
}

#[test]
fn pictures_are_written_and_shown() {
    let Report { folder, machine: page, .. } = written(made_up()).expect("a report");
    for file in ["heat", "latency-wake-ms-sleepers", "convergence-share-error-percent-sleepers"] {
        let file = format!("pictures/{file}-8c2n-7-3-4.svg");
        assert!(page.contains(&format!("({file})")), "the page does not show {file}");
        let svg = fs::read_to_string(folder.path().join(&file)).expect("a picture");
        assert!(svg.starts_with("<svg") && svg.contains("scx_domains"), "{file}");
        assert!(!svg.contains("NaN"), "{file} has a point nowhere");
    }
    let svg = fs::read_to_string(folder.path().join("pictures/heat-8c2n-7-3-4.svg")).expect("a picture");
    for word in ["thrown out", "failed to load", "not run", "0.29×"] {
        assert!(svg.contains(word), "the heat map does not say {word}");
    }
}

#[test]
fn what_is_no_result_is_said() {
    assert!(written(Vec::new()).err().expect("no report").contains("run the lab first"));
}

#[test]
fn another_model_than_todays_is_told() {
    let Report { first: page, .. } = written(made_up()).expect("a report");
    line_with(&page, &["were made with an earlier model"]);
    let mut today = made_up();
    let now = Catalogue::read(&catalogue::folder()).expect("a catalogue").model.fingerprint();
    today.iter_mut().for_each(|run| run.parameters.model.clone_from(&now));
    let Report { first: page, .. } = written(today).expect("a report");
    assert!(!page.contains("earlier model"));
}
