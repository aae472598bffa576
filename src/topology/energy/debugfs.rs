//! Reads the kernel's energy model from debugfs: a folder a performance domain, a folder a state in it.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::{EnergyFault, MAX_PERF_STATES, PerfDomain, PerfState};
use crate::cpuset::CpuSet;

/// Where it is, under the root of the machine.
const FOLDER: &str = "sys/kernel/debug/energy_model";

/// The most entries of a folder: as many states as a domain may have, and some files.
const MAX_ENTRIES: usize = MAX_PERF_STATES + 64;

/// The longest file: a cpulist.
const MAX_BYTES: u64 = 128 * 1024;

/// The performance domains of CPUs; none where there is no such folder.
///
/// # Errors
///
/// The file that makes no sense, or may not be read: debugfs is for root alone.
pub fn perf_domains(root: &Path) -> Result<Option<Vec<PerfDomain>>, EnergyFault> {
    let Some(folders) = entries(&root.join(FOLDER))? else { return Ok(None) };
    let mut domains = Vec::new();
    for folder in folders {
        // Other devices than CPUs have a folder too, without this file.
        let cpus = folder.join("cpus");
        if let Some(text) = text(&cpus)? {
            let cpus: CpuSet = text.trim().parse().map_err(|_| nonsense(&cpus, &text))?;
            domains.push(perf_domain(&folder, cpus)?);
        }
    }
    Ok(Some(domains))
}

fn perf_domain(folder: &Path, cpus: CpuSet) -> Result<PerfDomain, EnergyFault> {
    let flags = figure(&folder.join("flags"))?;
    let is_state = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("ps:"));
    let folders = entries(folder)?.unwrap_or_default();
    let states = folders.iter().filter(|path| is_state(path)).map(|path| perf_state(path));
    Ok(PerfDomain::with_flags(cpus, flags, states.collect::<Result<_, _>>()?))
}

fn perf_state(folder: &Path) -> Result<PerfState, EnergyFault> {
    Ok(PerfState {
        frequency: figure(&folder.join("frequency"))?,
        power: figure(&folder.join("power"))?,
        cost: figure(&folder.join("cost"))?,
        performance: figure(&folder.join("performance"))?,
        inefficient: figure(&folder.join("inefficient"))? != 0,
    })
}

/// What is in a folder, in no special order; none where it is not there.
fn entries(folder: &Path) -> Result<Option<Vec<PathBuf>>, EnergyFault> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(folder, &error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        found.push(entry.map_err(|error| unreadable(folder, &error))?.path());
        if found.len() > MAX_ENTRIES {
            return Err(EnergyFault::Nonsense(format!("{} has more than {MAX_ENTRIES} entries", folder.display())));
        }
    }
    Ok(Some(found))
}

/// A decimal figure, or with 0x a hexadecimal one.
fn figure(path: &Path) -> Result<u64, EnergyFault> {
    let text = text(path)?.ok_or_else(|| EnergyFault::Nonsense(format!("{} is missing", path.display())))?;
    let digits = text.trim();
    let figure = digits.strip_prefix("0x").map_or_else(|| digits.parse(), |digits| u64::from_str_radix(digits, 16));
    figure.map_err(|_| nonsense(path, &text))
}

fn text(path: &Path) -> Result<Option<String>, EnergyFault> {
    let mut text = String::new();
    match File::open(path).and_then(|file| file.take(MAX_BYTES).read_to_string(&mut text)) {
        Ok(_) => Ok(Some(text)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(unreadable(path, &error)),
    }
}

fn nonsense(path: &Path, text: &str) -> EnergyFault {
    let start: String = text.trim().chars().take(40).collect();
    EnergyFault::Nonsense(format!("{} holds `{start}`", path.display()))
}

fn unreadable(path: &Path, error: &std::io::Error) -> EnergyFault {
    EnergyFault::Unreadable(format!("{}: {error}", path.display()))
}
