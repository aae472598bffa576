//! When the next round is due.
//!
//! Problem. Flows are for domains that have more to run than CPUs. While none has, rounds plan nothing, and ten wake-ups a
//! second keep an idle machine from sleeping deeply. And a round that is due in a second is late for a CPU that has gone.
//!
//! Mechanism. Three paces:
//!
//! - the interval that was asked for, while some domain is crowded or was a moment ago;
//! - once a second (or the interval, if that is longer) after QUIET rounds in which none was. The scheduler then watches for
//!   crowding and says so, and is asked to one round before, so that none slips through between the last look and the first
//!   long wait;
//! - after a signal: a round at once, for what has changed, and one FOLLOW_UP later, for what has come since: it is what
//!   the first one, which looks back on a quiet time, does not see. The next signal is answered one interval after the last
//!   was (REST at most), so signals double the number of rounds at most, or make it twenty a second where they are rare.
//!
//! Example at 100 ms: 16 tasks are born on one CPU of an idle machine. Two ticks later (8 ms) comes the signal, and 20 ms
//! after that the flows. At a fixed pace they come 50 ms after the birth in the mean, 100 at worst.

use std::time::{Duration, Instant};

/// Rounds without a crowded domain after which rounds are rare.
const QUIET: u32 = 5;
/// The pace of an idle machine.
const SLOW: Duration = Duration::from_secs(1);
/// From the round that answers a signal to the next: five ticks at HZ=250, enough for a mean.
const FOLLOW_UP: Duration = Duration::from_millis(20);
/// From one answer to the next, at most.
const REST: Duration = Duration::from_millis(100);

/// The daemon's pace.
#[derive(Debug)]
pub struct Pace {
    interval: Duration,
    due: Instant,
    /// Rounds in a row without a crowded domain.
    quiet: u32,
    answer: Answer,
    /// From when on the next signal is answered.
    rested: Instant,
}

/// How far the last signal is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// It is, or there was none.
    Done,
    /// The round at once is due.
    AtOnce,
    /// That was done, and the follow-up is due.
    FollowUp,
}

impl Pace {
    /// The first round is due one `interval` after `now`.
    pub fn new(interval: Duration, now: Instant) -> Self {
        Self { interval, due: now + interval, quiet: 0, answer: Answer::Done, rested: now }
    }

    /// When the next round is due.
    pub fn due(&self) -> Instant {
        self.due
    }

    /// Should the scheduler watch for crowding until the next round?
    pub fn watch(&self) -> bool {
        self.quiet + 1 >= QUIET
    }

    /// Another interval, from the next round on; which is no later than with the new one alone.
    pub fn set_interval(&mut self, interval: Duration, now: Instant) {
        self.interval = interval;
        self.due = self.due.min(now + interval);
    }

    /// Somebody wants a round now.
    pub fn at_once(&mut self, now: Instant) {
        self.due = self.due.min(now);
    }

    /// The scheduler has told something.
    pub fn signalled(&mut self, now: Instant) {
        // The follow-up is near, and sees what this is about.
        if self.answer == Answer::Done {
            self.answer = Answer::AtOnce;
            self.due = self.due.min(now.max(self.rested));
        }
    }

    /// A round began at `now`. `crowded`: was some domain, or may have been?
    pub fn after_round(&mut self, crowded: bool, now: Instant) {
        self.quiet = if crowded { 0 } else { self.quiet.saturating_add(1) };
        if self.answer == Answer::AtOnce {
            self.answer = Answer::FollowUp;
            self.rested = now + self.interval.min(REST);
            self.due = now + self.interval.min(FOLLOW_UP);
        } else {
            self.answer = Answer::Done;
            self.due = now + if self.quiet < QUIET { self.interval } else { self.interval.max(SLOW) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// A pace, and a clock that goes from round to round.
    struct Run {
        pace: Pace,
        now: Instant,
    }

    impl Run {
        fn new(interval: Duration) -> Self {
            let now = Instant::now();
            Self { pace: Pace::new(interval, now), now }
        }

        /// Wait for the next round, which sees so many tasks on two CPUs; the ms waited.
        fn round(&mut self, runnable: u64) -> u128 {
            let waited = self.pace.due().saturating_duration_since(self.now);
            self.now += waited;
            self.pace.after_round(runnable > 2, self.now);
            waited.as_millis()
        }

        fn rounds<const N: usize>(&mut self, runnable: u64) -> [u128; N] {
            std::array::from_fn(|_| self.round(runnable))
        }

        fn signal_after(&mut self, time: Duration) {
            self.now += time;
            self.pace.signalled(self.now);
        }
    }

    #[test]
    fn rounds_are_rare_while_nobody_is_crowded() {
        let mut run = Run::new(100 * MS);
        assert_eq!(run.rounds(2), [100, 100, 100, 100, 100, 1000, 1000]);
        assert_eq!(run.rounds(3), [1000, 100, 100], "the round that sees crowding is the last rare one");
        assert_eq!(run.rounds(2), [100, 100, 100, 100, 100, 1000]);
        assert_eq!(Run::new(100 * MS).rounds(3), [100; 9], "a crowded machine never slows down");
        assert_eq!(Run::new(5000 * MS).rounds(2), [5000; 9], "what was asked for is the fastest");
    }

    #[test]
    fn the_watch_begins_before_the_first_rare_round_and_ends_with_crowding() {
        let mut run = Run::new(100 * MS);
        let watched: [bool; 6] = std::array::from_fn(|_| {
            run.round(0);
            run.pace.watch()
        });
        assert_eq!(watched, [false, false, false, true, true, true]);
        run.round(3);
        assert!(!run.pace.watch());
    }

    #[test]
    fn a_signal_is_answered_at_once_and_followed_up() {
        let mut run = Run::new(100 * MS);
        let _: [u128; 6] = run.rounds(0);
        run.signal_after(300 * MS);
        assert_eq!(run.round(0), 0, "at once");
        assert_eq!(run.round(5), 20, "the follow-up sees what has come");
        assert_eq!(run.rounds(5), [100, 100, 100]);
    }

    #[test]
    fn another_interval_is_in_force_at_once() {
        let mut run = Run::new(5000 * MS);
        assert_eq!(run.rounds(3), [5000, 5000]);
        run.pace.set_interval(50 * MS, run.now);
        assert_eq!(run.rounds(3), [50, 50]);
        run.pace.set_interval(200 * MS, run.now);
        assert_eq!(run.rounds(3), [50, 200, 200], "the next one was due already");
        run.pace.at_once(run.now);
        assert_eq!(run.rounds(3), [0, 200]);
    }

    #[test]
    fn a_false_alarm_costs_two_rounds() {
        let mut run = Run::new(100 * MS);
        let _: [u128; 6] = run.rounds(0);
        run.signal_after(300 * MS);
        assert_eq!(run.rounds(0), [0, 20, 1000, 1000]);
    }

    #[test]
    fn signals_without_end_double_the_rounds_at_most() {
        let waited = |interval| {
            let mut run = Run::new(interval);
            run.round(5);
            std::array::from_fn(|_| {
                run.signal_after(MS);
                run.round(5) + 1
            })
        };
        assert_eq!(waited(100 * MS), [1, 20, 80, 20, 80, 20, 80]);
        assert_eq!(waited(5000 * MS), [1, 20, 80, 20, 80, 20, 80]);
        assert_eq!(waited(10 * MS), [1, 10, 1, 10, 1, 10, 1]);
    }
}
