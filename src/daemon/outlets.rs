//! Opens the sockets that reports are asked for on, and serves them while the daemon lives.

use crate::failure::Failure;
use crate::outlets::{Address, Ask, ListenError, Protocol, STATS_SOCKET, Server, ServerHandle, listen};
use crossbeam_channel::{Receiver, bounded};
use std::io::ErrorKind;
use std::path::PathBuf;

/// The sockets, being served. Dropping it closes them.
pub struct Outlets {
    /// First, so that it is dropped before the server is waited for: who asks gets no answer then.
    asks: Receiver<Ask>,
    _server: ServerHandle,
    /// Files to remove at the end.
    stats: Option<PathBuf>,
    metrics: Option<PathBuf>,
}

impl Outlets {
    /// Open the socket of scx_stats and, if asked for, the metrics'. Before anything is loaded: who cannot have what he asked
    /// for should know it now.
    ///
    /// # Errors
    /// [`Failure::Input`]: something else has the place of one of them.
    pub fn open(metrics: Option<&Address>) -> Result<Self, Failure> {
        let stats_path = PathBuf::from(STATS_SOCKET);
        let stats = match listen(&Address::Unix(stats_path.clone())) {
            Ok(listener) => Some((listener, Protocol::ScxStats)),
            // Nobody has asked for it, and all else works without.
            Err(ListenError::Refused { cause, .. }) if is_forbidden(cause.kind()) => {
                log::warn!("no statistics for scxtop and --monitor: {STATS_SOCKET} cannot be made: {cause}");
                None
            }
            Err(error) => return Err(Failure::Input(format!("statistics: {error}"))),
        };
        let stats_file = stats.is_some().then_some(stats_path);
        let metrics_listener = metrics.map(listen_for_metrics).transpose()?;
        let metrics_listener = metrics_listener.map(|listener| (listener, Protocol::Http));
        let (ask, asks) = bounded(1);
        let server = Server::start(stats.into_iter().chain(metrics_listener).collect(), ask)
            .map_err(|e| Failure::Unexpected(format!("serving statistics: {e}")))?;
        Ok(Self { asks, _server: server, stats: stats_file, metrics: metrics.and_then(file_of) })
    }

    /// Who asks for a report. Each is to be answered soon.
    pub fn asks(&self) -> &Receiver<Ask> {
        &self.asks
    }
}

impl Drop for Outlets {
    fn drop(&mut self) {
        remove(self.stats.take());
        remove(self.metrics.take());
    }
}

fn listen_for_metrics(address: &Address) -> Result<crate::outlets::Listener, Failure> {
    listen(address).map_err(|error| Failure::Input(format!("--metrics {address}: {error}")))
}

fn is_forbidden(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
}

fn file_of(address: &Address) -> Option<PathBuf> {
    match address {
        Address::Unix(path) => Some(path.clone()),
        Address::Tcp(_) => None,
    }
}

/// Remove a socket. One that is left is replaced by the next who wants it.
fn remove(file: Option<PathBuf>) {
    if let Some(file) = file {
        let _ = std::fs::remove_file(file);
    }
}
