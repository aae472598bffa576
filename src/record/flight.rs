//! The flight recorder: the last rounds, kept in memory for the day that somebody asks what led up to something. Pure.
//!
//! What it holds is a record like any other, but one that begins in the middle: the planner's memory from before is not in
//! it. Replayed, its first rounds may differ for that alone (half a second, until the deficits of before are forgotten).
//!
//! Example: 8 domains at 100 ms are 3000 rounds of 500 bytes in five minutes, 1.5 MB.

use super::{Header, Round, line};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::io::{self, Write};
use std::time::Duration;

/// How far back it goes.
pub const KEPT: Duration = Duration::from_secs(300);

/// Domains times rounds that are kept at most, at about 50 bytes each in memory and 100 in an answer on the control socket,
/// which takes 16 MB: so 64 domains at 10 ms reach back 19 s.
const MOST: usize = 120_000;

/// The rounds of the last five minutes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlightRecorder {
    header: Header,
    rounds: VecDeque<Round>,
}

impl FlightRecorder {
    /// An empty one.
    #[must_use]
    pub fn new(header: Header) -> Self {
        Self { header, rounds: VecDeque::new() }
    }

    /// Keep this round, and forget those that are too old now.
    pub fn add(&mut self, round: Round) {
        let oldest = round.at_ms.saturating_sub(u64::try_from(KEPT.as_millis()).unwrap_or(u64::MAX));
        let most = MOST / self.header.domains.len().max(1);
        while self.rounds.len() >= most || self.rounds.front().is_some_and(|first| first.at_ms < oldest) {
            self.rounds.pop_front();
        }
        self.rounds.push_back(round);
    }

    /// The last round.
    #[must_use]
    pub fn last(&self) -> Option<&Round> {
        self.rounds.back()
    }

    /// What it is a record of.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// How many rounds there are, and how far back they go.
    #[must_use]
    pub fn extent(&self) -> (usize, Duration) {
        let span = self.rounds.back().zip(self.rounds.front()).map_or(0, |(last, first)| last.at_ms - first.at_ms);
        (self.rounds.len(), Duration::from_millis(span))
    }

    /// Write it as a record.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, mut to: impl Write) -> io::Result<()> {
        to.write_all(line(&self.header)?.as_bytes())?;
        self.rounds.iter().try_for_each(|round| to.write_all(line(round)?.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{header, round};
    use super::*;
    use crate::record::Reader;

    fn recorded(times: impl Iterator<Item = u64>) -> FlightRecorder {
        let (mut recorder, one) = (FlightRecorder::new(header()), round(0, [6, 0]));
        times.for_each(|at_ms| recorder.add(Round { at_ms, ..one.clone() }));
        recorder
    }

    fn read_back(recorder: &FlightRecorder) -> Vec<u64> {
        let mut text = Vec::new();
        recorder.write(&mut text).expect("memory takes all");
        Reader::new(&text[..]).expect("a record").map(|round| round.expect("a round").at_ms).collect()
    }

    #[test]
    fn what_it_writes_is_a_record_of_the_last_five_minutes() {
        assert_eq!(read_back(&recorded(std::iter::empty())), [0; 0]);
        let recorder = recorded((0..1000).map(|second| second * 1000));
        assert_eq!(read_back(&recorder), (699..1000).map(|second| second * 1000).collect::<Vec<_>>());
        assert_eq!(recorder.extent(), (301, KEPT));
    }

    #[test]
    fn its_size_is_bounded_whatever_the_pace() {
        let most = MOST / header().domains.len();
        assert_eq!(recorded(0..3 * most as u64).extent().0, most);
    }
}
