//! How long tasks waited in a queue, as the scheduler counts it: a CPU, a power of two. Pure.
//!
//! A turn that began without a wait is in bucket 0. A wait of `ns` is in bucket `1 + floor(log2(ns / 1024))`, so that
//! bucket `b` ends at `1024 << b` ns: 2 µs the first, half an hour the last. Within a bucket waits are taken to be spread
//! evenly over the logarithm. So a percentile is right to a factor of two at worst.

/// As many as BPF has (`bpf/intf.h`).
pub const DELAY_BUCKETS: usize = 32;

/// Turns that began, by how long the task had waited in a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delays(pub [u64; DELAY_BUCKETS]);

impl Delays {
    /// All turns, those without a wait included.
    #[must_use]
    pub fn turns(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Turns that began after a wait.
    #[must_use]
    pub fn queued(&self) -> u64 {
        self.0[1..].iter().sum()
    }

    /// Add those of another CPU.
    pub fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(own, more)| *own += more);
    }

    /// What has come since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self(std::array::from_fn(|bucket| self.0[bucket].saturating_sub(earlier.0[bucket])))
    }

    /// The wait, in seconds, that `part` (0 to 1) of the waits are no longer than. 0 where nobody waited.
    #[must_use]
    pub fn quantile(&self, part: f64) -> f64 {
        let rank = part * self.queued() as f64;
        let mut below = 0.0;
        for (bucket, count) in self.0.iter().enumerate().skip(1).filter(|(_, count)| **count > 0) {
            let here = *count as f64;
            if below + here >= rank {
                return start_of(bucket) * 2f64.powf((rank - below) / here);
            }
            below += here;
        }
        0.0
    }
}

/// Where a bucket begins, in seconds.
fn start_of(bucket: usize) -> f64 {
    512e-9 * 2f64.powi(bucket as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(counts: &[(usize, u64)]) -> Delays {
        let mut delays = Delays::default();
        counts.iter().for_each(|(bucket, count)| delays.0[*bucket] = *count);
        delays
    }

    #[test]
    fn quantiles_lie_in_the_bucket_of_their_rank() {
        // 90 waits of 1.02 to 2.05 ms (bucket 11 is 1024 × 1024 ns to twice that), 10 of 16.8 to 33.6 ms.
        let delays = delays(&[(0, 1000), (11, 90), (15, 10)]);
        assert_eq!((delays.turns(), delays.queued()), (1100, 100));
        assert!((1.0e-3..2.1e-3).contains(&delays.quantile(0.5)), "{}", delays.quantile(0.5));
        assert!((16.7e-3..33.6e-3).contains(&delays.quantile(0.99)), "{}", delays.quantile(0.99));
        assert!((delays.quantile(1.0) - 33.554_432e-3).abs() < 1e-9);
    }

    #[test]
    fn nobody_who_did_not_wait_counts() {
        assert_eq!(Delays::default().quantile(0.99), 0.0);
        assert_eq!(delays(&[(0, 7)]).quantile(0.99), 0.0);
    }

    #[test]
    fn a_window_is_what_has_come_since() {
        let (before, after) = (delays(&[(1, 5)]), delays(&[(1, 7), (3, 1)]));
        assert_eq!(after.since(&before), delays(&[(1, 2), (3, 1)]));
    }
}
