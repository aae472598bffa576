//! A result as the lab writes it: one JSON object a line, one line a run.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::Deserialize;

use super::ReportError;

/// One run of one scenario under one contestant.
#[derive(Clone, Debug, Deserialize)]
pub struct Line {
    pub machine: String,
    #[serde(default)]
    pub kernel: String,
    pub contestant: String,
    /// None for what comes with the kernel.
    #[serde(default)]
    pub version: Option<String>,
    pub scenario: String,
    pub seed: u64,
    #[serde(default)]
    pub parameters: BTreeMap<String, serde_json::Value>,
    pub outcome: Outcome,
    #[serde(default)]
    pub note: Option<String>,
    /// By name, with the unit in it. Null is what came out as no number.
    #[serde(default)]
    pub measures: BTreeMap<String, Option<f64>>,
    /// By name, `…_over_s` or `…_by_percentile`: points by ascending x.
    #[serde(default)]
    pub series: BTreeMap<String, Vec<(f64, f64)>>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Outcome {
    #[serde(rename = "ok")]
    Ok,
    #[serde(rename = "failed to load")]
    FailedToLoad,
    #[serde(rename = "thrown out")]
    ThrownOut,
    #[serde(rename = "stalled")]
    Stalled,
    #[serde(rename = "hung")]
    Hung,
    /// The guest ended without a result: nobody's fault that we know of.
    #[serde(rename = "lost")]
    Lost,
    #[serde(untagged)]
    Other(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "ok",
            Self::FailedToLoad => "failed to load",
            Self::ThrownOut => "thrown out",
            Self::Stalled => "stalled",
            Self::Hung => "hung",
            Self::Lost => "lost",
            Self::Other(other) => other,
        })
    }
}

impl Line {
    /// What the scenario is, in its author's words.
    pub fn about(&self) -> Option<&str> {
        self.parameters.get("scenario")?.get("about")?.as_str()
    }

    /// The shape of the machine.
    pub fn shape(&self) -> Option<&str> {
        self.parameters.get("shape")?.as_str()
    }

    /// The figures of what was played rather than there.
    pub fn model(&self) -> Option<&serde_json::Value> {
        self.parameters.get("model").filter(|model| !model.is_null())
    }

    fn is_same_scenario(&self, other: &Self) -> bool {
        (&self.machine, &self.kernel, &self.scenario) == (&other.machine, &other.kernel, &other.scenario)
    }
}

/// The runs of a file that can be compared, and how many others it has.
#[derive(Debug)]
pub struct Results {
    pub lines: Vec<Line>,
    pub superseded: usize,
}

/// Reads a file of results.
pub fn read(path: &Path) -> Result<Results, ReportError> {
    let text = std::fs::read_to_string(path).map_err(|why| ReportError::Read { path: path.to_owned(), why })?;
    let mut lines: Vec<Line> = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let line = serde_json::from_str(line);
        lines.push(line.map_err(|why| ReportError::Line { path: path.to_owned(), line: number + 1, why })?);
    }
    if lines.is_empty() { Err(ReportError::Empty { path: path.to_owned() }) } else { Ok(latest(lines)) }
}

/// Files of results only grow, so they hold runs of earlier builds and parameters too. Of each scenario on each machine
/// those count that have the parameters of the last one, and of each contestant those of its last version and the last
/// one with each seed.
fn latest(lines: Vec<Line>) -> Results {
    let all = lines.len();
    let mut kept: Vec<Line> = Vec::new();
    for line in lines.into_iter().rev() {
        let mut same = kept.iter().filter(|later| later.is_same_scenario(&line));
        let superseded = same.any(|later| {
            let same_contestant = later.contestant == line.contestant;
            later.parameters != line.parameters
                || same_contestant && (later.version != line.version || later.seed == line.seed)
        });
        if !superseded {
            kept.push(line);
        }
    }
    kept.reverse();
    Results { superseded: all - kept.len(), lines: kept }
}
