//! `cargo bench --bench lab`, or `make bench`: the lab's program. All of it is in lab.rs and below.

#[path = "lab.rs"]
mod lab;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match lab::cli::Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lab: {error}");
            ExitCode::FAILURE
        }
    }
}
