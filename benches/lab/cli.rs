//! The command line of the lab, and what it sets going.

use std::path::PathBuf;

use clap::Parser;

use super::catalogue::{Catalogue, Failure, folder};
use super::guest::Kernel;
use super::matrix::{self, Wanted};
use super::programs::Programs;
use super::report;
use super::results::{self, Record, Results};
use super::runner::Runner;

/// Compare schedulers on modelled machines, in emulated guests with real kernels.
///
/// Results are lines of JSON that are added to a file; runs that it holds already are not run again. It may be ended
/// at any time, and goes on where it was.
#[derive(Debug, Parser)]
pub struct Cli {
    /// These suites and scenarios; all if not given
    #[arg(long, value_delimiter = ',')]
    pub only: Vec<String>,
    /// On these machines; all if not given
    #[arg(long, value_delimiter = ',')]
    pub machine: Vec<String>,
    /// scx_domains and these contestants; all if not given
    #[arg(long, value_delimiter = ',')]
    pub vs: Vec<String>,
    /// A kernel series, "newest", or the path of an image
    #[arg(long, default_value = "newest")]
    pub kernel: String,
    /// Runs of each, with shifted starts. One run is one sample of chaos: fewer than 5 are good for a look only
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub seeds: u64,
    /// Guests at a time; as many as this host has CPUs if not given
    #[arg(long)]
    pub jobs: Option<usize>,
    /// The file of results
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/lab/results.jsonl"))]
    pub results: PathBuf,
    /// Run those that did not end well once more
    #[arg(long)]
    pub again: bool,
    /// Write tables and pictures of all results into this folder
    #[arg(long, value_name = "FOLDER")]
    pub report: Option<PathBuf>,
    /// Run nothing, only write the report of the results that are there
    #[arg(long, requires = "report")]
    pub report_only: bool,
    /// List the machines, suites and contestants
    #[arg(long)]
    pub list: bool,
    /// `cargo bench` says this to all benches.
    #[arg(long, hide = true)]
    bench: bool,
}

/// The contestant that all others are compared with.
const OURS: &str = "scx_domains";

impl Cli {
    pub fn run(self) -> Result<(), Failure> {
        let catalogue = Catalogue::read(&folder())?;
        if self.list {
            print!("{}", list(&catalogue));
            return Ok(());
        }
        let (results, report) = (self.results.clone(), self.report.clone());
        if !self.report_only {
            self.run_on(&catalogue)?;
        }
        match report {
            Some(folder) => report::write(results::read(&results)?, &catalogue, &folder),
            None => Ok(()),
        }
    }

    /// The new records.
    pub fn run_on(self, catalogue: &Catalogue) -> Result<Vec<Record>, Failure> {
        let mut vs = self.vs;
        if !vs.is_empty() {
            vs.push(OURS.to_string());
        }
        let (machines, scenarios) = (catalogue.machines(&self.machine)?, catalogue.scenarios(&self.only)?);
        let contestants = catalogue.contestants(&vs)?;
        let results = Results::open(&self.results, self.again)?;
        let kernel = Kernel::find(&self.kernel)?;
        let programs = Programs::prepare(&contestants, &scenarios)?;
        let wanted = Wanted { machines, scenarios, contestants, seeds: self.seeds, kernel: kernel.release.clone() };
        let boots = matrix::boots(&wanted, &catalogue.model, &programs);
        if boots.is_empty() {
            return Err("these scenarios are for other machines: see --list".into());
        }
        let jobs = self.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)).max(1);
        let runner = Runner { kernel: &kernel, programs: &programs, jobs };
        runner.run(boots, results)
    }
}

pub fn list(catalogue: &Catalogue) -> String {
    let mut text = String::from("machines:\n");
    for (name, machine) in &catalogue.machines {
        text += &format!("  {name:24} {}\n", machine.about);
    }
    for (name, suite) in &catalogue.suites {
        let only =
            if suite.machines.is_empty() { String::new() } else { format!(" (on {})", suite.machines.join(", ")) };
        text += &format!("suite {name}{only}:\n");
        for scenario in &suite.scenario {
            text += &format!("  {:24} {}\n", scenario.name, scenario.about);
        }
    }
    text += "contestants:\n";
    for contestant in &catalogue.contestants {
        text += &format!("  {:24} {}\n", contestant.name, contestant.about);
    }
    text
}
