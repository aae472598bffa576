//! The report, on made-up results.

mod axis;
mod current;
mod figure;
mod gather;
mod markdown;
mod measure;
mod page;
mod verdict;

use crate::lab::results::{Outcome, Record};

/// A run that went well, without any figure yet.
fn record(contestant: &str, scenario: &str, seed: u64) -> Record {
    let (contestant, scenario) = (contestant.to_string(), scenario.to_string());
    Record { contestant, scenario, ..super::results::record(seed, Outcome::Ok) }
}
