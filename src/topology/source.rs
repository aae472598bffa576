//! Where a machine is read from, and the one way in.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use super::assemble::assemble;
use super::discovery::Discovery;
use super::{
    ClassReport, ClassSpec, ClassSpecError, EnergyFault, EnergyModel, EnergyOrigin, Topology, TopologyError, cpu_files,
    cpuid, energy, hwloc, recorded, sysfs, xml,
};

/// How a synthetic description is told from a path.
const SYNTHETIC: &str = "synthetic:";

/// Where a machine is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The machine that this program runs on.
    Live,
    /// A recorded file system tree that has `sys` in it, or in its one sub-folder.
    Recorded(PathBuf),
    /// An hwloc XML file of version 2.
    Xml(PathBuf),
    /// hwloc's synthetic description, such as `node:2 l3:2 core:4 pu:2`.
    Synthetic(String),
}

impl Source {
    /// Tells what `text` names: `synthetic:…`, a directory or a file.
    ///
    /// # Errors
    ///
    /// It is none of these.
    pub fn parse(text: &str) -> Result<Self, TopologyError> {
        if let Some(description) = text.strip_prefix(SYNTHETIC) {
            return Ok(Self::Synthetic(description.trim().to_owned()));
        }
        if text.is_empty() {
            return Err(TopologyError::NoName);
        }
        let path = PathBuf::from(text);
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => Ok(Self::Recorded(path)),
            Ok(metadata) if metadata.is_file() => Ok(Self::Xml(path)),
            // A pipe could block the program for ever.
            Ok(_) => Err(TopologyError::WrongKind(path)),
            Err(source) => Err(TopologyError::Unreadable { path, source }),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Live => f.write_str("this machine"),
            Self::Recorded(path) | Self::Xml(path) => path.display().fmt(f),
            Self::Synthetic(description) => write!(f, "{SYNTHETIC}{description}"),
        }
    }
}

/// A machine, and why it is taken for what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    pub topology: Topology,
    pub classes: ClassReport,
    /// Have its classes been given, whatever the report says?
    pub given: bool,
    pub energy: EnergyOrigin,
    /// What was read and made no sense, or could not be read, a sentence each.
    pub faults: Vec<String>,
    /// What it was made of.
    found: Discovery,
}

impl Reading {
    /// The same machine with the classes that a user gives.
    ///
    /// # Errors
    ///
    /// Its online CPUs are not those of the classes.
    pub fn with_classes(mut self, classes: &ClassSpec) -> Result<Self, ClassSpecError> {
        classes.apply(&mut self.topology)?;
        self.given = true;
        Ok(self)
    }

    /// The machine by what the kernel's files under `root`, which is `/` for the live one, say of its CPUs now: which those are,
    /// caches, nodes and the energy model are taken from before. Nothing of it needs the environment, so other threads may run.
    ///
    /// # Errors
    ///
    /// What the files say contradicts itself.
    pub fn again(&self, root: &Path) -> Result<Topology, TopologyError> {
        let mut found = self.found.clone();
        let (now, _) = cpu_files::facts(root, &found.online);
        for (cpu, facts) in now {
            let before = found.facts.entry(cpu).or_default();
            *before = facts.or(before);
        }
        assembled(&found, &Source::Live).map(|(topology, _)| topology)
    }
}

/// Reads a machine. Call it before other threads are started: hwloc takes its orders from the environment.
///
/// # Errors
///
/// One sentence that names the source; see [`TopologyError`].
pub fn read(source: &Source) -> Result<Topology, TopologyError> {
    examine(source).map(|reading| reading.topology)
}

