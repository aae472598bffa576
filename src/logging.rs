//! Where log lines go: to the journal with fields where systemd has connected us to it, else to standard error.

use crate::cli::LogLevel;
use log::LevelFilter;
use std::io::Write;
use systemd_journal_logger::{JournalLog, connected_to_journal};

/// Begin. `verbose` is how often `-v` was given, which goes before `level`.
pub fn start(level: LogLevel, verbose: u8) {
    let level = match verbose {
        0 => LevelFilter::from(level),
        1 => LevelFilter::Debug,
        _ => LevelFilter::Trace,
    };
    let journal = connected_to_journal().then(|| JournalLog::new().ok()?.install().ok()).flatten();
    if journal.is_none() {
        to_stderr();
    }
    log::set_max_level(level);
}

/// The bare message; with its level and place while debugging.
fn to_stderr() {
    env_logger::Builder::new()
        .filter_level(LevelFilter::Trace)
        .format(|out, record| match log::max_level() {
            LevelFilter::Debug | LevelFilter::Trace => {
                writeln!(out, "scx_domains [{} {}]: {}", record.level(), record.target(), record.args())
            }
            _ => writeln!(out, "scx_domains: {}", record.args()),
        })
        .init();
}
