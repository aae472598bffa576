//! Messages as lines of JSON, and back. Pure.

use super::VERSION;
use super::reply::{Answer, Refusal, Reply, Why};
use super::request::Request;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

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
    use super::super::shown::Status;
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
