//! What is said on the control socket. Pure.
//!
//! A message is a JSON object on a line of its own. A client asks, `{"version":1,"request":"status"}`, and gets one answer
//! for each question, in order: `{"version":1,"reply":{"done":"…"}}`, or `{"version":1,"refused":{"why":"wrong","message":"…"}}`
//! with a sentence for people. No request carries the name of a file.
//!
//! [`VERSION`] grows by one when a message that was right becomes wrong or means something else. A new request or a new field
//! of a reply is no such change: who does not know a request refuses it, and unknown fields of replies are passed over.

use crate::cpuset::CpuSet;
use crate::record::{FlightRecorder, LoggedRound};
use crate::stats::Report;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The version of the protocol that this scx_domains speaks.
pub const VERSION: u32 = 1;

/// The longest question, in bytes, its end of line included: all settings at once take a quarter of that.
pub const MAX_QUESTION: usize = 8 << 10;
/// The longest answer that a client takes, in bytes: a report of a thousand domains.
pub const MAX_ANSWER: usize = 16 << 20;

/// What a client may ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// How is the daemon?
    Status,
    /// What there is to tell of the machine and the scheduler.
    Stats,
    /// What are the settings, and where does each come from?
    Get,
    /// Change settings: all of them, or none.
    Set {
        /// Values by name, written as on the command line.
        changes: BTreeMap<String, String>,
        /// Into the file too, for the next start?
        #[serde(default)]
        persist: bool,
    },
    /// Read the file with settings again.
    Reload,
    /// A round of balance now.
    Balance,
    /// Why did the last round plan what it planned?
    Explain,
    /// What does the scheduler know of a task?
    Task { pid: u32 },
    /// And of several? Those that are not there, or not the scheduler's, are left out; of more than 100 the rest.
    Tasks { pids: Vec<u32> },
    /// All that belongs into a bug report.
    Dump,
    /// What did the last rounds plan, why, and what came of it?
    Rounds,
    /// The rounds of the last minutes, as the flight recorder has them.
    Record,
    /// Give scheduling back to the kernel, and end.
    Stop,
}

impl Request {
    /// Does it change anything? Then not everybody may ask for it.
    #[must_use]
    pub fn changes_something(&self) -> bool {
        match self {
            Self::Status | Self::Stats | Self::Rounds | Self::Record => false,
            Self::Get | Self::Explain | Self::Task { .. } | Self::Tasks { .. } | Self::Dump => false,
            Self::Set { .. } | Self::Reload | Self::Balance | Self::Stop => true,
        }
    }
}

/// What the daemon says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Of scx_domains.
    pub version: String,
    /// What it is called in /sys/kernel/sched_ext/root/ops.
    pub ops: String,
    /// The process.
    pub pid: u32,
    /// Since it was attached, ms.
    pub up_ms: u64,
    /// How many domains there are.
    pub domains: u32,
    /// Are flows planned?
    pub balancing: bool,
    /// From one round to the next while some domain is crowded, ms.
    pub interval_ms: u64,
    /// Rounds since it was attached.
    pub rounds: u64,
    /// Rounds in a row that have failed, up to now.
    pub failed_rounds: u32,
    /// CPUs that are left asleep.
    #[serde(default)]
    pub parked: CpuSet,
    /// The profile, with what it follows from where that is left to others; none if an older daemon answers.
    #[serde(default)]
    pub profile: Option<String>,
}

/// Who said a setting's value. Each goes before those ahead of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Nobody.
    Default,
    File,
    Environment,
    CommandLine,
    /// `scx_domains set`, since the start.
    Set,
}

impl Origin {
    /// In a word or two.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::File => "file",
            Self::Environment => "environment",
            Self::CommandLine => "command line",
            Self::Set => "set",
        }
    }
}

/// A setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingShown {
    pub name: String,
    /// As it is written on the command line; none where nobody has said one and another setting decides.
    pub value: Option<String>,
    /// What comes of the value just now, where it does not say so itself.
    #[serde(default)]
    pub note: Option<String>,
    pub origin: Origin,
    /// Can it change while the scheduler runs?
    pub hot: bool,
    /// What its values are.
    pub unit: String,
    pub help: String,
}

impl SettingShown {
    /// The value for people: with the note, and "-" where there is none.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        let value = self.value.as_deref().unwrap_or("-");
        self.note.as_ref().map_or(Cow::Borrowed(value), |note| Cow::Owned(format!("{value} ({note})")))
    }
}

