//! The lab's report tested, on made-up results: a bench has no harness to do it.

#[path = "../../benches/lab/report/mod.rs"]
mod report;

mod axis;
mod figure;
mod gather;
mod markdown;
mod measure;
mod page;
mod verdict;
