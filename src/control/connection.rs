//! One client of the control socket, as the server sees it.
//!
//! A client asks, and gets its answer before its next question is read: who does not read what it asked for is not heard any
//! more, and goes away in time.

use super::budget::Budget;
use super::lines::{Lines, TooLong};
use super::peer::Peer;
use super::protocol::{self, Answer, MAX_QUESTION, Refusal, Why};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// How long a client may take for a question that it has begun, for its first, or to read its answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long it may have nothing to ask.
const IDLE: Duration = Duration::from_secs(60);
/// Questions that one client may ask at once, and then a second.
const BURST: u32 = 20;
const PER_SECOND: u32 = 20;

/// A client.
pub(super) struct Connection {
    pub stream: UnixStream,
    pub peer: Peer,
    lines: Lines,
    /// A question that has come and is not answered yet.
    question: Option<Result<Vec<u8>, TooLong>>,
    answer: Vec<u8>,
    written: usize,
    budget: Budget,
    /// When it last got somewhere.
    pub since: Duration,
    /// When it goes unless it gets somewhere.
    pub deadline: Duration,
    /// No more questions; it goes with its last answer read.
    last: bool,
    gone: bool,
}

impl Connection {
    /// Someone who has just connected.
    pub fn new(stream: UnixStream, now: Duration) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        let peer = Peer::of(&stream).ok_or(ErrorKind::PermissionDenied)?;
        Ok(Self {
            stream,
            peer,
            lines: Lines::default(),
            question: None,
            answer: Vec::new(),
            written: 0,
            budget: Budget::new(BURST, PER_SECOND, now),
            since: now,
            deadline: now + PATIENCE,
            last: false,
            gone: false,
        })
    }

    /// Is it to be told when there is more to read?
    pub fn listens(&self) -> bool {
        !self.last && self.question.is_none() && self.answer.is_empty()
    }

    /// Is there something that it has not read yet?
    pub fn speaks(&self) -> bool {
        !self.answer.is_empty()
    }

    /// Has it gone, or taken too long?
    pub fn is_over(&self, now: Duration) -> bool {
        self.gone || self.deadline <= now || self.last && !self.speaks()
    }

    /// How long until its question may be answered; none where there is none.
    pub fn wait(&mut self, now: Duration) -> Option<Duration> {
        self.question.is_some().then(|| self.budget.wait(now))
    }

    /// Answer the question that has come.
    pub fn answer(&mut self, now: Duration, grant: impl FnOnce(protocol::Request, Peer) -> Answer) {
        let Some(question) = self.question.take() else { return };
        self.budget.spend();
        let answer = match question {
            Ok(line) => protocol::read_question(&line).and_then(|request| grant(request, self.peer)),
            Err(TooLong) => {
                self.last = true;
                Err(Refusal::new(Why::Malformed, format!("a question has {MAX_QUESTION} bytes at most")))
            }
        };
        self.answer = protocol::answer(&answer).into_bytes();
        self.written = 0;
        self.since = now;
        self.deadline = now + PATIENCE;
        self.write(now);
    }

    /// Read what has come.
    pub fn read(&mut self, now: Duration) {
        let mut piece = [0; 4096];
        match self.stream.read(&mut piece) {
            Ok(0) => self.gone = true,
            Ok(read) => {
                if self.lines.is_empty() {
                    self.deadline = now + PATIENCE;
                }
                self.lines.add(&piece[..read]);
                self.next_question();
            }
            Err(error) => self.gone = !is_passing(&error),
        }
    }

    /// Write what can be taken.
    pub fn write(&mut self, now: Duration) {
        match self.stream.write(&self.answer[self.written..]) {
            Ok(0) => self.gone = true,
            Ok(written) => {
                self.written += written;
                self.since = now;
                self.deadline = now + PATIENCE;
            }
            Err(error) => self.gone = !is_passing(&error),
        }
        if self.written == self.answer.len() {
            self.answer.clear();
            self.next_question();
            if self.question.is_none() && self.lines.is_empty() {
                self.deadline = now + IDLE;
            }
        }
    }

    fn next_question(&mut self) {
        self.question = self.lines.next(MAX_QUESTION).transpose();
    }
}

fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
