//! Which CPUs the kernel says are there: hwloc's view leaves out why a CPU is missing.

use std::fs;
use std::io;
use std::path::Path;

use super::TopologyError;
use crate::cpuset::CpuSet;

/// The kernel's CPU lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KernelCpus {
    pub online: CpuSet,
    /// In a socket, online or not; the kernel's own list of offline CPUs also has those that are not there at all.
    pub present: CpuSet,
}

/// Reads the lists under `root`, which is `/` for the live machine. None where there are none, as in trees that
/// were recorded from old kernels.
///
/// # Errors
///
/// A list that is there but cannot be read, or is not a cpulist.
pub(super) fn kernel_cpus(root: &Path) -> Result<Option<KernelCpus>, TopologyError> {
    let Some(online) = cpulist(&root.join("sys/devices/system/cpu/online"))? else {
        return Ok(None);
    };
    let present = cpulist(&root.join("sys/devices/system/cpu/present"))?.unwrap_or_else(|| online.clone());
    Ok(Some(KernelCpus { online, present }))
}

fn cpulist(path: &Path) -> Result<Option<CpuSet>, TopologyError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(TopologyError::Unreadable { path: path.to_owned(), source }),
    };
    let cpus = text.parse().map_err(|source| TopologyError::BadCpuList { path: path.to_owned(), source })?;
    Ok(Some(cpus))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root_with(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("sys/devices/system/cpu");
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in files {
            fs::write(folder.join(name), text).unwrap();
        }
        root
    }

    #[test]
    fn reads_both_lists() {
        let root = root_with(&[("online", "1-3\n"), ("present", "0-3\n")]);
        let cpus = kernel_cpus(root.path()).unwrap().unwrap();
        assert_eq!(cpus.online.to_string(), "1-3");
        assert_eq!(cpus.present.to_string(), "0-3");
    }

    #[test]
    fn lists_may_be_missing() {
        assert_eq!(kernel_cpus(root_with(&[]).path()).unwrap(), None);
        let root = root_with(&[("online", "0")]);
        assert_eq!(kernel_cpus(root.path()).unwrap().unwrap().present.to_string(), "0");
    }

    #[test]
    fn a_broken_list_is_named() {
        let root = root_with(&[("online", "3-1")]);
        let message = kernel_cpus(root.path()).unwrap_err().to_string();
        assert!(message.contains("cpu/online") && message.contains("3-1"), "{message}");
    }
}
