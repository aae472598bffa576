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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Reply;
    use std::collections::BTreeMap;

    const ROOT: Peer = Peer { uid: 0, gid: 0 };

    fn set(slice: &str) -> Request {
        Request::Set { changes: BTreeMap::from([("slice".to_owned(), slice.to_owned())]), persist: true }
    }

    /// Rounds that refuse a slice of 9s; whether each question was only asked.
    fn rounds(questions: Receiver<Question>) -> std::thread::JoinHandle<Vec<bool>> {
        let answer = |question: Question| {
            let refused = question.request == set("9s");
            let answer = if refused { Err(Refusal::new(Why::Wrong, "no")) } else { Ok(Reply::Done("so".to_owned())) };
            question.reply.send(answer).expect("somebody waits");
            question.only_asked
        };
        std::thread::spawn(move || questions.into_iter().map(answer).collect())
    }

    #[test]
    fn what_is_refused_is_not_persisted_and_what_cannot_be_persisted_is_not_done() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("config.toml");
        let (mut ask, questions) = channel(file.clone());
        let answered = rounds(questions);
        assert_eq!(ask(set("9s"), ROOT).expect_err("it was granted").why, Why::Wrong);
        assert!(!file.exists());
        assert!(ask(set("8ms"), ROOT).is_ok());
        assert_eq!(std::fs::read_to_string(&file).expect("a file"), "slice = \"8ms\"\n");
        std::fs::write(&file, "no TOML").expect("a file");
        assert_eq!(ask(set("7ms"), ROOT).expect_err("it was granted").why, Why::Failed);
        drop(ask);
        assert_eq!(answered.join().expect("answers"), [true, true, false, true]);
    }

    #[test]
    fn without_rounds_there_is_a_refusal() {
        let (mut ask, questions) = channel("/nowhere".into());
        drop(questions);
        assert_eq!(ask(Request::Status, ROOT).expect_err("it was granted").why, Why::Failed);
    }
}
