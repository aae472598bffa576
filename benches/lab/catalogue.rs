//! What there is: the machines, scenarios and contestants in the data files, by name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::machine::Machine;
use super::model::Model;
use super::scenario::{Scenario, Suite};

/// One sentence for the user.
pub type Failure = String;

pub struct Catalogue {
    pub machines: BTreeMap<String, Machine>,
    pub suites: BTreeMap<String, Suite>,
    pub contestants: Vec<Contestant>,
    pub model: Model,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contestant {
    pub name: String,
    pub about: String,
    /// None for the kernel's own scheduler.
    pub program: Option<String>,
    /// On crates.io; none for this project's own.
    pub version: Option<String>,
    #[serde(default)]
    pub arguments: Vec<String>,
}

impl Contestant {
    /// The program and its arguments; nothing for the kernel's own scheduler.
    pub fn command(&self) -> Vec<String> {
        self.program.iter().chain(&self.arguments).cloned().collect()
    }
}

/// A scenario with the suite that it is in.
#[derive(Clone, Copy, Debug)]
pub struct Chosen<'a> {
    pub suite_name: &'a str,
    pub suite: &'a Suite,
    pub scenario: &'a Scenario,
}

/// The folder of the data files.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/lab")
}

impl Catalogue {
    pub fn read(folder: &Path) -> Result<Self, Failure> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Contestants {
            contestant: Vec<Contestant>,
        }
        let mut machines = BTreeMap::new();
        for (name, path) in tomls(&folder.join("machines"))? {
            let machine: Machine = parse(&path)?;
            machine.check().map_err(|e| format!("{}: {e}", path.display()))?;
            machines.insert(name, machine);
        }
        let mut suites = BTreeMap::new();
        for (name, path) in tomls(&folder.join("scenarios"))? {
            let suite: Suite = parse(&path)?;
            for scenario in &suite.scenario {
                scenario.check().map_err(|e| format!("{}: {}: {e}", path.display(), scenario.name))?;
            }
            choose("machine", &suite.machines, &machines.keys().collect::<Vec<_>>())
                .map_err(|e| format!("{}: {e}", path.display()))?;
            suites.insert(name, suite);
        }
        let contestants = parse::<Contestants>(&folder.join("contestants.toml"))?.contestant;
        Ok(Catalogue { machines, suites, contestants, model: parse(&folder.join("model.toml"))? })
    }

    /// The machines of these names; all if there are none.
    pub fn machines(&self, names: &[String]) -> Result<Vec<(&String, &Machine)>, Failure> {
        let known: Vec<_> = self.machines.keys().collect();
        choose("machine", names, &known)?;
        Ok(self.machines.iter().filter(|(name, _)| names.is_empty() || names.contains(name)).collect())
    }

    /// The scenarios of these names, and those of suites of these names; all if there are none.
    pub fn scenarios(&self, names: &[String]) -> Result<Vec<Chosen<'_>>, Failure> {
        let all = self.suites.iter().flat_map(|(suite_name, suite)| {
            suite.scenario.iter().map(move |scenario| Chosen { suite_name, suite, scenario })
        });
        let known: Vec<_> = self.suites.keys().chain(all.clone().map(|chosen| &chosen.scenario.name)).collect();
        choose("suite or scenario", names, &known)?;
        let wanted = |chosen: &Chosen| {
            names.iter().any(|name| name == chosen.suite_name || *name == chosen.scenario.name) || names.is_empty()
        };
        Ok(all.filter(wanted).collect())
    }

    /// The contestants of these names; all if there are none.
    pub fn contestants(&self, names: &[String]) -> Result<Vec<&Contestant>, Failure> {
        choose("contestant", names, &self.contestants.iter().map(|c| &c.name).collect::<Vec<_>>())?;
        Ok(self.contestants.iter().filter(|c| names.is_empty() || names.contains(&c.name)).collect())
    }
}

fn choose(what: &str, names: &[String], known: &[&String]) -> Result<(), Failure> {
    let list = || known.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
    match names.iter().find(|name| !known.contains(name)) {
        Some(name) => Err(format!("there is no {what} '{name}'; there are: {}", list())),
        None => Ok(()),
    }
}

fn parse<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    toml::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))
}

/// The TOML files of a folder with their names, in order.
fn tomls(folder: &Path) -> Result<BTreeMap<String, PathBuf>, Failure> {
    let entries = std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let paths = entries.flatten().map(|entry| entry.path());
    let tomls = paths.filter(|path| path.extension().is_some_and(|extension| extension == "toml"));
    Ok(tomls.filter_map(|path| Some((path.file_stem()?.to_string_lossy().into_owned(), path.clone()))).collect())
}
