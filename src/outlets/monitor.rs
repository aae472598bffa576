//! The client of `--monitor`: asks a running scx_domains for reports, over the socket of scx_stats.

use crate::stats::Report;
use serde_json::Value;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;
use thiserror::Error;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest answer that is read: a machine of 16384 CPUs takes 5 MB.
const LONGEST_ANSWER: u64 = 64 << 20;

/// Why there is no report.
#[derive(Debug, Error)]
pub enum MonitorError {
    /// Nobody is there.
    #[error("no scheduler tells statistics at {0}: start scx_domains, then try again")]
    NobodyThere(String),
    /// We may not ask.
    #[error("no permission to ask for statistics at {0}: run it as root")]
    NoPermission(String),
    /// It answers, but with no report.
    #[error("the scheduler that answers is not scx_domains, or another version: {0}")]
    NoReport(String),
    /// It answered before.
    #[error("the scheduler does not answer any more: {0}")]
    Lost(io::Error),
}

/// A connection to a running scheduler.
#[derive(Debug)]
pub struct Monitor {
    stream: BufReader<UnixStream>,
}

impl Monitor {
    /// Connect.
    ///
    /// # Errors
    /// [`MonitorError`]: nobody is there, or we may not ask.
    pub fn connect(path: &Path) -> Result<Self, MonitorError> {
        let shown = path.display().to_string();
        let stream = UnixStream::connect(path).map_err(|error| match error.kind() {
            ErrorKind::PermissionDenied => MonitorError::NoPermission(shown),
            _ => MonitorError::NobodyThere(shown),
        })?;
        let timeouts = stream.set_read_timeout(Some(PATIENCE)).and_then(|()| stream.set_write_timeout(Some(PATIENCE)));
        timeouts.map_err(MonitorError::Lost)?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Ask for a report.
    ///
    /// # Errors
    /// [`MonitorError`]: the scheduler has gone, or does not know of reports.
    pub fn report(&mut self) -> Result<Report, MonitorError> {
        let request = b"{\"req\":\"stats\",\"args\":{\"target\":\"report\"}}\n";
        self.stream.get_mut().write_all(request).map_err(MonitorError::Lost)?;
        let mut line = String::new();
        (&mut self.stream).take(LONGEST_ANSWER).read_line(&mut line).map_err(MonitorError::Lost)?;
        if line.is_empty() {
            return Err(MonitorError::Lost(io::Error::new(ErrorKind::UnexpectedEof, "it has ended")));
        }
        let no_report = |e: serde_json::Error| MonitorError::NoReport(e.to_string());
        let mut answer: Value = serde_json::from_str(&line).map_err(no_report)?;
        let response = answer["args"]["resp"].take();
        if answer["errno"] != 0 {
            return Err(MonitorError::NoReport(response.as_str().unwrap_or("it tells an error").to_owned()));
        }
        serde_json::from_value(response).map_err(no_report)
    }
}
