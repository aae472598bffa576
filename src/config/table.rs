//! The settings that there are, read off the command line's options.

use crate::cli::RunArgs;
use std::sync::LazyLock;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

/// Settings that can change while the scheduler runs. The others are read at the start, or made part of what is loaded.
const HOT: &[&str] = &[
    "balance-interval",
    "slice",
    "load-half-life",
    "node-delay",
    "remote-delay",
    "min-flow",
    "flow-worth",
    "stats",
    "log-level",
    "no-balance",
    "profile",
    "no-parking",
    "metrics",
];

/// Where the file is has to be known before it is read.
const FILE: &str = "config";

/// Options that are no settings, but say what to do this time.
const NOT_SETTINGS: &[&str] = &[FILE, "monitor", "json", "help-stats"];

/// A name that is unlike every setting's by this measure (Jaro-Winkler, 0 to 1) is of something else.
const ALIKE: f64 = 0.8;

/// A setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The option's, without dashes.
    pub name: String,
    /// What it is, in the words of `--help`.
    pub help: String,
    /// What its values are called; none where it is on or off.
    pub value: Option<String>,
    /// What it is if nobody says anything.
    pub default: Option<String>,
    /// Can it change while the scheduler runs?
    pub hot: bool,
}

/// All settings, in the order of `--help`. They are found once: that takes longer than a round may be late.
#[must_use]
pub fn known() -> &'static [Known] {
    static KNOWN: LazyLock<Vec<Known>> =
        LazyLock::new(|| command().get_arguments().filter(|arg| !arg.is_hide_set()).filter_map(setting).collect());
    &KNOWN
}

/// Hidden options are for tests: the command line has them, and nobody else.
fn setting(arg: &Arg) -> Option<Known> {
    let name = arg.get_long().filter(|name| !NOT_SETTINGS.contains(name))?.to_owned();
    let is_switch = arg.get_num_args().is_some_and(|range| range.min_values() == 0);
    let text = |words: &clap::builder::OsStr| words.to_string_lossy().into_owned();
    Some(Known {
        hot: HOT.contains(&name.as_str()),
        help: arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default(),
        value: arg.get_value_names().and_then(|names| names.first()).filter(|_| !is_switch).map(ToString::to_string),
        default: arg.get_default_values().first().map(text),
        name,
    })
}

/// The settings of these names and values, by the options' own parsers.
///
/// # Errors
/// What is wrong, in a sentence.
pub fn parse<'a>(values: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<RunArgs, String> {
    let command = command();
    let is_flag = |name: &str| {
        let arg = command.get_arguments().find(|arg| arg.get_long() == Some(name));
        arg.is_some_and(|arg| matches!(arg.get_action(), ArgAction::SetTrue))
    };
    let mut options = Vec::new();
    for (name, value) in values {
        match (is_flag(name), value) {
            (false, _) => options.push(format!("--{name}={value}")),
            (true, "true") => options.push(format!("--{name}")),
            (true, "false") => {}
            (true, _) => return Err(format!("invalid value '{value}' for --{name}: it is true or false")),
        }
    }
    let matches = command.try_get_matches_from(options).map_err(|e| sentence(&e.to_string()))?;
    RunArgs::from_arg_matches(&matches).map_err(|e| sentence(&e.to_string()))
}

/// What the command line says, beside where the file is.
///
/// # Errors
/// A value is not UTF-8.
pub fn said(matches: &ArgMatches) -> Result<Vec<(String, String)>, String> {
    let command = command();
    let mut said = Vec::new();
    for arg in command.get_arguments() {
        let (id, Some(name)) = (arg.get_id().as_str(), arg.get_long()) else { continue };
        let by_user = matches.value_source(id) == Some(clap::parser::ValueSource::CommandLine);
        if !by_user || name == FILE {
            continue;
        }
        let value = matches.get_raw(id).and_then(|mut values| values.next_back()).unwrap_or_default();
        let value = value.to_str().ok_or_else(|| format!("--{name}: it has to be UTF-8"))?;
        said.push((name.to_owned(), value.to_owned()));
    }
    Ok(said)
}

/// The setting that is most likely meant by a name that is none.
#[must_use]
pub fn meant(name: &str, known: &[Known]) -> Option<String> {
    let likeness = |one: &Known| strsim::jaro_winkler(&one.name, &name.replace('_', "-"));
    let nearest = known.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(nearest) > ALIKE).then(|| nearest.name.clone())
}

fn command() -> Command {
    RunArgs::augment_args(Command::new("scx_domains").no_binary_name(true).disable_help_flag(true))
}

/// clap's words on one line: "error: invalid value …\n  [possible values: …]\n\nFor more information …".
fn sentence(words: &str) -> String {
    let told = words.strip_prefix("error: ").unwrap_or(words);
    let told = told.split("\n\nFor more").next().unwrap_or(told);
    told.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Known {
        known().iter().find(|one| one.name == name).cloned().unwrap_or_else(|| panic!("no setting {name}"))
    }

    #[test]
    fn the_options_are_the_settings() {
        let interval = named("balance-interval");
        assert_eq!((interval.value.as_deref(), interval.default.as_deref()), (Some("TIME"), Some("100ms")));
        assert!(interval.hot && interval.help.contains("10ms to 60s"));
        let partial = named("partial");
        assert_eq!((partial.value.clone(), partial.default.as_deref(), partial.hot), (None, Some("false"), false));
        assert!(named("slice").default.is_none(), "the policy's");
        assert!(known().iter().all(|one| one.name != "config" && one.name != "no-steal" && !one.help.is_empty()));
    }

    #[test]
    fn what_is_hot_is_a_setting() {
        let names: Vec<&str> = known().iter().filter(|one| one.hot).map(|one| one.name.as_str()).collect();
        assert_eq!(names.len(), HOT.len(), "{names:?} of {HOT:?}");
    }

    #[test]
    fn values_are_held_to_the_options_bounds() {
        let args = parse([("slice", "8ms"), ("partial", "true"), ("no-balance", "false")]).expect("good values");
        assert_eq!((args.slice.map(|slice| slice.as_millis()), args.partial, args.no_balance), (Some(8), true, false));
        let refused = |name, value| parse([(name, value)]).expect_err("it was taken");
        assert!(refused("slice", "1s").contains("1ms to 100ms"));
        assert!(refused("partial", "perhaps").contains("true, false"));
        assert!(refused("policy", "x").contains("[possible values: fair,"), "{}", refused("policy", "x"));
        assert!(!refused("policy", "x").contains('\n'));
    }

    /// The command line goes before the file, so it has to be able to say no.
    #[test]
    fn what_is_on_can_be_turned_off() {
        let switches: Vec<&Known> = known().iter().filter(|one| one.value.is_none()).collect();
        assert!(switches.len() > 5, "{switches:?}");
        for one in switches {
            let off = command().try_get_matches_from([format!("--{}=false", one.name)]);
            assert!(off.is_ok(), "{off:?}");
        }
    }

    #[test]
    fn a_slip_is_told_from_another_thing() {
        let meant = |name| meant(name, known());
        assert_eq!(meant("slcie").as_deref(), Some("slice"));
        assert_eq!(meant("balance_interval").as_deref(), Some("balance-interval"));
        for other in ["cache", "kernels", "mirror", ""] {
            assert_eq!(meant(other), None, "{other}");
        }
    }
}
