//! Which profile is in force: the one that was asked for, or with `auto` what the desktop and the machine say.

use crate::placement::Profile;
use crate::profile::{Decision, Follower, ProfileChoice};
use crossbeam_channel::{Receiver, RecvError, never};
use std::path::Path;

/// Where the system's message bus is, if nobody says otherwise (D-Bus Specification, "Well-known Message Bus Instances").
const SYSTEM_BUS: &str = "unix:path=/run/dbus/system_bus_socket";

/// The profile in force, and who chooses it.
pub struct ChosenProfile {
    choice: ProfileChoice,
    profile: Profile,
    /// There since `auto` was first asked for.
    follower: Option<Follower>,
    /// Its last word.
    decided: Option<Decision>,
}

impl ChosenProfile {
    /// As `choice` says. `others` tells what energy preferences others have set. With `auto` it waits for a first word, a second at
    /// most.
    pub fn new(choice: ProfileChoice, others: impl Fn() -> Vec<String> + Send + 'static) -> Self {
        let mut chosen = Self { choice, profile: Profile::default(), follower: None, decided: None };
        chosen.choose(choice, others);
        chosen.decided = chosen.follower.as_ref().and_then(Follower::first);
        chosen.settle();
        if let Some(decided) = &chosen.decided {
            log::info!("profile auto: {decided}");
        }
        chosen
    }

    /// From now on, as `choice` says. With `auto` the profile stays as it is until there is a word.
    pub fn choose(&mut self, choice: ProfileChoice, others: impl Fn() -> Vec<String> + Send + 'static) {
        self.choice = choice;
        if choice == ProfileChoice::Auto && self.follower.is_none() {
            self.follower = start(others);
        }
        self.settle();
    }

    /// The profile that is in force.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// What is in force with `auto`, and why; none where a profile was asked for.
    pub fn note(&self) -> Option<String> {
        let decided = || self.decided.as_ref().map_or_else(|| self.profile.word().to_owned(), Decision::to_string);
        (self.choice == ProfileChoice::Auto).then(decided)
    }

    /// Where words come from.
    pub fn decisions(&self) -> Receiver<Decision> {
        self.follower.as_ref().map_or_else(never, |follower| follower.decisions().clone())
    }

    /// There is a word, or there will be none any more. True if another profile is in force by that.
    pub fn hear(&mut self, word: Result<Decision, RecvError>) -> bool {
        let before = self.profile;
        match word {
            Ok(decision) => self.decided = Some(decision),
            Err(_) => self.follower = None,
        }
        self.settle();
        if let (ProfileChoice::Auto, Some(decided)) = (self.choice, &self.decided) {
            log::info!("profile auto: {decided}");
        }
        self.profile != before
    }

    fn settle(&mut self) {
        let decided = self.decided.as_ref().map(|decision| decision.profile);
        self.profile = self.choice.fixed().or(decided).unwrap_or(self.profile);
    }
}

fn start(others: impl Fn() -> Vec<String> + Send + 'static) -> Option<Follower> {
    let bus = std::env::var("DBUS_SYSTEM_BUS_ADDRESS").unwrap_or_else(|_| SYSTEM_BUS.to_owned());
    let started = Follower::start(Path::new("/"), &bus, others);
    started.inspect_err(|error| log::warn!("the profile stays as it is: no thread to follow it: {error}")).ok()
}
