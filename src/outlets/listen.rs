//! Opens sockets to listen on.

use super::Address;
use crate::sockets::{NoPlace, UnixSocket};
use std::io::{self, ErrorKind};
use std::net::TcpListener;
use std::os::fd::{AsFd, BorrowedFd};
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

/// An open socket, that does not block. Dropping it closes it, and takes the file of a UNIX socket away.
#[derive(Debug)]
pub enum Listener {
    Tcp(TcpListener),
    Unix(UnixSocket),
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(listener) => listener.as_fd(),
            Self::Unix(socket) => socket.listener.as_fd(),
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
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).map_err(refused)?;
            }
            let socket = UnixSocket::bind(path).map_err(|no_place| match no_place {
                NoPlace::InUse => ListenError::InUse(address.clone()),
                NoPlace::NoSocket => ListenError::NoSocket(address.clone()),
                NoPlace::Refused(cause) => refused(cause),
            })?;
            Ok(Listener::Unix(socket))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_made_and_what_is_in_the_way_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| Address::Unix(folder.path().join("deep").join(name));
        let first = listen(&at("stats")).expect("a new socket");
        assert!(matches!(listen(&at("stats")), Err(ListenError::InUse(_))));
        drop(first);
        std::fs::write(folder.path().join("deep/file"), "precious").expect("a file");
        assert!(matches!(listen(&at("file")), Err(ListenError::NoSocket(_))));
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