/// Reads a machine, as [`read`] does, and keeps why its classes are as they are.
///
/// # Errors
///
/// As [`read`].
pub fn examine(source: &Source) -> Result<Reading, TopologyError> {
    let found = match source {
        Source::Live => {
            let mut found = with_files(hwloc::live()?, Path::new("/"))?;
            for (cpu, core_type) in cpuid::core_types(&found.online) {
                found.facts.entry(cpu).or_default().cpuid = Some(core_type);
            }
            let energy = energy::read::live(&found.online);
            with_energy(found, energy)
        }
        Source::Recorded(directory) => {
            let root = recorded::root(directory)?;
            let found = with_files(hwloc::recorded(&root)?, &root)?;
            let energy = energy::read::recorded(&root, &found.online);
            with_energy(found, energy)
        }
        Source::Xml(path) => xml::read(path)?,
        Source::Synthetic(description) => hwloc::synthetic(description)?,
    };
    let (topology, classes) = assembled(&found, source)?;
    let (energy, faults) = (found.energy.origin.clone(), found.faults.clone());
    Ok(Reading { topology, classes, given: false, energy, faults, found })
}

/// What `source` says, made a machine of.
fn assembled(found: &Discovery, source: &Source) -> Result<(Topology, ClassReport), TopologyError> {
    let origin = || source.to_string();
    if found.online.is_empty() {
        return Err(TopologyError::NoCpus { origin: origin() });
    }
    let (topology, classes) = assemble(found);
    let checked = topology.verify_invariants();
    checked.map_err(|source| TopologyError::Contradiction { origin: origin(), source })?;
    Ok((topology, classes))
}

/// Takes in what the kernel's files under `root` say: which CPUs are there, and of what class they may be.
fn with_files(found: Discovery, root: &Path) -> Result<Discovery, TopologyError> {
    let mut found = checked_by_kernel(found, root)?;
    (found.facts, found.faults) = cpu_files::facts(root, &found.online);
    Ok(found)
}

/// Takes in the energy model, and what is wrong with it.
fn with_energy(mut found: Discovery, (energy, faults): (EnergyModel, Vec<EnergyFault>)) -> Discovery {
    found.energy = energy;
    found.faults.extend(faults.iter().map(EnergyFault::to_string));
    found
}

/// Takes which CPUs are online and offline from the kernel where it says.
fn checked_by_kernel(mut found: Discovery, root: &Path) -> Result<Discovery, TopologyError> {
    let Some(kernel) = sysfs::kernel_cpus(root)? else {
        return Ok(found);
    };
    let missing = kernel.online.difference(&found.online);
    if !missing.is_empty() {
        return Err(TopologyError::HwlocMissesCpus { origin: root.display().to_string(), missing });
    }
    found.offline = kernel.present.difference(&kernel.online);
    found.online = kernel.online;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_files_say_now_counts_and_what_they_do_not_say_is_as_before() {
        let root = tempfile::tempdir().unwrap();
        let put = |cpu: u32, capacity: &str| {
            let folder = root.path().join(format!("sys/devices/system/cpu/cpu{cpu}"));
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("cpu_capacity"), capacity).unwrap();
        };
        let mut reading = examine(&Source::Synthetic("core:4 pu:1".to_owned())).unwrap();
        let classes = |reading: &Reading| -> Vec<(String, u32)> {
            let now = reading.again(root.path()).unwrap();
            now.classes.iter().map(|class| (class.cpus.to_string(), class.capacity.0)).collect()
        };
        assert_eq!(classes(&reading), [("0-3".to_owned(), 1024)]);
        (0..2).for_each(|cpu| put(cpu, "1024"));
        (2..4).for_each(|cpu| put(cpu, "512"));
        assert_eq!(classes(&reading), [("0-1".to_owned(), 1024), ("2-3".to_owned(), 512)]);
        (reading.found.facts, _) = cpu_files::facts(root.path(), &reading.found.online);
        fs::remove_dir_all(root.path().join("sys/devices/system/cpu/cpu3")).unwrap();
        put(2, "256");
        put(3, "0");
        let expected = [("0-1", 1024), ("3", 512), ("2", 256)].map(|(cpus, capacity)| (cpus.to_owned(), capacity));
        assert_eq!(classes(&reading), expected, "CPU 3 says nothing, and is as it was");
    }
}
