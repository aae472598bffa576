//! What is kept of each run: one line of JSON in a file that only grows.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::catalogue::Failure;

/// By name, with the unit in it.
pub type Measures = BTreeMap<String, f64>;

/// By name, `…_over_s` or `…_by_percentile`: points by ascending x.
pub type Series = BTreeMap<String, Vec<(f64, f64)>>;

#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Record {
    pub machine: String,
    /// The release that was booted.
    pub kernel: String,
    pub contestant: String,
    /// With the arguments. Of what is built here a hash of its sources is part of it: another state of them is another
    /// contestant.
    pub version: String,
    pub suite: String,
    pub scenario: String,
    pub seed: u64,
    /// The scenario that ran before it in the same boot, if one did: what a guest has been through leaves traces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    pub parameters: Parameters,
    pub outcome: Outcome,
    /// Why, when the outcome is not ok.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    pub measures: Measures,
    #[serde(default, skip_serializing_if = "Series::is_empty")]
    pub series: Series,
}

/// What all contestants and seeds have in common.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Parameters {
    pub shape: String,
    /// As it is written down, without its name and description.
    pub scenario: serde_json::Value,
    /// The hash of the model's figures.
    pub model: String,
    /// The hash of the workload's sources.
    pub load: String,
    /// QEMU's version: emulated CPUs take turns in another way with another.
    pub qemu: String,
    /// The versions of the Debian packages that the scenario's programs are in.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub packages: BTreeMap<String, String>,
    /// Of all that decides the run: these and the machine.
    pub hash: String,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    #[serde(rename = "ok")]
    Ok,
    /// The contestant did not attach.
    #[serde(rename = "failed to load")]
    FailedToLoad,
    /// The kernel ended it for an error.
    #[serde(rename = "thrown out")]
    ThrownOut,
    /// The kernel ended it because a task had waited too long.
    #[serde(rename = "stalled")]
    Stalled,
    /// The workload did not end within its limit.
    #[serde(rename = "hung")]
    Hung,
    /// There is no result, for another reason: nobody's fault that we know of.
    #[serde(rename = "lost")]
    Lost,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

pub type Key = (String, String, String, String, String, String, u64, String);

impl Record {
    /// Two records of one key are the same run.
    pub fn key(&self) -> Key {
        (
            self.machine.clone(),
            self.kernel.clone(),
            self.contestant.clone(),
            self.version.clone(),
            self.suite.clone(),
            self.scenario.clone(),
            self.seed,
            self.parameters.hash.clone(),
        )
    }
}

pub struct Results {
    file: File,
    present: HashSet<Key>,
}

impl Results {
    /// Open the file, and make it if need be. With `again` runs that did not end well are to be run once more.
    pub fn open(path: &Path, again: bool) -> Result<Self, Failure> {
        let failed = |e: std::io::Error| format!("{}: {e}", path.display());
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut file = OpenOptions::new().create(true).read(true).append(true).open(path).map_err(failed)?;
        let (records, whole) = parse(&file, path)?;
        let counts = |record: &&Record| !again || record.outcome == Outcome::Ok;
        let present = records.iter().filter(counts).map(Record::key).collect();
        // What is behind the last whole line was cut off in the middle of writing.
        file.set_len(whole).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        Ok(Results { file, present })
    }

    pub fn has(&self, key: &Key) -> bool {
        self.present.contains(key)
    }

    /// One write for the whole line.
    pub fn add(&mut self, record: &Record) -> Result<(), Failure> {
        let line = serde_json::to_string(record).map_err(|e| e.to_string())? + "\n";
        self.file.write_all(line.as_bytes()).map_err(|e| format!("the results cannot be written: {e}"))?;
        self.present.insert(record.key());
        Ok(())
    }
}

/// All runs in a file, in the order that they came.
pub fn read(path: &Path) -> Result<Vec<Record>, Failure> {
    let file = File::open(path).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(parse(&file, path)?.0)
}

/// The records of all whole lines, and the bytes that these have.
fn parse(file: &File, path: &Path) -> Result<(Vec<Record>, u64), Failure> {
    let (mut records, mut whole, mut line) = (Vec::new(), 0, String::new());
    let mut reader = BufReader::new(file);
    while reader.read_line(&mut line).map_err(|e| format!("{}: {e}", path.display()))? > 0 && line.ends_with('\n') {
        let record = serde_json::from_str(&line);
        records
            .push(record.map_err(|e| format!("line {} of {} is no result: {e}", records.len() + 1, path.display()))?);
        whole += line.len() as u64;
        line.clear();
    }
    Ok((records, whole))
}
