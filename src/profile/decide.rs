//! From what is known to a profile. Pure.
//!
//! Who is believed, the first that has something to say:
//!
//! 1. power-profiles-daemon: there somebody has chosen, by a click;
//! 2. the power supply: a machine that runs on its battery is to save it;
//! 3. the energy preferences (EPP) of all cpufreq policies, as somebody else than us has left them, if all are alike. What
//!    drivers start with, `balance_performance` or `default`, is balanced.
//!
//! A word that is not known is balanced: the next may be known again. (scx_lavd's autopilot ended for good at one.)

use crate::placement::Profile;
use std::fmt;

/// Where the machine has its power from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    Mains,
    Battery,
}

/// What is known of what is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The profile that power-profiles-daemon says; none where it does not run.
    pub desktop: Option<String>,
    /// None where the kernel does not say.
    pub power: Option<Power>,
    /// The energy preferences that others have set, of all cpufreq policies that take any.
    pub preferences: Vec<String>,
}

/// Why a profile was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    Desktop,
    /// Its word is not known.
    DesktopUnclear(String),
    Battery,
    /// All of them are this.
    Preferences(String),
    Nothing,
}

/// A profile, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub profile: Profile,
    pub reason: Reason,
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, ", self.profile.word())?;
        match &self.reason {
            Reason::Desktop => write!(f, "said by power-profiles-daemon"),
            Reason::DesktopUnclear(word) => write!(f, "for power-profiles-daemon says '{word}'"),
            Reason::Battery => write!(f, "on battery"),
            Reason::Preferences(word) => write!(f, "for all CPUs prefer '{word}'"),
            Reason::Nothing => write!(f, "for nobody asks for another"),
        }
    }
}

/// The profile that goes with what is known.
#[must_use]
pub fn decide(known: &Known) -> Decision {
    let (profile, reason) = match (known.desktop.as_deref(), known.power) {
        (Some("performance"), _) => (Profile::Performance, Reason::Desktop),
        (Some("power-saver"), _) => (Profile::Powersave, Reason::Desktop),
        (Some("balanced"), _) => (Profile::Balanced, Reason::Desktop),
        (Some(word), _) => (Profile::Balanced, Reason::DesktopUnclear(word.to_owned())),
        (None, Some(Power::Battery)) => (Profile::Powersave, Reason::Battery),
        (None, _) => preferred(&known.preferences),
    };
    Decision { profile, reason }
}

/// What goes with the energy preferences.
fn preferred(preferences: &[String]) -> (Profile, Reason) {
    let Some(first) = preferences.first().filter(|first| preferences.iter().all(|other| other == *first)) else {
        return (Profile::Balanced, Reason::Nothing);
    };
    match first.as_str() {
        "performance" => (Profile::Performance, Reason::Preferences(first.clone())),
        "power" | "balance_power" => (Profile::Powersave, Reason::Preferences(first.clone())),
        _ => (Profile::Balanced, Reason::Nothing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(desktop: Option<&str>, power: Option<Power>, preferences: &[&str]) -> String {
        let preferences = preferences.iter().map(|text| (*text).to_owned()).collect();
        decide(&Known { desktop: desktop.map(str::to_owned), power, preferences }).to_string()
    }

    #[test]
    fn the_desktop_goes_before_all() {
        let battery = Some(Power::Battery);
        assert_eq!(of(Some("power-saver"), None, &["performance"]), "powersave, said by power-profiles-daemon");
        assert_eq!(of(Some("performance"), battery, &["power"]), "performance, said by power-profiles-daemon");
        assert_eq!(of(Some("balanced"), battery, &["power"]), "balanced, said by power-profiles-daemon");
        assert_eq!(of(Some("cool"), battery, &["power"]), "balanced, for power-profiles-daemon says 'cool'");
    }

    #[test]
    fn a_machine_on_battery_saves_it() {
        assert_eq!(of(None, Some(Power::Battery), &["performance"]), "powersave, on battery");
        assert_eq!(of(None, Some(Power::Mains), &[]), "balanced, for nobody asks for another");
        assert_eq!(of(None, None, &[]), "balanced, for nobody asks for another");
    }

    #[test]
    fn on_mains_preferences_count_if_all_are_alike() {
        let on_mains = |preferences: &[&str]| of(None, Some(Power::Mains), preferences);
        assert_eq!(on_mains(&["power", "power"]), "powersave, for all CPUs prefer 'power'");
        assert_eq!(on_mains(&["balance_power"]), "powersave, for all CPUs prefer 'balance_power'");
        assert_eq!(of(None, None, &["performance"]), "performance, for all CPUs prefer 'performance'");
        for unclear in [&["performance", "power"], &["128", "128"], &["balance_performance", "balance_performance"]] {
            assert_eq!(on_mains(unclear), "balanced, for nobody asks for another", "{unclear:?}");
        }
    }

    proptest! {
        #[test]
        fn any_word_of_the_desktop_is_taken(word in ".{0,20}") {
            let known = ["performance", "power-saver"].contains(&word.as_str());
            let decision = decide(&Known { desktop: Some(word), ..Known::default() });
            prop_assert_eq!(decision.profile == Profile::Balanced, !known);
        }
    }
}
