//! Why a machine could not be read: one sentence each, that names the source and says what to do next.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::InvariantError;
use super::MAX_CPUS;
use crate::cpuset::{CpuListError, CpuSet};

#[derive(Debug, Error)]
pub enum TopologyError {
    #[error("cannot read {}: {source}; give an hwloc XML file, a recorded tree or synthetic:…", path.display())]
    Unreadable { path: PathBuf, source: io::Error },

    #[error("the name of a machine is empty; give an hwloc XML file, a recorded tree or synthetic:…")]
    NoName,

    #[error("{} is neither a file nor a directory: give an hwloc XML file, a recorded tree or synthetic:…", .0.display())]
    WrongKind(PathBuf),

    #[error(
        "{} is no recorded machine, as neither it nor one sub-folder of it has a sys folder: point at the folder \
         that holds sys", .0.display()
    )]
    NoSysFolder(PathBuf),

    #[error("{} is {size} bytes long, more than the {limit} that are read: export the machine without I/O devices", path.display())]
    TooLarge { path: PathBuf, size: u64, limit: u64 },

    #[error("{} is not an hwloc XML file: {reason}; export it again with lstopo FILE.xml", path.display())]
    BadXml { path: PathBuf, reason: String },

    #[error(
        "{} is hwloc XML of version {version}, and only version 2 is read: export it again with lstopo \
         --export-xml-flags v2 FILE.xml", path.display()
    )]
    XmlVersion { path: PathBuf, version: String },

    #[error(
        "`{0}` is not a synthetic machine that hwloc understands: write one such as \
         synthetic:package:1 node:2 l3:2 core:4 pu:2"
    )]
    BadSynthetic(String),

    #[error("{origin} has {count} CPUs, more than the {MAX_CPUS} that are supported: describe a smaller machine")]
    TooManyCpus { origin: String, count: usize },

    #[error("{origin} has no online CPU: check that the description is whole")]
    NoCpus { origin: String },

    #[error(
        "hwloc could not read {origin}: {reason}; check that the description is whole, or compare with what lstopo says"
    )]
    Hwloc { origin: String, reason: String },

    #[error("{} is no cpulist: {source}; check that sysfs is mounted, or record the machine again", path.display())]
    BadCpuList { path: PathBuf, source: CpuListError },

    #[error(
        "the kernel has CPUs {missing} online in {origin}, but hwloc does not see them: wait for CPU hotplug to \
         end and try again"
    )]
    HwlocMissesCpus { origin: String, missing: CpuSet },

    #[error("{origin} contradicts itself: {source}; please report it with the output of lstopo")]
    Contradiction { origin: String, source: InvariantError },
}
