use clap::Parser;

use crate::lab::catalogue::{Catalogue, folder};
use crate::lab::cli::*;

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
