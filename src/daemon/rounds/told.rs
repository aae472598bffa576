//! What rounds tell of themselves: reports, for those who ask and for `--stats`.

use super::Rounds;
use crate::cli::RunArgs;
use crate::failure::Failure;
use crate::kernel::KernelError;
use crate::monitor::as_told;
use crate::outlets::Ask;
use crate::stats::{DaemonStats, Reading, Report};
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

impl Rounds<'_> {
    /// What there is to tell, read now; for somebody who asked for it.
    pub(super) fn report(&mut self) -> Result<Arc<Report>, KernelError> {
        if let Some(report) = self.reports.fresh() {
            return Ok(report);
        }
        let (late, args) = (self.lateness.summary(), self.settings.args());
        let rounds = Reading {
            sample: self.sample.clone(),
            imbalances: self.balancer.imbalances().to_vec(),
            flows: self.flows.clone(),
            daemon: DaemonStats {
                interval: args.balance_interval.as_secs_f64(),
                slice: args.slice.unwrap_or(args.policy.terms().slice).as_secs_f64(),
                rounds: self.rounds,
                failed_rounds: self.all_failed_rounds,
                late_p50: late.p50.as_secs_f64(),
                late_p99: late.p99.as_secs_f64(),
                late_max: late.max.as_secs_f64(),
                ..DaemonStats::default()
            },
            ..Reading::default()
        };
        let reading = self.reports.read(&self.attached, rounds)?;
        Ok(self.reports.report(reading))
    }

    /// Give somebody who asked for it the report. Where it cannot be made, he is told so by being told nothing.
    pub(super) fn hand_report_to(&mut self, ask: &Ask) {
        match self.report() {
            // Who has asked may have gone.
            Ok(report) => drop(ask.send(report)),
            Err(error) => log::debug!("statistics could not be read: {error}"),
        }
    }

    /// On stdout.
    ///
    /// # Errors
    /// They cannot be read.
    pub(super) fn print_stats(&mut self) -> Result<(), Failure> {
        let text = as_told(&*self.report()?, self.settings.args().json);
        std::io::stdout().write_all(text.as_bytes()).unwrap_or_else(|e| log::warn!("nobody reads the statistics: {e}"));
        Ok(())
    }
}

/// When statistics are to be printed next; none where they are not.
pub(super) fn next_report(args: &RunArgs) -> Option<Instant> {
    args.stats.map(|secs| Instant::now() + Duration::from_secs(secs))
}
