//! One client: what it has sent and what it has still to be told. It never blocks, and never holds more than it is allowed.

use super::server::Protocol;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Instant;

/// A request that is longer ends its connection.
pub const MAX_REQUEST: usize = 8 * 1024;

/// A socket that does not block.
pub trait Stream: Read + Write + AsFd + Send {}
impl<S: Read + Write + AsFd + Send> Stream for S {}

/// What to do with what a client has sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// It is not a whole request yet.
    Wait,
    /// Its first `used` bytes are one, and this is the answer.
    Answer { used: usize, answer: Vec<u8> },
    /// Say this, and part.
    Part(Vec<u8>),
}

/// A client.
pub struct Connection {
    stream: Box<dyn Stream>,
    pub protocol: Protocol,
    received: Vec<u8>,
    to_send: Vec<u8>,
    parting: bool,
    /// When it came.
    pub since: Instant,
    /// When it last sent or took something.
    pub active: Instant,
}

impl Connection {
    pub fn new(stream: Box<dyn Stream>, protocol: Protocol, now: Instant) -> Self {
        Self { stream, protocol, received: Vec::new(), to_send: Vec::new(), parting: false, since: now, active: now }
    }

    /// Is it being told something? Then it is not listened to.
    pub fn is_being_told(&self) -> bool {
        !self.to_send.is_empty()
    }

    /// Go on as far as it goes; `false`: it is over.
    pub fn go_on(&mut self, now: Instant, answer: &mut dyn FnMut(Protocol, &[u8]) -> Step) -> bool {
        self.active = now;
        match self.converse(answer) {
            Ok(goes_on) => goes_on,
            Err(error) => error.kind() == ErrorKind::WouldBlock,
        }
    }

    /// An error of the kind `WouldBlock` where there is no more to do for now.
    fn converse(&mut self, answer: &mut dyn FnMut(Protocol, &[u8]) -> Step) -> io::Result<bool> {
        if !self.is_being_told() && !self.receive()? {
            return Ok(false);
        }
        loop {
            self.tell()?;
            if self.parting {
                return Ok(false);
            }
            match answer(self.protocol, &self.received) {
                Step::Wait if self.received.len() >= MAX_REQUEST => return Ok(false),
                Step::Wait => return Ok(true),
                Step::Answer { used, answer } => {
                    self.received.drain(..used);
                    self.to_send = answer;
                }
                Step::Part(words) => {
                    self.parting = true;
                    self.to_send = words;
                }
            }
        }
    }

    /// `false`: there comes no more.
    fn receive(&mut self) -> io::Result<bool> {
        let mut piece = [0; 4096];
        let room = piece.len().min(MAX_REQUEST - self.received.len());
        let count = self.stream.read(&mut piece[..room])?;
        self.received.extend_from_slice(&piece[..count]);
        Ok(count > 0)
    }

    fn tell(&mut self) -> io::Result<()> {
        while !self.to_send.is_empty() {
            let count = self.stream.write(&self.to_send)?;
            self.to_send.drain(..count);
        }
        Ok(())
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
