//! What is kept of each run: one line of JSON in a file that only grows.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::hash::{DefaultHasher, Hasher};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::catalogue::Failure;
use super::measures::Measures;

#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Record {
    pub machine: String,
    /// The release that was booted.
    pub kernel: String,
    pub contestant: String,
    /// Of a program built here the hash of its file is part of it: another build is another contestant.
    pub version: String,
    pub suite: String,
    pub scenario: String,
    pub seed: u64,
    pub parameters: Parameters,
    pub outcome: Outcome,
    /// Why, when the outcome is not ok.
    pub note: String,
    pub measures: Measures,
}

#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Parameters {
    pub shape: String,
    pub scenario: serde_json::Value,
    pub model: serde_json::Value,
    /// Of all that decides the run: the scenarios of the boot, the model, the machine, the workload's program.
    pub hash: String,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
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
    /// There is no result, for another reason.
    #[serde(rename = "lost")]
    Lost,
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

pub fn hash(bytes: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    format!("{:016x}", hasher.finish())
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
        let mut present = HashSet::new();
        let mut whole = 0;
        let mut reader = BufReader::new(&file);
        let mut line = String::new();
        while reader.read_line(&mut line).map_err(failed)? > 0 && line.ends_with('\n') {
            let record: Record = serde_json::from_str(&line)
                .map_err(|e| format!("{}: byte {whole} begins a line that is no result: {e}", path.display()))?;
            if !again || record.outcome == Outcome::Ok {
                present.insert(record.key());
            }
            whole += line.len() as u64;
            line.clear();
        }
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
