//! What workers know of each other: where the fellows that share their data are, and which CPUs somebody is on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// One for each group; the record of CPUs is common to all groups.
pub struct Crowd {
    shares_data: bool,
    /// The LLC that each worker was on last; `usize::MAX` before it started.
    llcs: Vec<AtomicUsize>,
    /// When a worker was last on each CPU, and 0 once it left.
    seen: Arc<Vec<AtomicU64>>,
}

impl Crowd {
    pub fn new(workers: usize, shares_data: bool, seen: Arc<Vec<AtomicU64>>) -> Self {
        let llcs = (0..workers).map(|_| AtomicUsize::new(usize::MAX)).collect();
        Crowd { shares_data, llcs, seen }
    }

    pub fn arrive(&self, worker: usize, llc: usize) {
        self.llcs[worker].store(llc, Relaxed);
    }

    pub fn seen(&self, cpu: usize, now: u64) {
        self.seen[cpu].store(now, Relaxed);
    }

    /// A worker goes to sleep on this CPU.
    pub fn left(&self, cpu: usize) {
        self.seen[cpu].store(0, Relaxed);
    }

    pub fn busy(&self, cpu: usize, now: u64, unseen_ns: u64) -> bool {
        now.saturating_sub(self.seen[cpu].load(Relaxed)) < unseen_ns
    }

    /// The part of the worker's fellows whose LLC is not `llc`.
    pub fn fellows_apart(&self, worker: usize, llc: usize) -> f64 {
        if !self.shares_data {
            return 0.0;
        }
        let fellows = self.llcs.iter().enumerate().filter(|(other, _)| *other != worker);
        let places: Vec<_> = fellows.map(|(_, llc)| llc.load(Relaxed)).filter(|&llc| llc != usize::MAX).collect();
        if places.is_empty() {
            return 0.0;
        }
        places.iter().filter(|&&place| place != llc).count() as f64 / places.len() as f64
    }
}
