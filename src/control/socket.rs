//! The place where the control socket lies.

use super::peer::control_group;
use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown};
use std::os::unix::net::{UnixListener, UnixStream};
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
pub struct Socket {
    pub(super) listener: UnixListener,
    path: PathBuf,
    /// Its device and inode, by which ours is told from one that has taken its place.
    id: Option<(u64, u64)>,
}

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
        make_room(path)?;
        let listener = UnixListener::bind(path).map_err(refused)?;
        listener.set_nonblocking(true).map_err(refused)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o660)).map_err(refused)?;
        if let Some(group) = control_group()
            && let Err(error) = chown(path, None, Some(group.as_raw()))
        {
            log::warn!("only root can use {}: giving it to the group failed: {error}", path.display());
        }
        Ok(Self { listener, id: id(path), path: path.to_owned() })
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.id.is_some() && self.id == id(&self.path) {
            // It is gone already, or will be replaced.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn id(path: &Path) -> Option<(u64, u64)> {
    fs::symlink_metadata(path).ok().map(|found| (found.dev(), found.ino()))
}

/// Take away what a dead scx_domains has left.
fn make_room(path: &Path) -> Result<(), SocketError> {
    let Ok(found) = fs::symlink_metadata(path) else { return Ok(()) };
    if !found.file_type().is_socket() {
        return Err(SocketError::Taken(path.to_owned()));
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(|error| SocketError::Refused(path.to_owned(), error))
        }
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            Err(SocketError::Refused(path.to_owned(), error))
        }
        _ => Err(SocketError::InUse(path.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_there_while_it_is_held() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s");
        let socket = Socket::bind(&path).expect("a socket");
        assert_eq!(fs::metadata(&path).expect("it is there").mode() & 0o777, 0o660);
        assert!(matches!(Socket::bind(&path), Err(SocketError::InUse(_))));
        drop(socket);
        assert!(!path.exists());
    }

    #[test]
    fn a_dead_ones_socket_is_replaced_and_what_is_no_socket_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s");
        drop(UnixListener::bind(&path).expect("a socket"));
        assert!(path.exists(), "std leaves it there, as a crash does");
        let first = Socket::bind(&path).expect("a socket in place of it");
        fs::remove_file(&path).expect("gone");
        let second = Socket::bind(&path).expect("another");
        drop(first);
        assert!(path.exists(), "who has lost its place takes nobody else's away");
        drop(second);
        fs::write(&path, "mine").expect("a file");
        let error = Socket::bind(&path).err().expect("no socket").to_string();
        assert!(error.contains("not a socket") && error.contains("/s"), "{error}");
        assert_eq!(fs::read_to_string(&path).expect("still there"), "mine");
        let error = Socket::bind(&folder.path().join("none/s")).err().expect("no socket").to_string();
        assert!(error.contains("cannot be made"), "{error}");
    }
}
