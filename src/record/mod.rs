//! A record of what the planner saw and what it planned, to be planned again elsewhere (`scx_domains replay`).
//!
//! A record is text, a JSON object a line: first a [`Header`] with all that does not change while the scheduler runs, then
//! a [`Round`] for each round that was planned. It holds the planner's inputs, not its memory: replay begins at the first
//! round, as the daemon did, so whatever a planner remembers it learns again.
//!
//! Each line is written at once and whole, so that whoever kills the daemon loses at most the last one. A round takes about
//! 90 bytes a domain, and as many a flow.

pub mod command;
mod flight;
mod log;
mod read;
mod write;

pub use flight::FlightRecorder;
pub use log::{LoggedFlow, LoggedRound, RoundLog};
pub use read::{Reader, RecordError};
pub use write::Recorder;

use serde::{Deserialize, Serialize};

use crate::balance::{Params, Plan, Sample};
use crate::domain::Domains;

/// What a record says that it is.
const RECORD_OF: &str = "scx_domains rounds";
/// Counts the layouts of a record. One more when a field comes, goes, or means something else.
const FORMAT: u32 = 1;

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Always the same words, by which a record is told from other files.
    record_of: String,
    /// The layout of the record; this scx_domains reads one.
    format: u32,
    /// The scx_domains that made it.
    pub version: String,
    /// From one round to the next, ms.
    pub interval_ms: u64,
    /// Were flows planned? Not with `--no-balance`: the rounds then have samples and empty plans.
    pub balanced: bool,
    /// What the planner was told.
    pub params: Params,
    /// The machine, as far as the planner knows it.
    pub domains: Domains,
}

impl Header {
    /// The header of a record made by this scx_domains.
    #[must_use]
    pub fn new(interval_ms: u64, balanced: bool, params: Params, domains: Domains) -> Self {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Self { record_of: RECORD_OF.to_owned(), format: FORMAT, version, interval_ms, balanced, params, domains }
    }
}

/// One round that was planned. Rounds that failed leave no line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Round {
    /// When, in ms since the scheduler was attached.
    pub at_ms: u64,
    /// What was seen.
    pub sample: Sample,
    /// What was planned.
    pub plan: Plan,
}

/// A value as a line of a record. The values of this module always have a form in JSON.
fn line(value: &impl Serialize) -> std::io::Result<String> {
    Ok(serde_json::to_string(value)? + "\n")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::balance::{Balancer, DomainSample};
    use crate::topology::{Source, read};
    use proptest::prelude::*;

    /// Two nodes with a domain each, of two CPUs.
    pub fn header() -> Header {
        let topology = Source::parse("synthetic:node:2 l3:1 core:2 pu:1").and_then(|s| read(&s)).expect("a machine");
        Header::new(100, true, Params::default(), Domains::build(&topology).expect("a machine"))
    }

    /// A round with so many hogs at nice 0 in each domain, as it would be planned.
    pub fn round(at_ms: u64, hogs: [u64; 2]) -> Round {
        let domain = |hogs: u64| DomainSample {
            load: hogs * 1024,
            runnable_milli: hogs * 1000,
            online: 2,
            ..Default::default()
        };
        let sample = Sample { span_ns: 100_000_000, domains: hogs.map(domain).to_vec() };
        let plan = Balancer::new(Params::default()).plan(&header().domains, &sample);
        Round { at_ms, sample, plan }
    }

    pub fn text(header: &Header, rounds: &[Round]) -> String {
        let rounds: String = rounds.iter().map(|round| line(round).expect("a line")).collect();
        line(header).expect("a line") + &rounds
    }

    fn read_all(text: &[u8]) -> Result<(Header, Vec<Round>, bool), RecordError> {
        let mut reader = Reader::new(text)?;
        let rounds = reader.by_ref().collect::<Result<_, _>>()?;
        Ok((reader.header().clone(), rounds, reader.cut_off()))
    }

    fn refusal(text: &str) -> String {
        read_all(text.as_bytes()).expect_err("it was read").to_string()
    }

    #[test]
    fn what_is_written_is_read() {
        let rounds = [round(100, [6, 0]), round(200, [3, 3])];
        let read = read_all(text(&header(), &rounds).as_bytes()).expect("a record");
        assert_eq!(read, (header(), rounds.to_vec(), false));
    }

    /// Wherever a kill cuts the record off, what was written before is read.
    #[test]
    fn a_last_line_that_is_cut_off_is_left_out() {
        let whole = text(&header(), &[round(100, [6, 0]), round(200, [3, 3])]);
        let first_two = text(&header(), &[round(100, [6, 0])]).len();
        for end in first_two + 1..whole.len() - 1 {
            let (_, rounds, cut_off) = read_all(&whole.as_bytes()[..end]).expect("a record");
            assert_eq!((rounds, cut_off), (vec![round(100, [6, 0])], true), "cut off at {end}");
        }
        let (_, rounds, cut_off) = read_all(&whole.as_bytes()[..whole.len() - 1]).expect("a record");
        assert_eq!((rounds.len(), cut_off), (2, false), "only the end of the line is missing");
    }

    #[test]
    fn what_is_no_record_is_refused() {
        for text in ["", "\n", "junk", "{}", "{\"format\":1}", "<xml/>\n", "[1,2]\n", "\u{fffd}\n"] {
            assert!(refusal(text).contains("not a record"), "{text:?}: {}", refusal(text));
        }
        let whole = text(&header(), &[]);
        assert!(refusal(&whole[..whole.len() / 2]).contains("not a record"));
    }

    #[test]
    fn other_formats_say_who_reads_them() {
        let other =
            text(&header(), &[]).replace("\"format\":1,\"version\":\"0.1.0\"", "\"format\":7,\"version\":\"9.8.7\"");
        let refusal = refusal(&other);
        assert!(["format 7", "format 1", "scx_domains 9.8.7"].iter().all(|word| refusal.contains(word)), "{refusal}");
    }

    #[test]
    fn damaged_lines_are_named() {
        let good = text(&header(), &[round(100, [6, 0])]);
        let last = line(&round(200, [3, 3])).expect("a line");
        for bad in ["junk\n", "{\"at_ms\":1}\n", "\n", &line(&Round::default()).expect("a line")] {
            let refusal = refusal(&format!("{good}{bad}{last}"));
            assert!(refusal.contains("line 3") && refusal.contains("head -n 2"), "{bad:?}: {refusal}");
        }
    }

    #[test]
    fn rounds_of_another_machine_are_refused() {
        let mut odd = round(100, [6, 0]);
        odd.sample.domains.push(DomainSample::default());
        let refused = refusal(&text(&header(), &[odd]));
        assert!(refused.contains("3 domains") && refused.contains("2 domains"), "{refused}");
        let mut odd = round(100, [6, 0]);
        odd.plan.flows[0].dst = crate::units::DomainId(2);
        assert!(refusal(&text(&header(), &[odd])).contains("domain 2"));
        let mut senseless = header();
        senseless.domains.neighbours.pop();
        assert!(refusal(&text(&senseless, &[])).contains("the machine in it makes no sense"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(cut in 0usize..2000, byte in any::<u8>()) {
            let mut bytes = text(&header(), &[round(100, [6, 0]), round(200, [3, 3])]).into_bytes();
            let at = cut % bytes.len();
            bytes[at] = byte;
            let _ = read_all(&bytes);
        }
    }
}