/// A setting that has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub name: String,
    pub old: Option<String>,
    pub new: Option<String>,
}

/// What has changed, and what there is to know about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    pub changes: Vec<Change>,
    pub notes: Vec<String>,
}

/// What the scheduler knows of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskShown {
    pub pid: u32,
    /// The domain that it belongs to, and that one's CPUs.
    pub home: u32,
    pub home_cpus: String,
    pub node: u32,
    /// Is it runnable, so that it counts there?
    pub member: bool,
    /// Can it run on one CPU only?
    pub pinned: bool,
    /// The CPU that it runs on, or ran on last.
    pub cpu: u32,
    /// 1024 = one task at nice 0 that always wants to run.
    pub load: u64,
    /// 1024 = nice 0 in the root cgroup.
    pub weight: u64,
    /// The same for its nice value alone, whatever its cgroup.
    pub own_weight: u64,
    /// Share of its time that it wants to run, in 1024ths.
    pub duty: u64,
    /// Run time that it is owed (or, < 0, has had too much of), ns.
    pub lag_ns: i64,
    /// For how long it has waited in a queue, ns; none if it does not.
    pub waited_ns: Option<u64>,
    /// How long ago a flow last moved it, ns; none if none did.
    pub moved_ago_ns: Option<u64>,
}

/// What comes of a request that is granted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// To [`Request::Status`].
    Status(Status),
    /// To [`Request::Stats`].
    Stats(Box<Report>),
    /// To [`Request::Get`].
    Settings(Vec<SettingShown>),
    /// To [`Request::Set`] and [`Request::Reload`].
    Changed(Changed),
    /// To [`Request::Explain`]: a sentence for each thing.
    Why(Vec<String>),
    /// To [`Request::Task`].
    Task(TaskShown),
    /// To [`Request::Tasks`].
    Tasks(Vec<TaskShown>),
    /// To [`Request::Dump`]: a text.
    Dump(String),
    /// To [`Request::Rounds`]: those that planned something, the newest last.
    Rounds(Vec<LoggedRound>),
    /// To [`Request::Record`].
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

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question<R> {
    version: u32,
    request: R,
}

/// All that is read of a message before its version is known.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Outcome {
    Reply(Reply),
    Refused(Refusal),
}

#[derive(Serialize, Deserialize)]
struct Message {
    version: u32,
    #[serde(flatten)]
    outcome: Outcome,
}

/// A question as a line, its end included.
#[must_use]
pub fn question(request: &Request) -> String {
    line(&Question { version: VERSION, request })
}

/// The request in a line.
///
/// # Errors
/// [`Why::Malformed`], with what is wrong with it.
pub fn read_question(line: &[u8]) -> Result<Request, Refusal> {
    let malformed = |message: String| Refusal::new(Why::Malformed, message);
    let versioned: Versioned = serde_json::from_slice(line)
        .map_err(|e| malformed(format!("not a question: {e}; ask as in {}", question(&Request::Status).trim_end())))?;
    known_version(versioned.version).map_err(malformed)?;
    let read: Question<Request> =
        serde_json::from_slice(line).map_err(|e| malformed(format!("not a request of protocol {VERSION}: {e}")))?;
    Ok(read.request)
}

/// An answer as a line, its end included.
#[must_use]
pub fn answer(answer: &Answer) -> String {
    let outcome = match answer {
        Ok(reply) => Outcome::Reply(reply.clone()),
        Err(refusal) => Outcome::Refused(refusal.clone()),
    };
    line(&Message { version: VERSION, outcome })
}

/// The answer in a line.
///
/// # Errors
/// A sentence: what was said is no answer of this protocol.
pub fn read_answer(line: &[u8]) -> Result<Answer, String> {
    let not_one = |e: serde_json::Error| format!("what answers speaks another protocol than scx_domains: {e}");
    let versioned: Versioned = serde_json::from_slice(line).map_err(not_one)?;
    known_version(versioned.version)?;
    // Not from the line once more: a report is long.
    let outcome = versioned.rest.into_iter().collect::<serde_json::Map<_, _>>();
    match serde_json::from_value(Value::Object(outcome)).map_err(not_one)? {
        Outcome::Reply(reply) => Ok(Ok(reply)),
        Outcome::Refused(refusal) => Ok(Err(refusal)),
    }
}

