//! `scx_domains top`.

use crate::control::DEFAULT_SOCKET;
use crate::top::{Screen, Sort};
use clap::Args;
use std::path::PathBuf;
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

    /// The socket of the daemon, if it was started with another than usual.
    #[arg(long, value_name = "PATH", default_value = DEFAULT_SOCKET)]
    pub socket: PathBuf,
}

fn interval(text: &str) -> Result<Duration, String> {
    super::run::bounded(text, "100ms", "60s")
}
