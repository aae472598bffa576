//! Opens sockets to listen on. One that a dead process has left is replaced, anything else is left alone.

use super::Address;
use std::io::{self, ErrorKind};
use std::net::TcpListener;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use thiserror::Error;

/// Why nobody can be listened to there.
#[derive(Debug, Error)]
pub enum ListenError {
    /// A living process has it.
    #[error("{0} is in use by another process; stop that, or name another address")]
    InUse(Address),
    /// Something else lies where the socket would.
    #[error("{0} is no socket; move it away, or name another path")]
    NoSocket(Address),
    /// The system's word.
    #[error("{address} cannot be listened on: {cause}")]
    Refused { address: Address, cause: io::Error },
}

/// An open socket, that does not block.
#[derive(Debug)]
pub enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(listener) => listener.as_fd(),
            Self::Unix(listener) => listener.as_fd(),
        }
    }
}

/// Listen there. The folder of a UNIX socket is made if there is none; who may connect to it is for the process's umask.
///
/// # Errors
/// [`ListenError`]; nothing is changed then.
pub fn listen(address: &Address) -> Result<Listener, ListenError> {
    let refused = |cause: io::Error| match cause.kind() {
        ErrorKind::AddrInUse => ListenError::InUse(address.clone()),
        _ => ListenError::Refused { address: address.clone(), cause },
    };
    match address {
        Address::Tcp(socket) => {
            let listener = TcpListener::bind(socket).map_err(refused)?;
            listener.set_nonblocking(true).map_err(refused)?;
            Ok(Listener::Tcp(listener))
        }
        Address::Unix(path) => {
            make_room(address, path)?;
            let listener = UnixListener::bind(path).map_err(refused)?;
            listener.set_nonblocking(true).map_err(refused)?;
            Ok(Listener::Unix(listener))
        }
    }
}

/// Make the folder, and remove a socket that nobody listens on any more.
fn make_room(address: &Address, path: &Path) -> Result<(), ListenError> {
    let refused = |cause| ListenError::Refused { address: address.clone(), cause };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(refused)?;
    }
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(refused(error)),
        Ok(file) if !file.file_type().is_socket() => Err(ListenError::NoSocket(address.clone())),
        Ok(_) => match UnixStream::connect(path) {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => std::fs::remove_file(path).map_err(refused),
            Err(error) => Err(refused(error)),
            Ok(_) => Err(ListenError::InUse(address.clone())),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_socket_is_replaced_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| Address::Unix(folder.path().join("deep").join(name));
        drop(listen(&at("stats")).expect("a new socket"));
        let again = listen(&at("stats")).expect("the dead one is replaced");
        assert!(matches!(listen(&at("stats")), Err(ListenError::InUse(_))), "a living one is not");
        drop(again);
        std::fs::write(folder.path().join("deep/file"), "precious").expect("a file");
        assert!(matches!(listen(&at("file")), Err(ListenError::NoSocket(_))));
        assert_eq!(std::fs::read_to_string(folder.path().join("deep/file")).expect("it is there"), "precious");
    }

    #[test]
    fn a_port_in_use_is_said_to_be() {
        let Listener::Tcp(first) = listen(&"127.0.0.1:0".parse().expect("an address")).expect("a port") else {
            panic!("a port was asked for")
        };
        let taken = Address::Tcp(first.local_addr().expect("it has one"));
        let error = listen(&taken).expect_err("it is taken").to_string();
        assert_eq!(error, format!("{taken} is in use by another process; stop that, or name another address"));
    }
}
