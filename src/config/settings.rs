//! The settings in force, and where each came from.

use super::table::{self, Known, known};
use crate::cli::RunArgs;
use std::collections::BTreeMap;

pub use crate::control::protocol::{Change, Origin, SettingShown};

/// A value, and who said it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Value {
    text: String,
    origin: Origin,
}

/// All settings.
#[derive(Clone, Debug)]
pub struct Settings {
    values: BTreeMap<String, Value>,
    args: RunArgs,
}

/// What one source says, by name.
pub type Said = BTreeMap<String, String>;

impl Settings {
    /// Of these sources, the later before the earlier. Names are not looked at: an unknown one is refused by the options' parser.
    ///
    /// # Errors
    /// What is wrong, in a sentence.
    pub(super) fn of(sources: &[(Origin, &Said)]) -> Result<Self, String> {
        let mut values: BTreeMap<String, Value> = BTreeMap::new();
        for (origin, said) in sources {
            for (name, text) in *said {
                values.insert(name.clone(), Value { text: text.clone(), origin: *origin });
            }
        }
        Self::new(values)
    }

    fn new(values: BTreeMap<String, Value>) -> Result<Self, String> {
        let args = table::parse(values.iter().map(|(name, value)| (name.as_str(), value.text.as_str())))?;
        match args.contradiction() {
            Some(sentence) => Err(sentence),
            None => Ok(Self { values, args }),
        }
    }

    /// As the options' parsers read them.
    #[must_use]
    pub fn args(&self) -> &RunArgs {
        &self.args
    }

    /// All of them, for people to look at.
    #[must_use]
    pub fn shown(&self) -> Vec<SettingShown> {
        let shown = |known: &Known| {
            let said = self.values.get(&known.name);
            SettingShown {
                value: said.map(|value| &value.text).or(known.default.as_ref()).cloned(),
                note: None,
                origin: said.map_or(Origin::Default, |value| value.origin),
                hot: known.hot,
                unit: known.value.clone().unwrap_or_else(|| "true or false".to_owned()),
                help: known.help.clone(),
                name: known.name.clone(),
            }
        };
        known().iter().map(shown).collect()
    }

    /// With these changes, all of them or none.
    ///
    /// # Errors
    /// What is wrong, in a sentence: a name that is none, a setting that cannot change while the scheduler runs, a bad value.
    pub fn with(&self, changes: &Said) -> Result<Self, String> {
        let known = known();
        for name in changes.keys() {
            match known.iter().find(|one| one.name == *name) {
                None => return Err(unknown(name)),
                Some(one) if !one.hot => {
                    return Err(format!(
                        "{name} cannot change while the scheduler runs: put it into the file, and restart"
                    ));
                }
                Some(_) => {}
            }
        }
        let mut values = self.values.clone();
        for (name, text) in changes {
            values.insert(name.clone(), Value { text: text.clone(), origin: Origin::Set });
        }
        Self::new(values)
    }

    /// Those of `new` that can change while the scheduler runs, and the others as they are here; and the names of others that
    /// differ.
    ///
    /// # Errors
    /// What is wrong, in a sentence.
    pub fn with_hot_of(&self, new: &Self) -> Result<(Self, Vec<String>), String> {
        let mut values = self.values.clone();
        let mut cold = Vec::new();
        for one in known() {
            let (now, then) = (self.values.get(&one.name), new.values.get(&one.name));
            let text = |value: Option<&Value>| value.map(|value| &value.text).or(one.default.as_ref()).cloned();
            if !one.hot && text(now) != text(then) {
                cold.push(one.name.clone());
            } else if one.hot {
                match then {
                    Some(value) => values.insert(one.name.clone(), value.clone()),
                    None => values.remove(&one.name),
                };
            }
        }
        Ok((Self::new(values)?, cold))
    }

    /// What is other in `new`.
    #[must_use]
    pub fn changes_to(&self, new: &Self) -> Vec<Change> {
        let pairs = self.shown().into_iter().zip(new.shown());
        pairs
            .filter(|(old, new)| old.value != new.value)
            .map(|(old, new)| Change { name: old.name, old: old.value, new: new.value })
            .collect()
    }
}

