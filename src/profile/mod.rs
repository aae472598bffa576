//! Which profile is in force, where `--profile auto` leaves it to the desktop and the machine.
//!
//! - `decide`: from what is known to a profile (pure)
//! - `supply`: is there mains power?
//! - `desktop`: what power-profiles-daemon says
//! - `follow`: puts that together, whenever something changes

mod decide;
mod desktop;
mod follow;
mod supply;

pub use decide::{Decision, Known, Power, Reason, decide};
pub use follow::Follower;

use crate::placement::Profile;
use clap::ValueEnum;

/// What can be asked for: a profile, or the one that goes with what the desktop and the machine say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ProfileChoice {
    /// All that there is, whatever it costs.
    Performance,
    /// Fast where somebody waits for it, thrifty where nobody does.
    #[default]
    Balanced,
    /// The least energy for what there is to do.
    Powersave,
    /// As power-profiles-daemon says; where it does not run, by power supply and energy preferences.
    Auto,
}

impl ProfileChoice {
    /// The profile that is asked for; none where it is left to the desktop and the machine.
    #[must_use]
    pub fn fixed(self) -> Option<Profile> {
        match self {
            Self::Performance => Some(Profile::Performance),
            Self::Balanced => Some(Profile::Balanced),
            Self::Powersave => Some(Profile::Powersave),
            Self::Auto => None,
        }
    }
}
