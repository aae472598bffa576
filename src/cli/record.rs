//! `scx_domains record`.

use crate::control::DEFAULT_SOCKET;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct RecordArgs {
    /// Where to write it, in place of what is there.
    #[arg(short, long, value_name = "FILE", default_value = "scx_domains.jsonl")]
    pub output: PathBuf,

    /// The socket of the daemon, if it was started with another than usual.
    #[arg(long, value_name = "PATH", default_value = DEFAULT_SOCKET)]
    pub socket: PathBuf,
}
