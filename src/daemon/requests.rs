//! The way of a client's request from the thread that serves clients to the thread of the rounds, and of the answer back.

use crate::control::{Answer, Peer, Refusal, Request, Why};
use crossbeam_channel::{Receiver, Sender};
use std::time::Duration;

/// A client is told that its request failed if it is not answered in this time. Rounds take some ms.
const PATIENCE: Duration = Duration::from_secs(3);

/// A request, and where its answer goes.
pub struct Question {
    pub request: Request,
    pub peer: Peer,
    pub reply: Sender<Answer>,
}

/// Both ends: what the server calls, and what the rounds receive from.
pub fn channel() -> (impl FnMut(Request, Peer) -> Answer + Send + 'static, Receiver<Question>) {
    let (sender, questions) = crossbeam_channel::bounded(1);
    let ask = move |request, peer| {
        let (reply, answer) = crossbeam_channel::bounded(1);
        let question = Question { request, peer, reply };
        let asked = sender.send_timeout(question, PATIENCE).ok();
        asked.and_then(|()| answer.recv_timeout(PATIENCE).ok()).unwrap_or_else(|| {
            Err(Refusal::new(Why::Failed, "the daemon is at a round that takes long, or at its end; try again"))
        })
    };
    (ask, questions)
}
