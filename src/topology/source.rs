//! Where a machine is read from, and the one way in.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use super::assemble::assemble;
use super::discovery::Discovery;
use super::{Topology, TopologyError, hwloc, recorded, sysfs, xml};

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

/// Reads a machine. Call it before other threads are started: hwloc takes its orders from the environment.
///
/// # Errors
///
/// One sentence that names the source; see [`TopologyError`].
pub fn read(source: &Source) -> Result<Topology, TopologyError> {
    let found = match source {
        Source::Live => checked_by_kernel(hwloc::live()?, Path::new("/"))?,
        Source::Recorded(directory) => {
            let root = recorded::root(directory)?;
            checked_by_kernel(hwloc::recorded(&root)?, &root)?
        }
        Source::Xml(path) => xml::read(path)?,
        Source::Synthetic(description) => hwloc::synthetic(description)?,
    };
    let origin = || source.to_string();
    if found.online.is_empty() {
        return Err(TopologyError::NoCpus { origin: origin() });
    }
    let topology = assemble(&found);
    let checked = topology.verify_invariants();
    checked.map_err(|source| TopologyError::Contradiction { origin: origin(), source })?;
    Ok(topology)
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
