//! The lab tested: its pure parts here, and what needs guests in `smoke`, `sabotage`, `crippled`, `ends` and `cut_off`.

#[path = "../../benches/lab/lab.rs"]
mod lab;

mod catalogue;
mod cli;
mod crippled;
mod cut_off;
mod ends;
mod fingerprint;
mod hearing;
mod ideal;
mod machine;
mod measures;
mod model;
mod report;
mod resolve;
mod results;
mod sabotage;
mod said;
mod series;
mod smoke;
