//! Takes the lines that a guest prints, as they come, and tells what became of each scenario once that is certain.

use std::time::Duration;

use super::results::Outcome;
use super::spec::{Line, Ran, Session};

/// What came of a scenario.
#[derive(Debug)]
pub struct Told {
    pub outcome: Outcome,
    pub note: String,
    /// With `Outcome::Ok`.
    pub ran: Option<Ran>,
    /// How the contestant that it ran under was attached.
    pub attach: Option<Attach>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attach {
    pub ms: f64,
    pub verified_instructions: u64,
}

/// How a guest ended.
#[derive(Clone, Debug)]
pub enum End {
    /// By itself, with this status and these complaints.
    Status(i32, String),
    /// It was stopped, for it had said nothing for so long.
    Silent(Duration),
}

/// A busy guest takes two or three host seconds for one of its own, and other guests and builds may share the host.
const HOST_S_PER_GUEST_S: u64 = 10;

/// Host time for booting and for what is between two scenarios.
const BOOT: Duration = Duration::from_secs(300);

pub struct Hearing {
    /// Names, and guest seconds that each may take.
    scenarios: Vec<(String, u64)>,
    attach_limit_s: u64,
    attach: Option<Attach>,
    not_attached: Option<String>,
    /// The scenario that is running, and what was said of it so far: the contestant may turn out to have gone.
    running: Option<(usize, Option<Told>)>,
    any_started: bool,
}

impl Hearing {
    pub fn new(session: &Session) -> Self {
        let scenarios = session.scenarios.iter().map(|scenario| (scenario.name.clone(), scenario.limit_s));
        Hearing {
            scenarios: scenarios.collect(),
            attach_limit_s: if session.contestant.is_empty() { 0 } else { session.attach_limit_s },
            attach: None,
            not_attached: None,
            running: None,
            any_started: false,
        }
    }

    /// Host time until the next line at the latest.
    pub fn patience(&self) -> Duration {
        match &self.running {
            Some((index, None)) => Duration::from_secs(self.scenarios[*index].1 * HOST_S_PER_GUEST_S),
            _ => BOOT + Duration::from_secs(self.attach_limit_s * HOST_S_PER_GUEST_S),
        }
    }

    /// A line of ours: what is certain now of the scenario of this number.
    pub fn line(&mut self, line: Line) -> Option<(usize, Told)> {
        let (outcome, note, ran) = match line {
            Line::Attached { ms, verified_instructions } => {
                self.attach = Some(Attach { ms, verified_instructions });
                return None;
            }
            Line::NotAttached { note } => {
                self.not_attached = Some(note);
                return self.settle();
            }
            Line::Started { scenario } => {
                let settled = self.settle();
                self.any_started = true;
                self.running = self.scenarios.iter().position(|(name, _)| *name == scenario).map(|index| (index, None));
                return settled;
            }
            Line::Done => return self.settle(),
            Line::Ended { ran, .. } => (Outcome::Ok, String::new(), Some(ran)),
            Line::Broken { hung: true, note, .. } => (Outcome::Hung, note, None),
            Line::Broken { hung: false, note, .. } => (Outcome::Lost, note, None),
            // It ran on under the kernel's own scheduler: no figures of the contestant's.
            Line::ThrownOut { note, .. } if note.contains("stall") => (Outcome::Stalled, note, None),
            Line::ThrownOut { note, .. } => (Outcome::ThrownOut, note, None),
        };
        let attach = self.attach;
        if let Some((_, told)) = &mut self.running {
            *told = Some(Told { outcome, note, ran, attach });
        }
        None
    }

    /// Nothing more will be said of the scenario that ran last.
    fn settle(&mut self) -> Option<(usize, Told)> {
        let (index, told) = self.running.take()?;
        Some((index, told.unwrap_or_else(|| failed(Outcome::Lost, "what it measured did not come through"))))
    }

    /// The guest has ended: what is certain now. Those of which nothing is told had no chance, and need another guest.
    pub fn end(mut self, end: &End) -> Vec<(usize, Told)> {
        let (outcome, why) = match (end, &self.not_attached) {
            (End::Silent(patience), _) => {
                (Outcome::Hung, format!("the guest had said nothing for {} s", patience.as_secs()))
            }
            (End::Status(..), Some(note)) if !self.any_started => (Outcome::FailedToLoad, note.clone()),
            (End::Status(status, complaints), _) => (Outcome::Lost, why_lost(*status, complaints)),
        };
        match self.running.take() {
            Some((index, told)) => vec![(index, told.unwrap_or_else(|| failed(outcome, &why)))],
            None if self.any_started => Vec::new(),
            None => (0..self.scenarios.len()).map(|index| (index, failed(outcome, &why))).collect(),
        }
    }
}

fn failed(outcome: Outcome, note: &str) -> Told {
    Told { outcome, note: note.to_string(), ran: None, attach: None }
}

pub fn why_lost(status: i32, complaints: &str) -> String {
    let panic = complaints.lines().find(|line| line.contains("Kernel panic") || line.contains("BUG:"));
    let panic = panic.map(|line| format!(": {}", line.trim())).unwrap_or_default();
    format!("the guest ended with status {status}{panic}")
}
