//! What clients are answered, between two rounds.

use super::Rounds;
use crate::config::SettingShown;
use crate::control::{Answer, Peer, Refusal, Reply, Request, Status, TaskShown, Why};
use crate::daemon::outlets::Outlets;
use crate::daemon::requests::Question;
use crate::files;
use crate::kernel::{KernelError, SCHEDULER, TaskSeen};
use crate::replay::explain;
use crate::stats::report_text;
use std::fmt::Write;
use std::time::{Duration, Instant};

/// Tasks that are looked at for one question: each takes some us, and rounds wait meanwhile.
const MOST_TASKS: usize = 100;

/// What comes after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    GoOn,
    Stop,
}

impl Rounds<'_> {
    /// Answer a client.
    pub(super) fn answer(&mut self, question: &Question, outlets: &mut Outlets) -> Then {
        let answer = match &question.request {
            Request::Set { changes, .. } if question.only_asked => {
                self.can_change(changes, outlets).map(|()| Reply::Done("it can be".to_owned()))
            }
            request => self.grant(request, question.peer, outlets),
        };
        // A client that has gone meanwhile needs no answer.
        let _ = question.reply.send(answer);
        if question.request == Request::Stop { Then::Stop } else { Then::GoOn }
    }

    fn grant(&mut self, request: &Request, peer: Peer, outlets: &mut Outlets) -> Answer {
        match request {
            Request::Status => Ok(Reply::Status(self.status())),
            Request::Stats => {
                self.report().map(|report| Reply::Stats(Box::new(report.as_ref().clone()))).map_err(failed)
            }
            Request::Rounds => Ok(Reply::Rounds(self.records.log())),
            Request::Record => Ok(Reply::Record(Box::new(self.records.flight().clone()))),
            Request::Get => Ok(Reply::Settings(self.settings_shown())),
            Request::Set { changes, persist } => self.set(changes, *persist, peer, outlets).map(Reply::Changed),
            Request::Reload => self.reload(&format!("uid {}", peer.uid), outlets).map(Reply::Changed),
            Request::Balance => {
                self.pace.at_once(Instant::now());
                let off = if self.settings.args().no_balance { ", which plans nothing: balance is off" } else { "" };
                Ok(Reply::Done(format!("a round of balance at once{off}")))
            }
            Request::Explain => Ok(Reply::Why(self.why())),
            Request::Task { pid } => self.task(*pid).map(Reply::Task),
            Request::Tasks { pids } => Ok(Reply::Tasks(self.tasks(pids))),
            Request::Dump => self.dump().map(Reply::Dump).map_err(failed),
            Request::Stop => {
                log::info!("stopping: uid {} asked for it", peer.uid);
                Ok(Reply::Done("stopping".to_owned()))
            }
        }
    }

    fn status(&self) -> Status {
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ops: SCHEDULER.to_owned(),
            pid: std::process::id(),
            up_ms: ms(self.attached_at.elapsed()),
            domains: self.domains.len() as u32,
            balancing: !self.settings.args().no_balance,
            interval_ms: ms(self.settings.args().balance_interval),
            rounds: self.rounds,
            failed_rounds: self.failed_rounds,
            parked: self.attached.parked().clone(),
            profile: self.settings_shown().iter().find(|one| one.name == "profile").map(|one| one.text().into_owned()),
        }
    }

    /// With what is known of them just now.
    fn settings_shown(&self) -> Vec<SettingShown> {
        let mut settings = self.settings.shown();
        for one in settings.iter_mut().filter(|one| one.name == "profile") {
            one.note = self.wishes.profile_note();
        }
        settings
    }

    /// Why the last round planned what it did.
    fn why(&self) -> Vec<String> {
        let args = self.settings.args();
        let Some(sample) = &self.sample else { return vec!["There has been no round yet.".to_owned()] };
        let mut why = explain(&self.domains, sample, self.balancer.imbalances(), &self.plan, &args.params());
        if args.no_balance {
            why.insert(0, "No flows are planned: balance is off.".to_owned());
        } else if why.is_empty() {
            why.push(
                "Nothing was planned: no domain has so much more than its share that a flow is worth it.".to_owned(),
            );
        }
        why
    }

    fn tasks(&self, pids: &[u32]) -> Vec<TaskShown> {
        pids.iter().take(MOST_TASKS).filter_map(|pid| self.task(*pid).ok()).collect()
    }

    fn task(&self, pid: u32) -> Result<TaskShown, Refusal> {
        let seen = match self.attached.task(pid).map_err(failed)? {
            TaskSeen::NotThere => return Err(Refusal::new(Why::Wrong, format!("there is no task {pid}"))),
            TaskSeen::NotOurs => {
                let message = format!(
                    "task {pid} is not scheduled by scx_domains: it is real-time, or idle, or of the kernel's own"
                );
                return Err(Refusal::new(Why::Wrong, message));
            }
            TaskSeen::Ours(seen) => seen,
        };
        let home = self.domains.domains.get(seen.home.index());
        Ok(TaskShown {
            pid,
            home: seen.home.0,
            home_cpus: home.map(|home| home.cpus.to_string()).unwrap_or_default(),
            node: home.map_or(0, |home| home.node.0),
            member: seen.member,
            pinned: seen.pinned,
            cpu: seen.cpu.0,
            load: seen.load,
            weight: seen.weight,
            own_weight: seen.own_weight,
            duty: seen.duty,
            lag_ns: seen.lag_ns,
            waited_ns: seen.waited_ns,
            moved_ago_ns: seen.moved_ago_ns,
        })
    }

    fn dump(&mut self) -> Result<String, KernelError> {
        let kernel = files::line("/proc/version").unwrap_or_default();
        let mut text =
            format!("scx_domains {}, pid {}\nkernel {kernel}\n", env!("CARGO_PKG_VERSION"), std::process::id());
        // Writing to a string cannot fail.
        let _ = writeln!(text, "\nsettings");
        for one in self.settings_shown() {
            let _ = writeln!(text, "  {} = {} ({})", one.name, one.text(), one.origin.word());
        }
        let _ = write!(text, "\nstatistics\n{}", report_text(&*self.report()?));
        let _ = writeln!(text, "\nthe last round");
        for sentence in self.why() {
            let _ = writeln!(text, "  {sentence}");
        }
        let _ = writeln!(text, "\nprograms");
        for cost in self.attached.program_costs() {
            let _ = writeln!(text, "  {}: {} instructions, {} verified", cost.name, cost.instructions, cost.verified);
        }
        Ok(text)
    }
}

fn failed(error: KernelError) -> Refusal {
    Refusal::new(Why::Failed, error.to_string())
}
