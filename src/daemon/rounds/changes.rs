//! Settings that change between two rounds.

use super::Rounds;
use super::told::next_report;
use crate::config::{Said, Settings};
use crate::control::{Changed, Peer, Refusal, Why};
use crate::daemon::notify::status_line;
use crate::daemon::options;
use crate::daemon::outlets::{MetricsPlace, Outlets};
use crate::outlets::Address;
use std::time::Instant;

/// The group that may change settings is not root: it shall not have root make files and folders.
const NO_PATHS: &str =
    "metrics: a client may name 127.0.0.1:PORT, [::1]:PORT or off; for a path, write it into the file and reload";

/// Settings that can be, with what has to be at hand for them.
struct Possible {
    settings: Settings,
    /// Where metrics are served then, if elsewhere.
    metrics: Option<MetricsPlace>,
}

impl Rounds<'_> {
    /// May these changes be made? Nothing is changed.
    ///
    /// # Errors
    /// [`Why::Wrong`]: one of them makes no sense, or not now.
    pub(super) fn can_change(&self, changes: &Said, outlets: &Outlets) -> Result<(), Refusal> {
        self.changed(changes, outlets).map(drop)
    }

    fn changed(&self, changes: &Said, outlets: &Outlets) -> Result<Possible, Refusal> {
        let wrong = |message| Refusal::new(Why::Wrong, message);
        let new = self.settings.with(changes).map_err(wrong)?;
        if changes.contains_key("metrics") && matches!(new.args().metrics, Some(Address::Unix(_))) {
            return Err(wrong(NO_PATHS.to_owned()));
        }
        self.possible(new, outlets).map_err(wrong)
    }

    fn possible(&self, new: Settings, outlets: &Outlets) -> Result<Possible, String> {
        self.recordable(&new)?;
        let metrics = outlets.other_place(new.args().metrics.as_ref()).map_err(|error| format!("metrics: {error}"))?;
        Ok(Possible { settings: new, metrics })
    }

    /// A record says once, at its beginning, how was planned.
    fn recordable(&self, new: &Settings) -> Result<(), String> {
        let (old, new) = (self.settings.args(), new.args());
        let same = old.params() == new.params() && old.no_balance == new.no_balance;
        if !self.records.on_disk() || same {
            return Ok(());
        }
        Err("a record is being written (--record), and how flows are planned cannot change in the middle of it: restart without"
            .to_owned())
    }

    /// Make changes that a client asks for.
    pub(super) fn set(
        &mut self,
        changes: &Said,
        persisted: bool,
        peer: Peer,
        outlets: &mut Outlets,
    ) -> Result<Changed, Refusal> {
        let new = self.changed(changes, outlets)?;
        let mut changed = self.put_in_force(new, &format!("uid {}", peer.uid), outlets);
        if persisted {
            let file = self.layers.file().display();
            changed.notes.push(format!("written to {file}"));
            for (name, origin) in changes.keys().filter_map(|name| Some((name, self.layers.overrides_file(name)?))) {
                let who = origin.word();
                changed.notes.push(format!("at the next start, {name} is as the {who} says, which goes before {file}"));
            }
        }
        Ok(changed)
    }

    /// Read the file again. It is small, and most likely in memory: a round waits for it no longer than for a page.
    pub(super) fn reload(&mut self, who: &str, outlets: &mut Outlets) -> Result<Changed, Refusal> {
        let wrong = |message: String| Refusal::new(Why::Wrong, format!("nothing is changed: {message}"));
        let read = self.layers.settings().map_err(|error| wrong(error.to_string()))?;
        let (new, cold) = self.settings.with_hot_of(&read).map_err(wrong)?;
        let new = self.possible(new, outlets).map_err(wrong)?;
        let mut changed = self.put_in_force(new, who, outlets);
        changed.notes.extend(cold.into_iter().map(|name| format!("{name} takes a restart to change")));
        for note in &changed.notes {
            log::info!("{note}");
        }
        self.notifier.reloading(status_line(&self.domains, self.settings.args()));
        Ok(changed)
    }

    /// Read the file again, as a signal asks for.
    pub(super) fn reload_or_warning(&mut self, outlets: &mut Outlets) {
        match self.reload("SIGHUP", outlets) {
            Ok(changed) if changed.changes.is_empty() => log::info!("settings read again: nothing is other"),
            Ok(_) => {}
            Err(refusal) => {
                log::warn!("{}", refusal.message);
                self.notifier.reloading(status_line(&self.domains, self.settings.args()));
            }
        }
    }

    fn put_in_force(&mut self, new: Possible, who: &str, outlets: &mut Outlets) -> Changed {
        let Possible { settings: new, metrics } = new;
        let changes = self.settings.changes_to(&new);
        for change in &changes {
            let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "the policy's".to_owned());
            log::info!("{}: {} instead of {}, by {who}", change.name, value(&change.new), value(&change.old));
            self.take_over(&change.name, &new);
        }
        if let Some(place) = metrics {
            outlets.serve_metrics(place);
        }
        self.records.planned_as(new.args());
        self.settings = new;
        Changed { changes, notes: Vec::new() }
    }

    /// Let one setting be as `new` has it.
    fn take_over(&mut self, name: &str, new: &Settings) {
        let args = new.args();
        match name {
            "balance-interval" => self.pace.set_interval(args.balance_interval, Instant::now()),
            "min-flow" | "flow-worth" => self.balancer.set_params(args.params()),
            "log-level" => log::set_max_level(args.log_level.into()),
            "stats" => self.report_due = next_report(args),
            "profile" => self.wishes.adopt(&mut self.attached, args.profile),
            "no-parking" => self.wishes.allow_parking(!args.no_parking),
            // Each round asks for the one, and a place was taken for the other.
            "no-balance" | "metrics" => {}
            _ => self.attached.tune(&options(args, &self.wishes, self.gpus.is_some(), 0)),
        }
    }
}
