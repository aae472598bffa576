//! Asks the daemon.

use super::lines::Lines;
use super::protocol::{self, Answer, MAX_ANSWER, Request};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;
use thiserror::Error;

/// How long the daemon may take for an answer: it gives it between two rounds.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum ClientError {
    #[error("no scx_domains listens at {}; `scx_domains status` tells whether one runs", .0.display())]
    NobodyThere(PathBuf),
    #[error("{} is no socket, so nobody can be asked there; --socket names another", .0.display())]
    NoSocket(PathBuf),
    #[error("no permission to use {}: that takes root or the group scx_domains", .0.display())]
    NotAllowed(PathBuf),
    #[error("the daemon does not answer at {} within {} s: it is stopped, or kept from running", .0.display(), PATIENCE.as_secs())]
    Silent(PathBuf),
    #[error("asking the daemon at {}: {}", .0.display(), .1)]
    Broken(PathBuf, String),
}

/// A connection to the daemon.
pub struct Client {
    stream: UnixStream,
    path: PathBuf,
    lines: Lines,
}

impl Client {
    /// Connect to the daemon that listens at `path`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn connect(path: &Path) -> Result<Self, ClientError> {
        let failed = |error| failed(path, error);
        let stream = UnixStream::connect(path).map_err(failed)?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
        stream.set_write_timeout(Some(PATIENCE)).map_err(failed)?;
        Ok(Self { stream, path: path.to_owned(), lines: Lines::default() })
    }

    /// Ask, and wait for the answer.
    ///
    /// # Errors
    /// [`ClientError`]: there is none. A refusal is an answer.
    pub fn ask(&mut self, request: &Request) -> Result<Answer, ClientError> {
        self.stream.write_all(protocol::question(request).as_bytes()).map_err(|error| failed(&self.path, error))?;
        let line = self.line()?;
        protocol::read_answer(&line).map_err(|message| ClientError::Broken(self.path.clone(), message))
    }

    /// Wait until the daemon has closed the connection, as it does when it has ended.
    ///
    /// # Errors
    /// [`ClientError`]: it has not, in time.
    pub fn wait_for_end(&mut self) -> Result<(), ClientError> {
        let mut rest = [0; 1];
        match self.stream.read(&mut rest) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok(()),
            Err(error) => Err(failed(&self.path, error)),
        }
    }

    fn line(&mut self) -> Result<Vec<u8>, ClientError> {
        let mut piece = vec![0; 64 << 10];
        loop {
            match self.lines.next(MAX_ANSWER) {
                Ok(Some(line)) => return Ok(line),
                Ok(None) => {}
                Err(_) => return Err(ClientError::Broken(self.path.clone(), "an answer without end".to_owned())),
            }
            match self.stream.read(&mut piece) {
                Ok(0) => return Err(ClientError::Broken(self.path.clone(), "it hung up".to_owned())),
                Ok(read) => self.lines.add(&piece[..read]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(failed(&self.path, error)),
            }
        }
    }
}

fn is_socket(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.file_type().is_socket())
}

fn failed(path: &Path, error: io::Error) -> ClientError {
    let path = path.to_owned();
    match error.kind() {
        ErrorKind::ConnectionRefused if !is_socket(&path) => ClientError::NoSocket(path),
        ErrorKind::NotFound | ErrorKind::ConnectionRefused => ClientError::NobodyThere(path),
        ErrorKind::PermissionDenied => ClientError::NotAllowed(path),
        ErrorKind::WouldBlock | ErrorKind::TimedOut => ClientError::Silent(path),
        _ => ClientError::Broken(path, error.to_string()),
    }
}
