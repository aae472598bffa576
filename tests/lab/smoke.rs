//! The smoke part of the matrix: three scenarios under three contestants.

use clap::Parser;

use crate::lab::catalogue::{Catalogue, folder};
use crate::lab::cli::Cli;
use crate::lab::results::{Outcome, Record};

/// Run the lab as the command line would, into a file of its own.
fn lab(arguments: &str) -> Vec<Record> {
    let folder_of_results = tempfile::tempdir().unwrap();
    let file = folder_of_results.path().join("results.jsonl");
    let words = ["lab", "--results", file.to_str().unwrap()].into_iter().chain(arguments.split_whitespace());
    Cli::parse_from(words).run_on(&Catalogue::read(&folder()).unwrap()).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn hogs_come_out_with_sensible_figures() {
    let records = lab("--only hogs --machine 8c2n --vs eevdf,scx_domains-no-balance --kernel 7.3 --seeds 1");
    assert_eq!(records.len(), 9, "three scenarios under three contestants");
    for record in records {
        let run = format!("{} {}", record.contestant, record.scenario);
        assert_eq!(record.outcome, Outcome::Ok, "{run}: {}", record.note);
        let of = |name: &str| record.measures[name];
        assert!((80.0..101.0).contains(&of("delivered_percent")), "{run}: {:?}", record.measures);
        assert!((40.0..101.0).contains(&of("progress_percent")), "{run}: {:?}", record.measures);
        assert!(of("share_error_mean_percent") <= of("share_error_worst_percent"), "{run}: {:?}", record.measures);
        assert_eq!(record.contestant != "eevdf", record.measures.contains_key("attach_ms"), "{run}");
    }
}
