//! Reads a record, a line at a time.

use std::io::{BufRead, Read};

use serde::Deserialize;
use thiserror::Error;

use super::{FORMAT, Header, RECORD_OF, Round};

/// The longest line that is read: a header of 512 domains takes 12 MB. What is no record may have no lines at all.
const MAX_LINE: u64 = 64 << 20;

/// Why a record cannot be read.
#[derive(Debug, Error)]
pub enum RecordError {
    #[error("reading it failed: {0}")]
    Read(#[from] std::io::Error),
    #[error("it is not a record: make one with `scx_domains --record FILE`")]
    NotARecord,
    #[error(
        "it is a record of format {format}, and this scx_domains reads format {FORMAT}: replay it with scx_domains \
         {version}, which made it"
    )]
    OtherFormat { format: u32, version: String },
    #[error("the machine in it makes no sense ({0}): record it anew")]
    Machine(String),
    #[error("line {line} is damaged ({cause}): to replay what is before it, cut it off with `head -n {}`", line - 1)]
    Damaged { line: u64, cause: String },
}

/// The rounds of a record, in order.
pub struct Reader<R> {
    lines: R,
    header: Header,
    /// Lines read so far.
    line: u64,
    cut_off: bool,
}

impl<R: BufRead> Reader<R> {
    /// Read the header.
    ///
    /// # Errors
    /// [`RecordError`]: any but `Damaged`.
    pub fn new(mut lines: R) -> Result<Self, RecordError> {
        let bytes = next_line(&mut lines)?.unwrap_or_default();
        let header = parse_header(&bytes)?;
        header.domains.verify_invariants().map_err(|e| RecordError::Machine(e.to_string()))?;
        Ok(Self { lines, header, line: 1, cut_off: false })
    }

    /// The first line.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Was the last line left out because it was written in part only? True at the end at the earliest.
    #[must_use]
    pub fn cut_off(&self) -> bool {
        self.cut_off
    }

    fn round(&mut self, bytes: &[u8]) -> Result<Option<Round>, RecordError> {
        self.line += 1;
        match serde_json::from_slice(bytes).map_err(|e| e.to_string()).and_then(|round| self.fitting(round)) {
            Ok(round) => Ok(Some(round)),
            Err(_) if !bytes.ends_with(b"\n") => {
                self.cut_off = true;
                Ok(None)
            }
            Err(cause) => Err(RecordError::Damaged { line: self.line, cause }),
        }
    }

    /// The round, if it can be one of the header's machine.
    fn fitting(&self, round: Round) -> Result<Round, String> {
        let (count, domains) = (round.sample.domains.len(), self.header.domains.len());
        if count != domains {
            return Err(format!("it has {count} domains, and the record's machine has {domains} domains"));
        }
        let mut named = round.plan.flows.iter().flat_map(|flow| [flow.src, flow.dst]);
        match named.find(|id| id.index() >= domains) {
            Some(id) => Err(format!("it names domain {id}, and the record's machine has {domains} domains")),
            None => Ok(round),
        }
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Round, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        match next_line(&mut self.lines) {
            Ok(Some(bytes)) => self.round(&bytes).transpose(),
            Ok(None) => None,
            Err(error) => Some(Err(error.into())),
        }
    }
}

/// The next line with its end, if it has one; none after the last.
fn next_line(lines: &mut impl BufRead) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let read = lines.by_ref().take(MAX_LINE).read_until(b'\n', &mut bytes)?;
    Ok((read > 0).then_some(bytes))
}

/// Whether it is a record is told by two fields that every format has; only then are the others looked at.
fn parse_header(bytes: &[u8]) -> Result<Header, RecordError> {
    #[derive(Deserialize)]
    struct Kind {
        record_of: String,
        format: u32,
        version: String,
    }
    let kind: Kind = serde_json::from_slice(bytes).map_err(|_| RecordError::NotARecord)?;
    if kind.record_of != RECORD_OF {
        return Err(RecordError::NotARecord);
    }
    if kind.format != FORMAT {
        return Err(RecordError::OtherFormat { format: kind.format, version: kind.version });
    }
    serde_json::from_slice(bytes).map_err(|e| RecordError::Machine(e.to_string()))
}
