//! What all commands take that talk to the running daemon.

use crate::control::DEFAULT_SOCKET;
use clap::Args;
use std::path::PathBuf;

#[derive(Clone, Debug, Args)]
pub struct ClientArgs {
    /// The daemon's socket, if that is not /run/scx_domains/control.sock.
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,

    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

impl ClientArgs {
    /// Where the daemon listens.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.socket.clone().unwrap_or_else(|| DEFAULT_SOCKET.into())
    }
}
