//! Puts the sources together, at the start and whenever they are to be read again.

use super::file::{self, DEFAULT_FILE, FileError};
use super::settings::{Origin, Said, Settings, unknown};
use super::table::{self, Known, known};
use clap::ArgMatches;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use thiserror::Error;

const PREFIX: &str = "SCX_DOMAINS_";

/// What is wrong with what somebody said.
#[derive(Debug, Error)]
pub enum ConfigError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("{0}")]
    Said(String),
}

/// What was said at the start, and where the file is that may be read again.
#[derive(Clone, Debug)]
pub struct Layers {
    file: PathBuf,
    /// Was it named? Then it has to be there.
    named: bool,
    environment: Said,
    flags: Said,
}

impl Layers {
    /// From the command line and the environment. The environment is read once, at the start: later, other threads may be at it.
    ///
    /// # Errors
    /// [`ConfigError::Said`]: a variable that is likely meant for a setting is of none, or has a bad value.
    pub fn new(
        matches: &ArgMatches,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let named: Option<&PathBuf> = matches.try_get_one("config").ok().flatten();
        Ok(Self {
            file: named.cloned().unwrap_or_else(|| DEFAULT_FILE.into()),
            named: named.is_some(),
            environment: from_environment(environment).map_err(ConfigError::Said)?,
            flags: table::said(matches).map_err(ConfigError::Said)?.into_iter().collect(),
        })
    }

    /// The file that is read, and that `set --persist` writes to.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Read the file, and put all together.
    ///
    /// # Errors
    /// [`ConfigError`]: the file cannot be used, or says what makes no sense.
    pub fn settings(&self) -> Result<Settings, ConfigError> {
        let file = file::read(&self.file, self.named)?;
        let sources =
            [(Origin::File, &file), (Origin::Environment, &self.environment), (Origin::CommandLine, &self.flags)];
        // Who is to blame is asked only where somebody is: it takes as long again for each setting.
        let place = self.file.display();
        let blamed = || checked(&file, known(), |name| name.to_owned()).map_err(|e| format!("{place}: {e}"));
        let named = file.keys().all(|name| known().iter().any(|one| one.name == *name));
        match Settings::of(&sources) {
            Ok(settings) if named => Ok(settings),
            other => blamed().and(other).map_err(ConfigError::Said),
        }
    }

    /// Who goes before the file with this setting at the next start?
    #[must_use]
    pub fn overrides_file(&self, name: &str) -> Option<Origin> {
        let has = |said: &Said| said.contains_key(name);
        if has(&self.flags) {
            return Some(Origin::CommandLine);
        }
        has(&self.environment).then_some(Origin::Environment)
    }
}

/// What the environment says. Variables of other things that begin alike are passed over, unless they look like a slip.
fn from_environment(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Result<Said, String> {
    let known = known();
    let mut said = Said::new();
    for (variable, value) in variables {
        let Some(name) = variable.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { continue };
        let name = name.to_lowercase().replace('_', "-");
        if !known.iter().any(|one| one.name == name) {
            match table::meant(&name, known) {
                Some(meant) => {
                    let (is, meant) = (variable.display(), to_variable(&meant));
                    return Err(format!("{is} is no setting; did you mean {meant}?"));
                }
                None => continue,
            }
        }
        let value = value.into_string().map_err(|_| format!("{}: it has to be UTF-8", variable.display()))?;
        said.insert(name, value);
    }
    checked(&said, known, to_variable)?;
    Ok(said)
}

fn to_variable(name: &str) -> String {
    PREFIX.to_owned() + &name.to_uppercase().replace('-', "_")
}

/// Is each a setting with a good value? `called`: by what name the source knows it.
fn checked(said: &Said, known: &[Known], called: impl Fn(&str) -> String) -> Result<(), String> {
    for (name, value) in said {
        if !known.iter().any(|one| one.name == *name) {
            return Err(unknown(name));
        }
        table::parse([(name.as_str(), value.as_str())]).map_err(|e| format!("{}: {e}", called(name)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use clap::CommandFactory;

    fn layers(line: &[&str], variables: &[(&str, &str)]) -> Result<Layers, ConfigError> {
        let matches = Cli::command().try_get_matches_from(["scx_domains"].iter().chain(line)).expect("a command line");
        Layers::new(&matches, variables.iter().map(|(name, value)| (name.into(), value.into())))
    }

    fn value(settings: &Settings, name: &str) -> (String, Origin) {
        let one = settings.shown().into_iter().find(|one| one.name == name).expect("a setting");
        (one.value.unwrap_or_default(), one.origin)
    }

    #[test]
    fn file_environment_and_command_line_are_put_together() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("config.toml");
        std::fs::write(&file, "# mine\nslice = \"8ms\"\nstats = 5\nno-balance = true\n").expect("a file");
        let config = format!("--config={}", file.display());
        let variables = [("SCX_DOMAINS_STATS", "7"), ("SCX_DOMAINS_KERNELS", "/x"), ("HOME", "/")];
        let layers = layers(&[&config, "-i", "1s", "--no-balance=false"], &variables).expect("layers");
        let settings = layers.settings().expect("settings");
        assert_eq!(value(&settings, "slice"), ("8ms".to_owned(), Origin::File));
        assert_eq!(value(&settings, "stats"), ("7".to_owned(), Origin::Environment));
        assert_eq!(value(&settings, "balance-interval"), ("1s".to_owned(), Origin::CommandLine));
        assert_eq!(value(&settings, "no-balance"), ("false".to_owned(), Origin::CommandLine));
        assert_eq!(layers.overrides_file("no-balance"), Some(Origin::CommandLine));
        assert_eq!(layers.overrides_file("slice"), None);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("config.toml");
        let config = format!("--config={}", file.display());
        let refused = |text: &str| {
            std::fs::write(&file, text).expect("a file");
            let error = layers(&[&config], &[]).expect("layers").settings().expect_err("it was taken").to_string();
            assert!(error.contains("config.toml") && !error.contains('\n'), "{error}");
            error
        };
        assert!(refused("slcie = \"8ms\"").contains("did you mean slice?"));
        assert!(refused("slice = \"8s\"").contains("1ms to 100ms"));
        assert!(refused("slice = 8").contains("slice"));
        assert!(refused("a = \"b\"\nslice = ").contains("line 2"));
        assert!(refused("[slice]\nx = 1").contains("section"));
        assert!(refused("no-steal = true").contains("no setting"));
        let environment = |name, value| layers(&[], &[(name, value)]).expect_err("it was taken").to_string();
        assert!(environment("SCX_DOMAINS_SLCIE", "8ms").contains("did you mean SCX_DOMAINS_SLICE?"));
        assert!(environment("SCX_DOMAINS_SLICE", "8s").contains("SCX_DOMAINS_SLICE: "));
    }

    #[test]
    fn the_usual_file_need_not_be_there_but_a_named_one_does() {
        assert!(!Path::new(DEFAULT_FILE).exists() || layers(&[], &[]).is_ok());
        let named = layers(&["--config=/nowhere/config.toml"], &[]).expect("layers");
        assert!(named.settings().expect_err("it was taken").to_string().contains("/nowhere/config.toml"));
    }
}
