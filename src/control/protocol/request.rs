//! What a client may ask for. Pure.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A question, without the version that it is asked in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// How is the daemon?
    Status,
    /// What there is to tell of the machine and the scheduler.
    Stats,
    /// What are the settings, and where does each come from?
    Get,
    /// Change settings: all of them, or none.
    Set {
        /// Values by name, written as on the command line.
        changes: BTreeMap<String, String>,
        /// Into the file too, for the next start?
        #[serde(default)]
        persist: bool,
    },
    /// Read the file with settings again.
    Reload,
    /// A round of balance now.
    Balance,
    /// Why did the last round plan what it planned?
    Explain,
    /// What does the scheduler know of a task?
    Task { pid: u32 },
    /// And of several? Those that are not there, or not the scheduler's, are left out; of more than 100 the rest.
    Tasks { pids: Vec<u32> },
    /// All that belongs into a bug report.
    Dump,
    /// What did the last rounds plan, why, and what came of it?
    Rounds,
    /// The rounds of the last minutes, as the flight recorder has them.
    Record,
    /// Give scheduling back to the kernel, and end.
    Stop,
}

impl Request {
    /// Does it change anything? Then not everybody may ask for it.
    #[must_use]
    pub fn changes_something(&self) -> bool {
        match self {
            Self::Status | Self::Stats | Self::Rounds | Self::Record => false,
            Self::Get | Self::Explain | Self::Task { .. } | Self::Tasks { .. } | Self::Dump => false,
            Self::Set { .. } | Self::Reload | Self::Balance | Self::Stop => true,
        }
    }
}
