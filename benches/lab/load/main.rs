//! `lab-load`: the workload of the lab, run inside the guest.
//!
//! `session FILE` puts a contestant in charge and runs the scenarios that the host wrote into FILE; it prints lines
//! of JSON (`spec::Line`). The other subcommands are what it starts itself as processes of their own.

mod account;
#[path = "../../../tests/guest/load/clock.rs"]
mod clock;
mod crowd;
mod daemon;
mod distance;
mod forks;
mod hog;
mod kworkers;
mod messages;
mod pace;
mod program;
mod scenario;
mod session;
mod sleeper;
mod spec;
#[path = "../../../tests/guest/load/task.rs"]
mod task;
mod wakers;

use std::path::Path;

use spec::Session;

const USAGE: &str = "usage: lab-load session FILE | scenario FILE NAME [PID OF CONTESTANT] | work MICROSECONDS";

/// The status of a load of which a worker panicked.
const PANICKED: i32 = 101;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Workers wait for each other: one that panics must end all, not leave them waiting.
    std::panic::set_hook(Box::new(|panic| {
        eprintln!("lab-load: {panic}");
        std::process::exit(PANICKED);
    }));
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["session", file] => session::run(Path::new(file), &read(file)?),
        ["scenario", file, name] => scenario(file, name, None)?,
        ["scenario", file, name, contestant] => scenario(file, name, Some(contestant.parse()?))?,
        ["work", us] => clock::burn(us.parse::<u64>()? * 1_000),
        _ => return Err(USAGE.into()),
    }
    Ok(())
}

fn scenario(file: &str, name: &str, contestant: Option<u32>) -> Result<(), Box<dyn std::error::Error>> {
    let session = read(file)?;
    let scenario = session.scenarios.iter().find(|scenario| scenario.name == name);
    let scenario = scenario.ok_or_else(|| format!("{file} has no scenario '{name}'"))?;
    let ran = scenario::run(&session, scenario, contestant);
    session::print(&spec::Line::Ended { scenario: name.to_string(), ran });
    Ok(())
}

fn read(file: &str) -> Result<Session, Box<dyn std::error::Error>> {
    Ok(serde_json::from_str(&std::fs::read_to_string(file)?)?)
}
