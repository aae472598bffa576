use clap::Parser;

use crate::lab::catalogue::{Catalogue, folder};
use crate::lab::cli::*;
use crate::lab::results::{Outcome, Results};

#[test]
fn list_names_everything() {
    let text = list(&Catalogue::read(&folder()).unwrap());
    for name in ["8c2n", "hogs", "hogs-few", "eevdf", "scx_domains-no-balance"] {
        assert!(
            text.lines().any(|line| line.split_whitespace().any(|word| word == name || word == format!("{name}:")))
        );
    }
}

#[test]
fn unknown_names_end_before_anything_runs() {
    let run = |words: &[&str]| Cli::parse_from([&["lab"], words].concat()).run().unwrap_err();
    assert!(run(&["--machine", "pdp11"]).starts_with("there is no machine 'pdp11'; there are: "));
    assert!(run(&["--only", "hogs,tetris"]).starts_with("there is no suite or scenario 'tetris'; there are: "));
    assert!(run(&["--vs", "cfs"]).starts_with("there is no contestant 'cfs'; there are: "));
}

#[test]
fn a_report_of_what_is_there_runs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (results, report) = (folder.path().join("results.jsonl"), folder.path().join("report"));
    let run = || {
        let words = ["lab", "--report-only", "--results", results.to_str().unwrap(), "--report"];
        Cli::parse_from(words.into_iter().chain([report.to_str().unwrap()])).run()
    };
    assert!(run().unwrap_err().contains("results.jsonl"));
    Results::open(&results, false).unwrap().add(&super::results::record(1, Outcome::Ok)).unwrap();
    let before = std::fs::read(&results).unwrap();
    run().unwrap();
    assert!(report.join("README.md").exists());
    assert_eq!(std::fs::read(&results).unwrap(), before);
    assert!(Cli::try_parse_from(["lab", "--report-only"]).is_err(), "it is not said where to");
}
