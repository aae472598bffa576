//! Starts, watches and stops the scheduler in a guest: the functions of scheduler.sh, and what they print.

use crate::harness::Outcome;

/// What `/sys/kernel/sched_ext/root/ops` shows while scx_domains runs.
pub const OPS: &str = concat!("domains_", env!("CARGO_PKG_VERSION"));

/// What `health` prints while all is well.
pub const HEALTHY: &str = concat!("enabled domains_", env!("CARGO_PKG_VERSION"), " rejected 0 alive yes complaints 0");

/// A line for the guest's shell that may use `start`, `alive`, `stop`, `ended`, `complaints` and `health`. It ends with
/// the status of `body`.
pub fn script(body: &str) -> String {
    format!("{}\n{body}\nstatus=$?; echo; exit $status", include_str!("scheduler.sh"))
}

impl Outcome {
    /// The values of the lines "NAME=VALUE", in the order of printing.
    pub fn said(&self, name: &str) -> Vec<&str> {
        self.console.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('=')).collect()
    }

    /// Fail the test, showing everything, unless each `health` found the scheduler well, and there was one.
    #[track_caller]
    pub fn healthy(self) -> Self {
        let reports = self.said("health");
        assert!(
            !reports.is_empty() && reports.iter().all(|r| *r == HEALTHY),
            "not in good health\n{}{}",
            self.console,
            self.errors
        );
        self
    }
}
