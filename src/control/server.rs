//! Serves the control socket, in a thread of its own: the rounds neither wait for a client nor know how many there are.
//!
//! Clients may be as bad as they like. Each may have one question of limited length under way, and all together ask so many
//! a second: what comes faster waits in their own buffers. Who is silent goes after a while, and where all places are taken,
//! whoever has been silent longest goes first.

use super::budget::Budget;
use super::connection::Connection;
use super::peer::{GROUP, Peer, control_group};
use super::protocol::{Answer, Refusal, Request, Why};
use super::socket::Socket;
use nix::unistd::Gid;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::Timespec;
use std::io::{self, ErrorKind};
use std::os::unix::net::{UnixListener, UnixStream};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Clients at a time.
const MAX_CLIENTS: usize = 64;
/// Where all places are taken, a client that has got nowhere for so long makes room for the next.
const GRACE: Duration = Duration::from_secs(1);
/// Questions of all clients, and new clients, at once and then a second.
const BURST: u32 = 100;
const PER_SECOND: u32 = 100;
/// When something is wrong with the socket itself (no descriptors left, say), it is looked at again after this.
const REST: Duration = Duration::from_secs(1);

/// What serves. Dropping it ends all connections and waits for the thread to end.
pub struct Server {
    /// Closing it tells the thread to end.
    stop: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serve `socket`: `grant` is called with each request that its client may make, one at a time.
    ///
    /// # Errors
    /// There is no descriptor or thread to be had.
    pub fn start(socket: &Socket, grant: impl FnMut(Request, Peer) -> Answer + Send + 'static) -> io::Result<Self> {
        let (stop, stopped) = UnixStream::pair()?;
        let clients = Clients {
            listener: socket.listener().try_clone()?,
            stopped,
            grant,
            group: control_group(),
            start: Instant::now(),
            connections: Vec::new(),
            questions: Budget::new(BURST, PER_SECOND, Duration::ZERO),
            arrivals: Budget::new(BURST, PER_SECOND, Duration::ZERO),
            rests_until: Duration::ZERO,
        };
        let thread = std::thread::Builder::new().name("control".to_owned()).spawn(move || clients.serve())?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // A thread that has panicked has told so.
            let _ = thread.join();
        }
    }
}

struct Clients<G> {
    listener: UnixListener,
    stopped: UnixStream,
    grant: G,
    group: Option<Gid>,
    start: Instant,
    connections: Vec<Connection>,
    questions: Budget,
    arrivals: Budget,
    rests_until: Duration,
}

/// What poll() found.
struct Ready {
    stop: bool,
    listener: bool,
    connections: Vec<bool>,
}

impl<G: FnMut(Request, Peer) -> Answer> Clients<G> {
    fn serve(mut self) {
        loop {
            let wait = self.answer();
            let ready = self.poll(wait);
            if ready.stop {
                return;
            }
            self.move_bytes(&ready.connections);
            let now = self.now();
            self.connections.retain(|connection| !connection.is_over(now));
            if ready.listener {
                self.accept();
            }
        }
    }

    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    /// Answer one question of each client that may ask now. How long until something else is due; none: never.
    fn answer(&mut self) -> Option<Duration> {
        let now = self.now();
        let (grant, group) = (&mut self.grant, self.group);
        let mut next: Option<Duration> = None;
        for connection in &mut self.connections {
            let mut due = connection.deadline.saturating_sub(now);
            if let Some(wait) = connection.wait(now) {
                let wait = wait.max(self.questions.wait(now));
                if wait.is_zero() {
                    self.questions.spend();
                    connection.answer(now, |request, peer| granted(&mut *grant, group, request, peer));
                    // It may have asked more: looked at in the next turn.
                    due = connection.wait(now).unwrap_or_else(|| connection.deadline.saturating_sub(now));
                } else {
                    due = due.min(wait);
                }
            }
            next = Some(next.map_or(due, |next| next.min(due)));
        }
        match self.not_before() {
            Some(at) if at > now => Some(next.map_or(at - now, |next| next.min(at - now))),
            _ => next,
        }
    }

    /// When the next client may come in; none: at once.
    fn not_before(&mut self) -> Option<Duration> {
        let now = self.now();
        let wait = self.arrivals.wait(now);
        let mut at = self.rests_until.max(if wait.is_zero() { Duration::ZERO } else { now + wait });
        if self.connections.len() >= MAX_CLIENTS {
            let oldest = self.connections.iter().map(|connection| connection.since).min().unwrap_or_default();
            at = at.max(oldest + GRACE);
        }
        (at > now).then_some(at)
    }

    fn poll(&mut self, wait: Option<Duration>) -> Ready {
        let accepts = self.not_before().is_none();
        let mut fds = vec![PollFd::new(&self.stopped, PollFlags::IN)];
        fds.push(PollFd::new(&self.listener, if accepts { PollFlags::IN } else { PollFlags::empty() }));
        for connection in &self.connections {
            let mut flags = PollFlags::empty();
            flags.set(PollFlags::IN, connection.listens());
            flags.set(PollFlags::OUT, connection.speaks());
            fds.push(PollFd::new(&connection.stream, flags));
        }
        let wait = wait.and_then(|wait| Timespec::try_from(wait).ok());
        // Interrupted: nothing is ready, and all is looked at again.
        let _ = poll(&mut fds, wait.as_ref());
        let ready = |fd: &PollFd<'_>| !fd.revents().is_empty();
        Ready { stop: ready(&fds[0]), listener: ready(&fds[1]), connections: fds[2..].iter().map(ready).collect() }
    }

    fn move_bytes(&mut self, ready: &[bool]) {
        let now = self.now();
        for (connection, _) in self.connections.iter_mut().zip(ready).filter(|(_, ready)| **ready) {
            if connection.speaks() {
                connection.write(now);
            } else {
                connection.read(now);
            }
        }
    }

    /// Let those in who wait, as long as there is room.
    fn accept(&mut self) {
        while self.not_before().is_none() {
            let now = self.now();
            match self.listener.accept() {
                Ok((stream, _)) => {
                    self.arrivals.spend();
                    if self.connections.len() >= MAX_CLIENTS {
                        self.make_room();
                    }
                    self.connections.extend(Connection::new(stream, now));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => {
                    log::debug!("nobody can connect to the control socket for a second: {error}");
                    self.rests_until = now + REST;
                }
            }
        }
    }

    /// Send away who has got nowhere for longest.
    fn make_room(&mut self) {
        let oldest = self.connections.iter().enumerate().min_by_key(|(_, connection)| connection.since);
        if let Some((at, _)) = oldest {
            self.connections.swap_remove(at);
        }
    }
}

pub(super) fn granted(
    grant: &mut impl FnMut(Request, Peer) -> Answer,
    group: Option<Gid>,
    request: Request,
    peer: Peer,
) -> Answer {
    if request.changes_something() && !peer.may_change(group) {
        let message = format!("uid {} may not change anything: that takes root or the group {GROUP}", peer.uid);
        return Err(Refusal::new(Why::NotAllowed, message));
    }
    grant(request, peer)
}
