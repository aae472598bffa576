//! Follows what is wanted: the desktop's word as it comes, and where it has none, power supply and energy preferences by a look now
//! and then.
//!
//! Two threads: one waits for the message bus, as long as that takes; the other decides. Neither is waited for by a round. They stay
//! once they are there, also when another profile is set: a look costs some reads of sysfs, and none while the desktop has a word.

use super::decide::{Decision, Known, decide};
use super::desktop;
use super::supply::power;
use crossbeam_channel::{Receiver, Sender, after, never, select};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often is looked at what gives no signal. A change has to be in force within a second.
const LOOK: Duration = Duration::from_millis(750);
/// How long the desktop may take for its first word, before is decided without.
const FIRST_WORD: Duration = Duration::from_millis(500);

/// What is decided, from now on.
#[derive(Debug)]
pub struct Follower {
    decisions: Receiver<Decision>,
}

impl Follower {
    /// Begin. `root` is `/`, and `bus` the address of the system's message bus, but in tests; `preferences` are the energy
    /// preferences that others have set.
    ///
    /// # Errors
    /// There is no thread to be had.
    pub fn start(root: &Path, bus: &str, preferences: impl Fn() -> Vec<String> + Send + 'static) -> io::Result<Self> {
        let (words, spoken) = crossbeam_channel::unbounded();
        let (sender, decisions) = crossbeam_channel::unbounded();
        let (root, bus) = (root.to_owned(), bus.to_owned());
        thread("desktop", move || desktop::tell(&bus, &words))?;
        thread("profile", move || Look { root, preferences }.follow(&spoken, &sender))?;
        Ok(Self { decisions })
    }

    /// What is decided at first; none if that takes too long.
    #[must_use]
    pub fn first(&self) -> Option<Decision> {
        self.decisions.recv_timeout(2 * FIRST_WORD).ok()
    }

    /// Each that is other than the one before.
    #[must_use]
    pub fn decisions(&self) -> &Receiver<Decision> {
        &self.decisions
    }
}

fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work).map(drop)
}

struct Look<P> {
    root: PathBuf,
    preferences: P,
}

impl<P: Fn() -> Vec<String>> Look<P> {
    /// Until one of the other ends is gone.
    fn follow(&self, words: &Receiver<Option<String>>, decisions: &Sender<Decision>) {
        let mut word = words.recv_timeout(FIRST_WORD).ok().flatten();
        let mut last = None;
        loop {
            let decision = decide(&self.known(word.clone()));
            if last.as_ref() != Some(&decision) {
                if decisions.send(decision.clone()).is_err() {
                    return;
                }
                last = Some(decision);
            }
            // While the desktop has a word, nothing else counts.
            let patience = if word.is_some() { never() } else { after(LOOK) };
            select! {
                recv(words) -> next => match next {
                    Ok(next) => word = next,
                    Err(_) => return, // it always has another one while somebody listens
                },
                recv(patience) -> _ => {}
            }
        }
    }

    fn known(&self, desktop: Option<String>) -> Known {
        match desktop {
            Some(_) => Known { desktop, ..Known::default() },
            None => Known { desktop, power: power(&self.root), preferences: (self.preferences)() },
        }
    }
}
