//! `scx_domains replay`.

use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// A record: what `scx_domains --record FILE` or `scx_domains record` made. Each round is planned on what was seen then: a
    /// record does not know what other flows would have changed.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Plan with another value for one of the planner's parameters: `min_amount`, which `--min-flow` sets for a run, or `worth`,
    /// which `--flow-worth` sets. May be repeated.
    #[arg(long, value_name = "NAME=VALUE")]
    pub set: Vec<String>,

    /// Say why each flow is planned, and why a domain with too much gives nothing: in all rounds, not only in those that differ
    /// from the record.
    #[arg(long)]
    pub explain: bool,

    /// Print a JSON object for each round, whether it differs or not, then one with the summary.
    #[arg(long)]
    pub json: bool,
}
