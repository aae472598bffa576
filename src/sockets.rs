//! UNIX sockets that are listened on: one that a dead process has left is replaced, anything else is left alone, and at the end
//! none is left behind.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

/// Why nobody can be listened to at a path.
#[derive(Debug)]
pub enum NoPlace {
    /// A living process listens there.
    InUse,
    /// Something else lies there.
    NoSocket,
    /// The system's word.
    Refused(io::Error),
}

/// A socket that is listened on and does not block. Its file goes away when this is dropped.
#[derive(Debug)]
pub struct UnixSocket {
    pub listener: UnixListener,
    path: PathBuf,
    /// The file's device and inode, by which ours is told from one that has taken its place.
    id: Option<(u64, u64)>,
}

impl UnixSocket {
    /// Listen at `path`, whose folder has to be there. Who may connect is for the process's umask.
    ///
    /// # Errors
    /// [`NoPlace`]; what is there stays.
    pub fn bind(path: &Path) -> Result<Self, NoPlace> {
        make_room(path)?;
        let listener = UnixListener::bind(path).map_err(|error| match error.kind() {
            ErrorKind::AddrInUse => NoPlace::InUse,
            _ => NoPlace::Refused(error),
        })?;
        let socket = Self { listener, path: path.to_owned(), id: id(path) };
        socket.listener.set_nonblocking(true).map_err(NoPlace::Refused)?;
        Ok(socket)
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for UnixSocket {
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

/// Take away what a dead process has left.
fn make_room(path: &Path) -> Result<(), NoPlace> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(NoPlace::Refused(error)),
        Ok(found) if !found.file_type().is_socket() => return Err(NoPlace::NoSocket),
        Ok(_) => {}
    }
    match UnixStream::connect(path) {
        // Nobody has it.
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => fs::remove_file(path).map_err(NoPlace::Refused),
        // Somebody has it, with more callers than it can hold.
        Err(error) if error.kind() == ErrorKind::WouldBlock => Err(NoPlace::InUse),
        Err(error) => Err(NoPlace::Refused(error)),
        Ok(_) => Err(NoPlace::InUse),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_there_while_it_is_held() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s");
        let socket = UnixSocket::bind(&path).expect("a socket");
        assert!(matches!(UnixSocket::bind(&path), Err(NoPlace::InUse)), "a living one stays");
        drop(socket);
        assert!(!path.exists());
    }

    #[test]
    fn a_dead_ones_socket_is_replaced_and_what_is_no_socket_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s");
        drop(UnixListener::bind(&path).expect("a socket"));
        assert!(path.exists(), "std leaves it there, as a crash does");
        let first = UnixSocket::bind(&path).expect("a socket in place of it");
        fs::remove_file(&path).expect("gone");
        let second = UnixSocket::bind(&path).expect("another");
        drop(first);
        assert!(path.exists(), "who has lost its place takes nobody else's away");
        drop(second);
        fs::write(&path, "mine").expect("a file");
        assert!(matches!(UnixSocket::bind(&path), Err(NoPlace::NoSocket)));
        assert_eq!(fs::read_to_string(&path).expect("still there"), "mine");
        assert!(matches!(UnixSocket::bind(&folder.path().join("none/s")), Err(NoPlace::Refused(_))));
    }
}