/// A sentence for a name that is no setting's.
#[must_use]
pub fn unknown(name: &str) -> String {
    match table::meant(name, known()) {
        Some(meant) => format!("there is no setting {name}; did you mean {meant}?"),
        None => format!("there is no setting {name}; `scx_domains config` lists them all"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn said(pairs: &[(&str, &str)]) -> Said {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn shown(settings: &Settings, name: &str) -> (Option<String>, Origin) {
        let one = settings.shown().into_iter().find(|one| one.name == name).expect("a setting");
        (one.value, one.origin)
    }

    #[test]
    fn later_sources_go_before_earlier_ones() {
        let file = said(&[("slice", "8ms"), ("balance-interval", "50ms"), ("partial", "true")]);
        let environment = said(&[("balance-interval", "200ms"), ("policy", "fifo")]);
        let flags = said(&[("balance-interval", "1s"), ("partial", "false")]);
        let sources = [(Origin::File, &file), (Origin::Environment, &environment), (Origin::CommandLine, &flags)];
        let settings = Settings::of(&sources).expect("good settings");
        let of = |name| shown(&settings, name);
        assert_eq!(of("slice"), (Some("8ms".to_owned()), Origin::File));
        assert_eq!(of("balance-interval"), (Some("1s".to_owned()), Origin::CommandLine));
        assert_eq!(of("policy"), (Some("fifo".to_owned()), Origin::Environment));
        assert_eq!(of("node-delay"), (Some("500us".to_owned()), Origin::Default));
        assert_eq!((settings.args().partial, settings.args().balance_interval.as_secs()), (false, 1));
    }

    #[test]
    fn changes_are_made_all_or_none() {
        let settings = Settings::of(&[]).expect("the built-in ones");
        let changed = settings.with(&said(&[("balance-interval", "50ms"), ("no-balance", "true")])).expect("changes");
        assert_eq!(shown(&changed, "balance-interval"), (Some("50ms".to_owned()), Origin::Set));
        let names: Vec<String> = settings.changes_to(&changed).into_iter().map(|change| change.name).collect();
        assert_eq!(names, ["balance-interval", "no-balance"]);
        let refused = |pairs: &[(&str, &str)]| settings.with(&said(pairs)).expect_err("it was taken");
        assert!(refused(&[("balance-interval", "50ms"), ("balance-intervall", "1s")]).contains("did you mean"));
        assert!(refused(&[("balance-interval", "50ms"), ("no-balance", "perhaps")]).contains("no-balance"));
        assert!(refused(&[("partial", "true")]).contains("restart"));
        assert!(refused(&[("no-steal", "true")]).contains("no setting"), "for tests only");
        assert!(refused(&[("config", "/etc/passwd")]).contains("no setting"));
    }

    #[test]
    fn a_reload_takes_what_is_hot_and_names_the_rest() {
        let flags = said(&[("no-balance", "true")]);
        let started = Settings::of(&[(Origin::CommandLine, &flags)]).expect("settings");
        let set = started.with(&said(&[("balance-interval", "50ms")])).expect("a change");
        let file = said(&[("slice", "8ms"), ("partial", "true"), ("log-level", "debug")]);
        let read = Settings::of(&[(Origin::File, &file), (Origin::CommandLine, &flags)]).expect("settings");
        let (reloaded, cold) = set.with_hot_of(&read).expect("a reload");
        assert!(cold.contains(&"partial".to_owned()), "{cold:?}");
        assert_eq!(shown(&reloaded, "log-level"), (Some("debug".to_owned()), Origin::File));
        assert_eq!(shown(&reloaded, "balance-interval"), (Some("100ms".to_owned()), Origin::Default));
        assert_eq!(shown(&reloaded, "no-balance"), (Some("true".to_owned()), Origin::CommandLine));
        assert!(!reloaded.args().partial);
    }

    proptest! {
        #[test]
        fn any_change_is_made_or_refused(name in "[a-z-]{0,20}", value in ".{0,40}") {
            let settings = Settings::of(&[]).expect("the built-in ones");
            let _ = settings.with(&said(&[(&name, &value)]));
            for one in known() {
                let _ = settings.with(&said(&[(&one.name, &value)]));
            }
        }
    }
}
