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
    _files: Vec<SocketFile>,
}

/// The file of a UNIX socket, to be removed at the end. One that is left is replaced by the next who wants it.
struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Outlets {
    /// Open the socket of scx_stats and, if asked for, the metrics'. Before anything is loaded: who cannot have what he asked
    /// for should know it now.
    ///
    /// # Errors
    /// [`Failure::Input`]: something else has the place of one of them.
    pub fn open(metrics: Option<&Address>) -> Result<Self, Failure> {
        let (mut listeners, mut files) = (Vec::new(), Vec::new());
        let stats = Address::Unix(PathBuf::from(STATS_SOCKET));
        match listen(&stats) {
            Ok(listener) => {
                listeners.push((listener, Protocol::ScxStats));
                files.extend(file_of(&stats));
            }
            // Nobody has asked for it, and all else works without.
            Err(ListenError::Refused { cause, .. }) if is_forbidden(cause.kind()) => {
                log::warn!("no statistics for scxtop and --monitor: {STATS_SOCKET} cannot be made: {cause}");
            }
            Err(error) => return Err(Failure::Input(format!("statistics: {error}"))),
        }
        if let Some(address) = metrics {
            let listener = listen(address).map_err(|error| Failure::Input(format!("--metrics: {error}")))?;
            listeners.push((listener, Protocol::Http));
            files.extend(file_of(address));
        }
        let (ask, asks) = bounded(1);
        let server =
            Server::start(listeners, ask).map_err(|e| Failure::Unexpected(format!("serving statistics: {e}")))?;
        Ok(Self { asks, _server: server, _files: files })
    }

    /// Who asks for a report. Each is to be answered soon.
    pub fn asks(&self) -> &Receiver<Ask> {
        &self.asks
    }
}

fn is_forbidden(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
}

fn file_of(address: &Address) -> Option<SocketFile> {
    match address {
        Address::Unix(path) => Some(SocketFile(path.clone())),
        Address::Tcp(_) => None,
    }
}
