//! The lab: schedulers side by side on real kernels in emulated machines. README.md tells how to use it.
//!
//! The road: `catalogue` reads what there is, `matrix` says which boots are wanted, `resolve` turns a scenario into
//! workers on a machine, `guest` runs one boot, `hearing` understands what it says, `measures` makes figures of that,
//! `results` keeps them, `report` makes tables and pictures of all.

pub mod catalogue;
pub mod cli;
pub mod fingerprint;
pub mod guest;
pub mod hearing;
pub mod ideal;
pub mod machine;
pub mod matrix;
pub mod measures;
pub mod model;
pub mod programs;
pub mod report;
pub mod resolve;
pub mod results;
pub mod runner;
pub mod said;
pub mod scenario;
pub mod series;
#[path = "load/spec.rs"]
pub mod spec;
