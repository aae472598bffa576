//! `scx_domains record`.

use super::DaemonArgs;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct RecordArgs {
    /// Where to write it, in place of what is there.
    #[arg(short, long, value_name = "FILE", default_value = "scx_domains.jsonl")]
    pub output: PathBuf,

    #[command(flatten)]
    pub daemon: DaemonArgs,
}
