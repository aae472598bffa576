//! The place where the control socket lies.

use super::peer::control_group;
use crate::sockets::{NoPlace, UnixSocket};
use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Where it is unless `--socket` says otherwise.
pub const DEFAULT_SOCKET: &str = "/run/scx_domains/control.sock";

/// Why there cannot be a socket.
#[derive(Debug, Error)]
pub enum SocketError {
    #[error("--socket {}: another scx_domains listens there. Stop it first, or name another socket", .0.display())]
    InUse(PathBuf),
    #[error("--socket {}: something else is there, and it is not a socket. Take it away, or name another place", .0.display())]
    Taken(PathBuf),
    #[error("--socket {}: it cannot be made: {}. Name a place in a folder that is there and that you may write to", .0.display(), .1)]
    Refused(PathBuf, io::Error),
}

/// A socket that clients may connect to. It goes away when this is dropped.
pub struct Socket(UnixSocket);

impl Socket {
    /// Listen at `path`, for root and the members of the group. What a dead scx_domains left there is replaced.
    ///
    /// # Errors
    /// [`SocketError`]; what is there stays.
    pub fn bind(path: &Path) -> Result<Self, SocketError> {
        let refused = |error| SocketError::Refused(path.to_owned(), error);
        if path == Path::new(DEFAULT_SOCKET)
            && let Some(folder) = path.parent()
        {
            fs::create_dir_all(folder).map_err(refused)?;
        }
        let socket = UnixSocket::bind(path).map_err(|no_place| match no_place {
            NoPlace::InUse => SocketError::InUse(path.to_owned()),
            NoPlace::NoSocket => SocketError::Taken(path.to_owned()),
            NoPlace::Refused(error) => refused(error),
        })?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o660)).map_err(refused)?;
        if let Some(group) = control_group()
            && let Err(error) = chown(path, None, Some(group.as_raw()))
        {
            log::warn!("only root can use {}: giving it to the group failed: {error}", path.display());
        }
        Ok(Self(socket))
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn listener(&self) -> &UnixListener {
        &self.0.listener
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn it_is_for_the_group_and_what_is_in_its_way_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s");
        let socket = Socket::bind(&path).expect("a socket");
        assert_eq!(fs::metadata(&path).expect("it is there").mode() & 0o777, 0o660);
        assert!(matches!(Socket::bind(&path), Err(SocketError::InUse(_))));
        drop(socket);
        fs::write(&path, "mine").expect("a file");
        let error = Socket::bind(&path).err().expect("no socket").to_string();
        assert!(error.contains("not a socket") && error.contains("/s"), "{error}");
        let error = Socket::bind(&folder.path().join("none/s")).err().expect("no socket").to_string();
        assert!(error.contains("cannot be made"), "{error}");
    }
}
