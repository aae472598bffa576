//! How late the daemon's rounds begin: the time between when one is due and when it is at it. Pure.

use std::collections::VecDeque;
use std::time::Duration;

/// Rounds that are looked back on: 100 s at the default interval, and enough for a 99th percentile.
const RECENT: usize = 1000;

/// How late the last rounds were.
#[derive(Clone, Debug, Default)]
pub struct Lateness {
    recent: VecDeque<Duration>,
}

/// What there is to tell of the last 1000 rounds at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LatenessSummary {
    /// Half of the rounds were no later.
    pub p50: Duration,
    /// 99 of 100 rounds were no later.
    pub p99: Duration,
    /// No round was later.
    pub max: Duration,
}

impl Lateness {
    /// Add a round that began so late.
    pub fn add(&mut self, late: Duration) {
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(late);
    }

    /// All zero before the first round.
    #[must_use]
    pub fn summary(&self) -> LatenessSummary {
        let mut sorted: Vec<Duration> = self.recent.iter().copied().collect();
        sorted.sort_unstable();
        let at = |percent: usize| {
            let rank = (sorted.len() * percent).div_ceil(100).max(1) - 1;
            sorted.get(rank).copied().unwrap_or_default()
        };
        LatenessSummary { p50: at(50), p99: at(99), max: at(100) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_last_rounds() {
        let mut lateness = Lateness::default();
        assert_eq!(lateness.summary(), LatenessSummary::default());
        lateness.add(Duration::from_secs(9));
        let ms = Duration::from_millis;
        assert_eq!(lateness.summary().p50, ms(9000));
        (1..=1000).for_each(|late| lateness.add(ms(late)));
        assert_eq!(lateness.summary(), LatenessSummary { p50: ms(500), p99: ms(990), max: ms(1000) });
    }
}
