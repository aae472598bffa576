//! The lab tested: its pure parts here, and what needs guests in `smoke` and `sabotage`.

#[path = "../../benches/lab/lab.rs"]
mod lab;

mod catalogue;
mod cli;
mod fingerprint;
mod hearing;
mod ideal;
mod machine;
mod model;
mod report;
mod resolve;
mod results;
mod sabotage;
mod said;
mod series;
mod smoke;
