//! What is said on the control socket: what a client may ask (`request`), what comes of it (`reply`), the values in replies that
//! are of this protocol only (`shown`), and the form of all that in lines (`wire`). Pure.
//!
//! A message is a JSON object on a line of its own. A client asks, `{"version":1,"request":"status"}`, and gets one answer
//! for each question, in order: `{"version":1,"reply":{"done":"…"}}`, or `{"version":1,"refused":{"why":"wrong","message":"…"}}`
//! with a sentence for people. No request carries the name of a file.
//!
//! [`VERSION`] grows by one when a message that was right becomes wrong or means something else. A new request or a new field
//! of a reply is no such change: who does not know a request refuses it, and unknown fields of replies are passed over.

mod reply;
mod request;
mod shown;
mod wire;

pub use reply::{Answer, Refusal, Reply, Why};
pub use request::Request;
pub use shown::{Change, Changed, Origin, SettingShown, Status, TaskShown};
pub use wire::{answer, question, read_answer, read_question};

/// The version of the protocol that this scx_domains speaks.
pub const VERSION: u32 = 1;

/// The longest question, in bytes, its end of line included: all settings at once take a quarter of that.
pub const MAX_QUESTION: usize = 8 << 10;
/// The longest answer that a client takes, in bytes: a report of a thousand domains.
pub const MAX_ANSWER: usize = 16 << 20;
