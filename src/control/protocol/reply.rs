//! What comes of a request: a reply, or a refusal with the reason. Pure.

use super::shown::{Changed, SettingShown, Status, TaskShown};
use crate::record::{FlightRecorder, LoggedRound};
use crate::stats::Report;
use serde::{Deserialize, Serialize};

/// What comes of a request that is granted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// To `Request::Status`.
    Status(Status),
    /// To `Request::Stats`.
    Stats(Box<Report>),
    /// To `Request::Get`.
    Settings(Vec<SettingShown>),
    /// To `Request::Set` and `Request::Reload`.
    Changed(Changed),
    /// To `Request::Explain`: a sentence for each thing.
    Why(Vec<String>),
    /// To `Request::Task`.
    Task(TaskShown),
    /// To `Request::Tasks`.
    Tasks(Vec<TaskShown>),
    /// To `Request::Dump`: a text.
    Dump(String),
    /// To `Request::Rounds`: those that planned something, the newest last.
    Rounds(Vec<LoggedRound>),
    /// To `Request::Record`.
    Record(Box<FlightRecorder>),
    /// It is done; a sentence for people.
    Done(String),
}

/// Why a request is not granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// It is no question of this protocol: garbage, too long, or of another version.
    Malformed,
    /// The client may not.
    NotAllowed,
    /// It names something that is not there, or a value that is out of range.
    Wrong,
    /// The daemon could not do it just now.
    Failed,
}

/// A request that is not granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub why: Why,
    /// A sentence for people: what, and what to do about it.
    pub message: String,
}

impl Refusal {
    #[must_use]
    pub fn new(why: Why, message: impl Into<String>) -> Self {
        Self { why, message: message.into() }
    }
}

/// What comes of a request.
pub type Answer = Result<Reply, Refusal>;
