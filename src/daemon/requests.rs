//! The way of a client's request from the thread that serves clients to the thread of the rounds, and of the answer back.

use crate::config::persist;
use crate::control::{Answer, Peer, Refusal, Request, Why};
use crossbeam_channel::{Receiver, Sender};
use std::path::PathBuf;
use std::time::Duration;

/// A client is told that its request failed if it is not answered in this time. Rounds take some ms.
const PATIENCE: Duration = Duration::from_secs(3);

/// A request, and where its answer goes.
pub struct Question {
    pub request: Request,
    pub peer: Peer,
    /// Would it be granted? Nothing is done yet.
    pub only_asked: bool,
    pub reply: Sender<Answer>,
}

/// Both ends: what the server calls, and what the rounds receive from. What is to be persisted goes to `file`.
pub fn channel(file: PathBuf) -> (impl FnMut(Request, Peer) -> Answer + Send + 'static, Receiver<Question>) {
    let (sender, questions) = crossbeam_channel::bounded(1);
    let ask = move |request: Request, peer| {
        // Here and not in the rounds' thread: to write through to a disk takes as long as it takes.
        if let Request::Set { changes, persist: true } = &request {
            put(&sender, request.clone(), peer, true)?;
            persist(&file, changes).map_err(|error| Refusal::new(Why::Failed, error.to_string()))?;
        }
        put(&sender, request, peer, false)
    };
    (ask, questions)
}

fn put(sender: &Sender<Question>, request: Request, peer: Peer, only_asked: bool) -> Answer {
    let (reply, answer) = crossbeam_channel::bounded(1);
    let asked = sender.send_timeout(Question { request, peer, only_asked, reply }, PATIENCE).ok();
    asked.and_then(|()| answer.recv_timeout(PATIENCE).ok()).unwrap_or_else(|| {
        Err(Refusal::new(Why::Failed, "the daemon is at a round that takes long, or at its end; try again"))
    })
}