fn known_version(version: u32) -> Result<(), String> {
    match version {
        VERSION => Ok(()),
        newer if newer > VERSION => Err(format!(
            "this speaks protocol {newer}, of a newer scx_domains; the other side knows {VERSION}. Restart the daemon after an \
             upgrade, or use the scx_domains that it was started from"
        )),
        older => Err(format!("protocol {older} is not spoken; {VERSION} is")),
    }
}

fn line(message: &impl Serialize) -> String {
    // The values of this module always have a form in JSON.
    serde_json::to_string(message).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refused(line: &str) -> String {
        let refusal = read_question(line.as_bytes()).expect_err("it was read");
        assert_eq!(refusal.why, Why::Malformed);
        refusal.message
    }

    /// Whoever changes what is on the wire sees it here.
    #[test]
    fn messages_look_like_this() {
        assert_eq!(question(&Request::Status), "{\"version\":1,\"request\":\"status\"}\n");
        let changes = BTreeMap::from([("slice".to_owned(), "8ms".to_owned())]);
        assert_eq!(
            question(&Request::Set { changes, persist: true }),
            "{\"version\":1,\"request\":{\"set\":{\"changes\":{\"slice\":\"8ms\"},\"persist\":true}}}\n"
        );
        assert_eq!(question(&Request::Task { pid: 7 }), "{\"version\":1,\"request\":{\"task\":{\"pid\":7}}}\n");
        assert_eq!(answer(&Ok(Reply::Done("so".into()))), "{\"version\":1,\"reply\":{\"done\":\"so\"}}\n");
        let refusal = Refusal::new(Why::NotAllowed, "no");
        let text = "{\"version\":1,\"refused\":{\"why\":\"not-allowed\",\"message\":\"no\"}}\n";
        assert_eq!(answer(&Err(refusal.clone())), text);
        assert_eq!(read_answer(text.as_bytes()), Ok(Err(refusal)));
        let status = Reply::Status(Status { pid: 7, ..Status::default() });
        assert_eq!(read_answer(answer(&Ok(status.clone())).as_bytes()), Ok(Ok(status)));
    }

    #[test]
    fn what_is_no_question_is_refused_with_the_reason() {
        for bad in ["", "junk", "{}", "[]", "\"status\"", "{\"version\":1}", "{\"version\":-1,\"request\":\"status\"}"]
        {
            assert!(!refused(bad).is_empty(), "{bad}");
        }
        assert!(refused("junk").contains("ask as in {\"version\":1,\"request\":\"status\"}"));
        assert!(refused("{\"version\":1,\"request\":\"statsu\"}").contains("statsu"));
        assert!(refused("{\"version\":1,\"request\":\"status\",\"file\":\"/etc/passwd\"}").contains("file"));
        assert!(refused("{\"version\":1,\"request\":{\"task\":{\"pid\":-1}}}").contains("-1"));
        assert!(refused("{\"version\":1,\"request\":{\"set\":{\"changes\":{\"slice\":8}}}}").contains("string"));
        assert!(refused("{\"version\":0,\"request\":\"status\"}").contains("protocol 0"));
    }

    /// A version from the future is told as such, whatever else is in the message.
    #[test]
    fn versions_from_the_future_are_told() {
        let future = "{\"version\":7,\"request\":{\"fly\":{}},\"new\":1}";
        assert!(refused(future).contains("protocol 7") && refused(future).contains("newer"));
        let answered = read_answer(b"{\"version\":7,\"flown\":true}").expect_err("it was read");
        assert!(answered.contains("protocol 7"), "{answered}");
        // A field that a newer daemon of this version may send.
        let known = "{\"version\":1,\"reply\":{\"status\":{\"version\":\"0\",\"ops\":\"\",\"pid\":1,\"up_ms\":1,\
                     \"domains\":1,\"balancing\":true,\"interval_ms\":1,\"rounds\":1,\"failed_rounds\":0,\"new\":1}}}";
        assert!(matches!(read_answer(known.as_bytes()), Ok(Ok(Reply::Status(_)))));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read_question(&bytes);
            let _ = read_answer(&bytes);
        }

        #[test]
        fn any_damage_is_read_or_refused(at in 0usize..200, byte in any::<u8>()) {
            let mut bytes = answer(&Ok(Reply::Status(Status::default()))).into_bytes();
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = read_answer(&bytes);
            let mut bytes = question(&Request::Stop).into_bytes();
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = read_question(&bytes);
        }
    }
}
