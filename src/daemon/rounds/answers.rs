//! What clients are answered, between two rounds.

use super::Rounds;
use crate::control::{Answer, Refusal, Reply, Request, Status, Why};
use crate::daemon::requests::Question;
use crate::kernel::{KernelError, SCHEDULER};

/// What comes after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    GoOn,
    Stop,
}

impl Rounds<'_> {
    /// Answer a client.
    pub(super) fn answer(&mut self, question: &Question) -> Then {
        let Question { request, peer, reply } = question;
        let then = if *request == Request::Stop { Then::Stop } else { Then::GoOn };
        if then == Then::Stop {
            log::info!("stopping: uid {} asked for it", peer.uid);
        }
        // A client that has gone meanwhile needs no answer.
        let _ = reply.send(self.grant(request));
        then
    }

    fn grant(&mut self, request: &Request) -> Answer {
        match request {
            Request::Status => Ok(Reply::Status(self.status())),
            Request::Stats => {
                self.report().map(|report| Reply::Stats(Box::new(report.as_ref().clone()))).map_err(failed)
            }
            Request::Stop => Ok(Reply::Done("stopping".to_owned())),
        }
    }

    fn status(&self) -> Status {
        let ms = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ops: SCHEDULER.to_owned(),
            pid: std::process::id(),
            up_ms: ms(self.attached_at.elapsed()),
            domains: self.domains.domains.len() as u32,
            balancing: !self.args.no_balance,
            interval_ms: ms(self.args.balance_interval),
            rounds: self.rounds,
            failed_rounds: self.failed_rounds,
        }
    }
}

fn failed(error: KernelError) -> Refusal {
    Refusal::new(Why::Failed, error.to_string())
}
