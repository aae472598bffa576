//! What the commands take that talk to the running daemon.

use crate::config;
use crate::control::DEFAULT_SOCKET;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Which daemon is asked.
#[derive(Clone, Debug, Default, Args)]
pub struct DaemonArgs {
    /// The daemon's socket, if it is another than its file with settings says.
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
}

impl DaemonArgs {
    /// Where the daemon listens.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        let usual = || config::usual().map_or_else(|| DEFAULT_SOCKET.into(), |settings| settings.args().socket.clone());
        self.socket.clone().unwrap_or_else(usual)
    }
}

#[derive(Clone, Debug, Args)]
pub struct ClientArgs {
    #[command(flatten)]
    pub daemon: DaemonArgs,

    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// `scx_domains get`.
#[derive(Clone, Debug, Args)]
pub struct GetArgs {
    /// Only these settings.
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,

    #[command(flatten)]
    pub client: ClientArgs,
}

/// `scx_domains set`.
#[derive(Clone, Debug, Args)]
pub struct SetArgs {
    /// What is to be how: `scx_domains get` lists the settings, and which of them can change while the scheduler runs. If one of
    /// these is wrong, none is changed.
    #[arg(value_name = "NAME=VALUE", required = true, value_parser = change)]
    pub changes: Vec<(String, String)>,

    /// Write it into the daemon's file with settings too, for the next start.
    #[arg(long)]
    pub persist: bool,

    #[command(flatten)]
    pub client: ClientArgs,
}

/// `scx_domains balance`.
#[derive(Clone, Debug, Args)]
pub struct BalanceArgs {
    /// Plan flows, plan none, or one round at once.
    #[arg(value_enum)]
    pub what: Balance,

    #[command(flatten)]
    pub client: ClientArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Balance {
    On,
    Off,
    Now,
}

/// `scx_domains task`.
#[derive(Clone, Debug, Args)]
pub struct TaskArgs {
    /// The task's id: a process's is that of its first thread, and each thread has its own (`ps -eL`).
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    pub pid: u32,

    #[command(flatten)]
    pub client: ClientArgs,
}

/// `scx_domains config`.
#[derive(Clone, Debug, Args)]
pub struct ConfigArgs {
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

fn change(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}
