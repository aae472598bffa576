//! `scx_domains replay`.

use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// What `scx_domains --record FILE` made. Each round is planned on what was seen then: a record does not know what
    /// other flows would have changed.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Plan with another value of one of the planner's parameters; may be repeated. A name that is none lists them.
    #[arg(long, value_name = "NAME=VALUE")]
    pub set: Vec<String>,

    /// Say why each flow is planned, and why a domain with too much gives nothing.
    #[arg(long)]
    pub explain: bool,

    /// Print a JSON object a round, differing or not, then one with the summary.
    #[arg(long)]
    pub json: bool,
}
