//! What the service manager is told (sd_notify(3)), where one has asked to be told: that we are ready, once the kernel says so;
//! that we live, after rounds; that we reload, or end.

use crate::cli::RunArgs;
use crate::domain::Domains;
use crate::kernel::scheduler_state;
use sd_notify::NotifyState;
use std::time::{Duration, Instant};

/// So often in the time after which the manager takes us for dead.
const TIMES: u32 = 3;

/// What has been told.
pub struct Notifier {
    ready: bool,
    status: String,
    /// From one sign of life to the next; none where nobody waits for them.
    interval: Option<Duration>,
    due: Instant,
}

impl Notifier {
    /// Nothing yet. `status`: what `systemctl status` is to show.
    pub fn new(status: String, now: Instant) -> Self {
        let interval = sd_notify::watchdog_enabled().map(|watchdog| watchdog / TIMES);
        Self { ready: false, status, interval, due: now }
    }

    /// When the next sign of life is due; none: never.
    pub fn due(&self) -> Option<Instant> {
        self.interval.map(|_| self.due)
    }

    /// The rounds are going well. Told when it is due.
    pub fn alive(&mut self, now: Instant) {
        if !self.ready && scheduler_state().as_deref() == Some("enabled") {
            self.ready = true;
            tell(&[NotifyState::Ready, NotifyState::Status(&self.status)]);
        }
        if let Some(interval) = self.interval.filter(|_| self.due <= now) {
            self.due = now + interval;
            tell(&[NotifyState::Watchdog]);
        }
    }

    /// Settings are being read again, until the next `alive`.
    pub fn reloading(&mut self, status: String) {
        self.status = status;
        if let Ok(now) = NotifyState::monotonic_usec_now() {
            tell(&[NotifyState::Reloading, now]);
            self.ready = false;
        }
    }
}

/// What `systemctl status` shows.
pub fn status_line(domains: &Domains, args: &RunArgs) -> String {
    let balance = match args.no_balance {
        true => "plans no flows".to_owned(),
        false => format!("balances every {}", humantime::format_duration(args.balance_interval)),
    };
    format!("{} domains, {balance}", domains.len())
}

/// It is over: nothing more is due.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        log::debug!("the service manager cannot be told {states:?}: {error}");
    }
}
