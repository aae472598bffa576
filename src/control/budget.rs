//! How often something may be done. Pure: whoever asks says what time it is.

use std::time::Duration;

/// So many at once, and then so many a second.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    burst: f64,
    per_second: f64,
    left: f64,
    at: Duration,
}

impl Budget {
    /// A full one. Times are measured from any moment, the same for all calls.
    #[must_use]
    pub fn new(burst: u32, per_second: u32, now: Duration) -> Self {
        Self { burst: f64::from(burst), per_second: f64::from(per_second), left: f64::from(burst), at: now }
    }

    /// How long until one may be had: nothing, if one may now.
    #[must_use]
    pub fn wait(&mut self, now: Duration) -> Duration {
        let earned = now.saturating_sub(self.at).as_secs_f64() * self.per_second;
        self.left = (self.left + earned).min(self.burst);
        self.at = self.at.max(now);
        Duration::from_secs_f64((1.0 - self.left).max(0.0) / self.per_second)
    }

    /// Take one.
    pub fn spend(&mut self) {
        self.left -= 1.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_burst_it_is_so_many_a_second() {
        let ms = Duration::from_millis;
        let mut budget = Budget::new(3, 10, ms(0));
        for _ in 0..3 {
            assert_eq!(budget.wait(ms(0)), ms(0));
            budget.spend();
        }
        assert_eq!(budget.wait(ms(0)), ms(100));
        assert!(budget.wait(ms(60)) > ms(39) && budget.wait(ms(60)) < ms(41));
        assert_eq!(budget.wait(ms(101)), ms(0));
        budget.spend();
        assert!(budget.wait(ms(101)) > ms(98));
        assert_eq!(budget.wait(ms(100_000)), ms(0));
        (0..3).for_each(|_| budget.spend());
        assert!(budget.wait(ms(100_000)) > ms(99), "what is not used is not saved up beyond the burst");
        assert!(budget.wait(ms(0)) > ms(99), "a clock that goes back earns nothing");
    }
}
