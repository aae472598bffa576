//! `scx_domains top`.

use super::DaemonArgs;
use crate::top::{Screen, Sort};
use clap::Args;
use std::time::Duration;

#[derive(Debug, Args)]
pub struct TopArgs {
    /// How often to look, 100ms to 60s.
    #[arg(short, long, value_name = "TIME", default_value = "1s", value_parser = interval)]
    pub interval: Duration,

    /// What to show first.
    #[arg(long, value_enum, default_value_t)]
    pub screen: Screen,

    /// What to sort domains by, the largest first.
    #[arg(long, value_enum, default_value_t)]
    pub sort: Sort,

    /// Show only lines with this text.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub filter: String,

    /// Print the screen once, as text, and end.
    #[arg(long, conflicts_with = "batch")]
    pub once: bool,

    /// Print the screen as text each interval.
    #[arg(long)]
    pub batch: bool,

    /// End after so many looks of `--batch`.
    #[arg(long, value_name = "N", requires = "batch", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,

    /// No colours; NO_COLOR in the environment does the same.
    #[arg(long)]
    pub no_color: bool,

    #[command(flatten)]
    pub daemon: DaemonArgs,
}

fn interval(text: &str) -> Result<Duration, String> {
    super::run::bounded(text, "100ms", "60s")
}
