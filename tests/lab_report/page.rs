//! A report of made-up results, from end to end.

use std::fs;

use crate::report::{ReportError, write};

/// One line a seed: `outcome` and `measures` as JSON.
fn runs(contestant: &str, scenario: &str, seeds: u64, result: impl Fn(u64) -> String) -> String {
    let line = |seed: u64| {
        format!(
            r#"{{"machine":"8c2n","kernel":"7.3.4","contestant":"{contestant}","version":"1.0","scenario":"{scenario}",
            "seed":{seed},"parameters":{{"shape":"2x1x4x1","scenario":{{"about":"{scenario} for a test"}},"hash":"1"}},{}}}"#,
            result(seed)
        )
    };
    (0..seeds).map(|seed| line(seed).replace('\n', " ") + "\n").collect()
}

fn ok(measures: &str) -> String {
    format!(r#""outcome":"ok","note":"","measures":{{{measures}}}"#)
}

fn bad(outcome: &str) -> String {
    format!(r#""outcome":"{outcome}","note":"runnable task stall","measures":{{}}"#)
}

fn latency(factor: f64) -> impl Fn(u64) -> String {
    move |seed| {
        let (base, seed) = (factor * (1.0 + seed as f64 / 50.0), seed as f64);
        let series: Vec<String> =
            (0..40).map(|t| format!("[{},{}]", f64::from(t) / 10.0, base * 30.0 / f64::from(t + 1) + seed)).collect();
        let measures =
            format!(r#""wake_p50_ms":{base},"wake_p99_ms":{},"wake_max_ms":{},"zeal":{seed}"#, base * 4.0, base * 9.0);
        format!(
            r#""outcome":"ok","series":{{"share_error_percent_over_s":[{}]}},"measures":{{{measures}}}"#,
            series.join(",")
        )
    }
}

fn made_up() -> String {
    let hogs =
        |error: f64| move |seed: u64| ok(&format!(r#""share_error_mean_percent":{}"#, error + seed as f64 / 10.0));
    [
        runs("scx_domains", "hogs", 5, hogs(1.0)),
        runs("eevdf", "hogs", 5, hogs(4.0)),
        runs("scx_rusty", "hogs", 5, |seed| if seed == 2 { bad("stalled") } else { hogs(8.0)(seed) }),
        runs("scx_lavd", "hogs", 5, |_| bad("failed to load")),
        runs("scx_p2dq", "hogs", 6, hogs(0.9)),
        runs("scx_domains", "sleepers", 5, latency(1.0)),
        runs("scx_domains-no-balance", "sleepers", 5, latency(1.4)),
        runs("eevdf", "sleepers", 5, latency(0.5)),
        runs("scx_rusty", "sleepers", 5, latency(3.0)),
        runs("scx_p2dq", "sleepers", 3, latency(0.9)),
        runs("scx_domains", "pinned", 5, |_| bad("thrown out")),
        runs("eevdf", "pinned", 5, hogs(3.0)),
    ]
    .concat()
}

fn written(results: &str) -> Result<(tempfile::TempDir, String), ReportError> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("results.jsonl");
    fs::write(&file, results).expect("results can be written");
    write(&file, folder.path())?;
    let page = fs::read_to_string(folder.path().join("README.md")).expect("a page");
    Ok((folder, page))
}

/// The first line of the page that has all of `parts`.
fn line_with<'a>(page: &'a str, parts: &[&str]) -> &'a str {
    let line = page.lines().find(|line| parts.iter().all(|part| line.contains(part)));
    line.unwrap_or_else(|| panic!("no line has {parts:?} in\n{page}"))
}

#[test]
fn wins_losses_ties_and_failures_are_all_there() {
    let (_folder, page) = written(&made_up()).expect("a report");
    let hogs = "| hogs | share error, mean (%) ↓ | 1.2 / 1.4 | 4.2 / 4.4 | 0.29× | **win** | scx_p2dq | 1.15 / 1.4 | 1.04× | tie |";
    line_with(&page, &[hogs]);
    line_with(&page, &["| pinned |", "thrown out 5 of 5 | 3.2 / 3.4 | – | **loss**", "no peer has a figure"]);
    line_with(&page, &["| sleepers |", "p99", "**loss**", "scx_rusty", "**win**"]);
    line_with(&page, &["| hogs |", "share error", "stalled 1 of 5", "failed to load 5 of 5", "not run"]);
    line_with(&page, &["| sleepers |", "p50", "only 3 runs", "not run"]);
    line_with(&page, &["| sleepers | zeal |", "2 (0 to 4)"]);
    line_with(&page, &["| scx_rusty | hogs | 2 | stalled | runnable task stall |"]);
    line_with(&page, &["| hogs | hogs for a test |"]);
    line_with(&page, &["2x1x4x1"]);
    line_with(&page, &["-- --machine 8c2n --kernel 7.3 --seeds 6`"]);
}

#[test]
fn pictures_are_written_and_shown() {
    let (folder, page) = written(&made_up()).expect("a report");
    for file in ["heat", "latency-wake-sleepers", "convergence-share-error-percent-sleepers"] {
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
fn the_last_word_counts() {
    let nine = || runs("eevdf", "hogs", 5, |_| ok(r#""share_error_mean_percent":9"#));
    let (_folder, page) = written(&(made_up() + &nine())).expect("a report");
    line_with(&page, &["| hogs |", "1.2 / 1.4 | 9 / 9 |"]);
    line_with(&page, &["hold 5 more runs"]);

    // Another version takes the place of the whole, another workload of everybody's.
    let (_folder, page) =
        written(&(made_up() + &nine().replace("1.0", "1.1").replace(r#""seed":3"#, r#""seed":7"#))).expect("a report");
    line_with(&page, &["| hogs |", "1.2 / 1.4 | 9 / 9 |"]);
    let (_folder, page) = written(&(made_up() + &nine().replace(r#""hash":"1""#, r#""hash":"2""#))).expect("a report");
    line_with(&page, &["| hogs |", "not run | 9 / 9 |"]);
}

#[test]
fn what_is_no_result_is_said() {
    let error = |results: &str| written(results).expect_err("no report").to_string();
    assert!(error("").ends_with("holds no results: run the lab first"));
    assert!(error(&(made_up() + "{\"machine\":")).contains("line 60 of"));
}

#[test]
fn numbers_that_are_none_and_outcomes_that_are_new_are_shown() {
    let odd = runs("scx_flash", "hogs", 5, |_| bad("on fire"))
        + &runs("scx_flash", "pinned", 5, |_| ok(r#""share_error_mean_percent":null"#));
    let (_folder, page) = written(&(made_up() + &odd)).expect("a report");
    line_with(&page, &["| hogs |", "on fire 5 of 5"]);
    line_with(&page, &["| pinned |", "not measured"]);
}
