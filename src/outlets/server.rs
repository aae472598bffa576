//! The thread that serves all sockets.
//!
//! It sleeps in poll(2) until somebody wants something. Bounds keep clients from harm: MAX_CONNECTIONS at a time, of which
//! the one that has been silent for longest makes way for the next; a request of [`MAX_REQUEST`](super::connection) bytes
//! at most; and HTTP_TIME for a client that comes by HTTP, where each asks once. The daemon's loop is asked for one report at a
//! time, and has ANSWER_TIME for it: clients wait, rounds do not.

use super::connection::{Connection, Stream};
use super::listen::Listener;
use super::{Metrics, http, scx_stats};
use crate::stats::Report;
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const MAX_CONNECTIONS: usize = 64;
const HTTP_TIME: Duration = Duration::from_secs(5);
const ANSWER_TIME: Duration = Duration::from_secs(2);

/// A question to the daemon's loop: the report, please, by this channel.
pub type Ask = Sender<Arc<Report>>;

/// What is spoken on a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    ScxStats,
    Http,
}

/// The server's side, before it runs.
pub struct Server {
    listeners: Vec<(Listener, Protocol)>,
    connections: Vec<Connection>,
    asks: Sender<Ask>,
    metrics: Metrics,
    /// Readable: the listeners are to change, or it is time to go.
    wake: UnixStream,
    changes: Receiver<Change>,
}

enum Change {
    /// Listen there instead, or nowhere.
    Metrics(Option<Listener>),
    Stop,
}

/// The daemon's hold on the running server. Dropping it ends the server.
pub struct ServerHandle {
    wake: UnixStream,
    changes: Sender<Change>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serve these sockets from a thread of its own. Who receives from the other end of `asks` has to answer.
    ///
    /// # Errors
    /// The system has no thread or no socket for it.
    pub fn start(listeners: Vec<(Listener, Protocol)>, asks: Sender<Ask>) -> io::Result<ServerHandle> {
        let (wake, waker) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        // Who changes something does not wait: this thread may wait for him. Clients may not ask for changes often.
        let (change, changes) = unbounded();
        let server = Self { listeners, connections: Vec::new(), asks, metrics: Metrics::default(), wake, changes };
        let thread = thread::Builder::new().name("outlets".to_owned()).spawn(move || server.run())?;
        Ok(ServerHandle { wake: waker, changes: change, thread: Some(thread) })
    }

    fn run(mut self) {
        loop {
            let ready = self.wait();
            let (wake, rest) = ready.split_at(1);
            if wake[0] && !self.change() {
                return;
            }
            let (listeners, connections) = rest.split_at(self.listeners.len().min(rest.len()));
            if !wake[0] {
                self.serve(connections);
                self.admit(listeners);
            }
            let now = Instant::now();
            self.connections.retain(|client| client.protocol != Protocol::Http || now - client.since < HTTP_TIME);
        }
    }

    /// Wait until something can be done: for the waker, for each listener, for each connection.
    fn wait(&self) -> Vec<bool> {
        let mut fds = vec![PollFd::new(&self.wake, PollFlags::IN)];
        fds.extend(self.listeners.iter().map(|(listener, _)| PollFd::new(listener, PollFlags::IN)));
        fds.extend(
            self.connections
                .iter()
                .map(|client| PollFd::new(client, if client.is_being_told() { PollFlags::OUT } else { PollFlags::IN })),
        );
        let timed = self.connections.iter().any(|client| client.protocol == Protocol::Http);
        let second = Timespec { tv_sec: 1, tv_nsec: 0 };
        if poll(&mut fds, timed.then_some(&second)).is_err() {
            return vec![false; fds.len()]; // a signal
        }
        fds.iter().map(|fd| !fd.revents().is_empty()).collect()
    }

    /// `false`: it is time to go.
    fn change(&mut self) -> bool {
        // As many bytes as changes, or fewer: changes whose bytes come later are made now.
        let _ = self.wake.read(&mut [0; 16]);
        loop {
            match self.changes.try_recv() {
                Ok(Change::Metrics(listener)) => {
                    self.listeners.retain(|(_, protocol)| *protocol != Protocol::Http);
                    self.listeners.extend(listener.map(|listener| (listener, Protocol::Http)));
                }
                Ok(Change::Stop) => return false,
                Err(error) => return !error.is_disconnected(),
            }
        }
    }

    fn serve(&mut self, ready: &[bool]) {
        let (asks, metrics, now) = (&self.asks, &mut self.metrics, Instant::now());
        let mut answer = |protocol, received: &[u8]| match protocol {
            Protocol::ScxStats => scx_stats::step(received, &mut || report(asks)),
            Protocol::Http => http::step(received, metrics, &mut || report(asks)),
        };
        let mut ready = ready.iter();
        self.connections
            .retain_mut(|client| !ready.next().is_some_and(|ready| *ready) || client.go_on(now, &mut answer));
    }

    /// Let in who has come.
    fn admit(&mut self, ready: &[bool]) {
        let mut come: Vec<(Box<dyn Stream>, Protocol)> = Vec::new();
        for ((listener, protocol), _) in self.listeners.iter().zip(ready).filter(|(_, ready)| **ready) {
            match accept(listener) {
                Ok(stream) => come.push((stream, *protocol)),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::ConnectionAborted) => {}
                // Out of descriptors, say: it may pass, and must not make this thread spin.
                Err(_) => thread::sleep(Duration::from_millis(100)),
            }
        }
        for (stream, protocol) in come {
            if self.connections.len() >= MAX_CONNECTIONS {
                let silent = (0..self.connections.len()).min_by_key(|index| self.connections[*index].active);
                silent.map(|index| self.connections.swap_remove(index));
            }
            self.connections.push(Connection::new(stream, protocol, Instant::now()));
        }
    }
}

fn accept(listener: &Listener) -> io::Result<Box<dyn Stream>> {
    match listener {
        Listener::Tcp(listener) => {
            let (stream, _) = listener.accept()?;
            stream.set_nonblocking(true)?;
            Ok(Box::new(stream))
        }
        Listener::Unix(socket) => {
            let (stream, _) = socket.listener.accept()?;
            stream.set_nonblocking(true)?;
            Ok(Box::new(stream))
        }
    }
}

/// Ask the daemon's loop. None: it does not answer, or could not read what it needs.
fn report(asks: &Sender<Ask>) -> Option<Arc<Report>> {
    let (reply, answer) = bounded(1);
    asks.send_timeout(reply, ANSWER_TIME).ok()?;
    answer.recv_timeout(ANSWER_TIME).ok()
}

impl ServerHandle {
    /// Serve metrics there from now on, or nowhere.
    pub fn serve_metrics(&mut self, listener: Option<Listener>) {
        self.tell(Change::Metrics(listener));
    }

    fn tell(&mut self, change: Change) {
        let _ = self.changes.send(change);
        let _ = self.wake.write(&[0]);
    }
}

impl Drop for ServerHandle {
    fn drop(&mut self) {
        self.tell(Change::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
