//! What the daemon is told, and by whom: the built-in values, the file, the environment, the command line; each goes before
//! those ahead of it, and what `scx_domains set` says goes before all.
//!
//! There is one table of settings, and it is the command line's ([`RunArgs`](crate::cli::RunArgs)): a setting's name is that of
//! its option, in the file and for `get` and `set` too, and `SCX_DOMAINS_` and the name in capitals in the environment. Bounds and
//! types are held by the option's parser, whoever says the value.

mod file;
mod layers;
mod settings;
mod table;

use crate::cli::Cli;
use clap::CommandFactory;

pub use file::{DEFAULT_FILE, FileError, persist};
pub use layers::{ConfigError, Layers};
pub use settings::{Change, Origin, Said, SettingShown, Settings, unknown};
pub use table::{Known, known};

/// What a daemon is told that is started without options; none where that makes no sense.
#[must_use]
pub fn usual() -> Option<Settings> {
    let no_options = Cli::command().try_get_matches_from([env!("CARGO_PKG_NAME")]).ok()?;
    Layers::new(&no_options, std::env::vars_os()).ok()?.settings().ok()
}
