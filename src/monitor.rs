//! `--monitor`: prints the statistics of a scheduler that runs already.

use crate::failure::Failure;
use crate::outlets::{Monitor, MonitorError, STATS_SOCKET};
use crate::stats::{Report, report_text};
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

/// Print a report every so many seconds, until nobody reads them or the scheduler ends.
///
/// # Errors
/// [`Failure`]: no scheduler tells statistics, or not any more.
pub fn run(every: Duration, json: bool) -> Result<(), Failure> {
    let mut monitor = Monitor::connect(Path::new(STATS_SOCKET)).map_err(failure)?;
    loop {
        let report = monitor.report().map_err(failure)?;
        match io::stdout().write_all(as_told(&report, json).as_bytes()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
            Err(error) => return Err(Failure::Unexpected(format!("writing the statistics: {error}"))),
            Ok(()) => sleep(every),
        }
    }
}

/// A report as lines for people, or as a line of JSON.
#[must_use]
pub fn as_told(report: &Report, json: bool) -> String {
    if !json {
        return report_text(report);
    }
    // No map of a report has keys that are no strings, so this does not fail.
    serde_json::to_string(report).unwrap_or_default() + "\n"
}

fn failure(error: MonitorError) -> Failure {
    match error {
        MonitorError::NobodyThere(_) | MonitorError::NoReport(_) | MonitorError::Lost(_) => {
            Failure::Unexpected(error.to_string())
        }
        MonitorError::NoPermission(_) => Failure::Permission(error.to_string()),
    }
}
