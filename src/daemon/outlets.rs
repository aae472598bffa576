//! Opens the sockets that reports are asked for on, and serves them while the daemon lives.

use crate::failure::Failure;
use crate::outlets::{Address, Ask, ListenError, Listener, Protocol, STATS_SOCKET, Server, ServerHandle, listen};
use crossbeam_channel::{Receiver, bounded};
use std::io::ErrorKind;
use std::path::PathBuf;

/// The sockets, being served. Dropping it closes them.
pub struct Outlets {
    /// First, so that it is dropped before the server is waited for: who asks gets no answer then.
    asks: Receiver<Ask>,
    server: ServerHandle,
    /// Where metrics are served.
    metrics: Option<Address>,
}

/// Another place for metrics, which nobody else can take meanwhile. Dropping it gives it back.
pub struct MetricsPlace {
    /// None: nowhere.
    address: Option<Address>,
    listener: Option<Listener>,
}

impl Outlets {
    /// Open the socket of scx_stats and, if asked for, the metrics'. Before anything is loaded: who cannot have what he asked
    /// for should know it now.
    ///
    /// # Errors
    /// [`Failure::Input`]: something else has the place of one of them.
    pub fn open(metrics: Option<&Address>) -> Result<Self, Failure> {
        let mut listeners = Vec::new();
        match listen(&Address::Unix(PathBuf::from(STATS_SOCKET))) {
            Ok(listener) => listeners.push((listener, Protocol::ScxStats)),
            // Nobody has asked for it, and all else works without.
            Err(ListenError::Refused { cause, .. }) if is_forbidden(cause.kind()) => {
                log::warn!("no statistics for scxtop and --monitor: {STATS_SOCKET} cannot be made: {cause}");
            }
            Err(error) => return Err(Failure::Input(format!("statistics: {error}"))),
        }
        if let Some(address) = metrics {
            let listener = listen(address).map_err(|error| Failure::Input(format!("--metrics: {error}")))?;
            listeners.push((listener, Protocol::Http));
        }
        let (ask, asks) = bounded(1);
        let server =
            Server::start(listeners, ask).map_err(|e| Failure::Unexpected(format!("serving statistics: {e}")))?;
        Ok(Self { asks, server, metrics: metrics.cloned() })
    }

    /// Who asks for a report. Each is to be answered soon.
    pub fn asks(&self) -> &Receiver<Ask> {
        &self.asks
    }

    /// Take the place where metrics are to be served from now on; none if they are served there already.
    ///
    /// # Errors
    /// [`ListenError`]: it cannot be had. Nothing is changed then.
    pub fn other_place(&self, metrics: Option<&Address>) -> Result<Option<MetricsPlace>, ListenError> {
        if metrics == self.metrics.as_ref() {
            return Ok(None);
        }
        Ok(Some(MetricsPlace { address: metrics.cloned(), listener: metrics.map(listen).transpose()? }))
    }

    /// Serve metrics there, and no longer where they were. Answers that are under way are given.
    pub fn serve_metrics(&mut self, place: MetricsPlace) {
        self.server.serve_metrics(place.listener);
        self.metrics = place.address;
    }
}

fn is_forbidden(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
}
