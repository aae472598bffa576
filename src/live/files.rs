//! The files that tell of a change.
//!
//! Those that the kernel answers from memory: to read `acpi_cppc/highest_perf` interrupts the CPU that it is about, each second
//! and however deeply it sleeps. What changes there shows in the drivers' own files: AMD's in the ranking of preferred cores,
//! Intel's in `cpuinfo_max_freq`.

use std::path::{Path, PathBuf};

use crate::cpuset::CpuSet;
use crate::files::{Kept, cpus, entries, line};

/// Files that are read at each look: about 1 ms of work. On a machine with more, each is read at every second or third look.
const MOST: usize = 256;

/// What tells of a CPU, in its folder.
const OF_A_CPU: [&str; 3] = ["cpu_capacity", "cpufreq/cpuinfo_max_freq", "cpufreq/amd_pstate_prefcore_ranking"];

/// The driver of AMD's X3D mode; a folder a device in it.
const X3D: &str = "sys/bus/platform/drivers/amd_x3d_vcache";

/// The files, and what they said last.
#[derive(Debug)]
pub struct Files {
    all: Vec<(Kept, String)>,
    /// Where the next look begins.
    next: usize,
    online: PathBuf,
}

impl Files {
    /// Those under `root`, which is `/` for the live machine, that are there for these CPUs.
    #[must_use]
    pub fn find(root: &Path, cpus: &CpuSet) -> Self {
        let folder = root.join("sys/devices/system/cpu");
        let of_cpus = cpus.iter().flat_map(|cpu| {
            let folder = folder.join(format!("cpu{cpu}"));
            OF_A_CPU.map(|name| folder.join(name))
        });
        let modes = entries(&root.join(X3D), "").into_iter().map(|device| device.join("amd_x3d_mode"));
        let there: Vec<_> = of_cpus.chain(modes).filter_map(|path| line(&path).ok().map(|said| (path, said))).collect();
        let count = there.len();
        let all = there.into_iter().map(|(path, said)| (Kept::new(path, count), said)).collect();
        Self { all, next: 0, online: folder.join("online") }
    }

    /// Does one say something else than at the last look? One that is gone, as a CPU's frequency is while it is offline, says
    /// what it did.
    pub fn changed(&mut self) -> bool {
        let (count, mut changed) = (self.all.len(), false);
        for _ in 0..count.min(MOST) {
            let (file, last) = &mut self.all[self.next];
            if let Ok(now) = file.line()
                && now != *last
            {
                *last = now;
                changed = true;
            }
            self.next = (self.next + 1) % count;
        }
        changed
    }

    /// The CPUs that are online; none known where the kernel does not say.
    #[must_use]
    pub fn online(&self) -> CpuSet {
        cpus(&self.online).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn put(root: &Path, name: &str, text: &str) {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn a_change_is_seen_once_and_what_is_gone_is_none() {
        let root = tempfile::tempdir().unwrap();
        let (ranking, mode) = (
            "sys/devices/system/cpu/cpu1/cpufreq/amd_pstate_prefcore_ranking",
            "sys/bus/platform/drivers/amd_x3d_vcache/AMDI0101:00/amd_x3d_mode",
        );
        put(root.path(), ranking, "166\n");
        put(root.path(), mode, "frequency\n");
        put(root.path(), "sys/devices/system/cpu/online", "0-1\n");
        let mut files = Files::find(root.path(), &"0-1".parse().unwrap());
        assert_eq!(files.online().to_string(), "0-1");
        for (name, text) in [(ranking, "231\n"), (mode, "cache\n")] {
            assert!(!files.changed());
            put(root.path(), name, text);
            assert!(files.changed(), "{name}");
        }
        fs::remove_file(root.path().join(ranking)).unwrap();
        assert!(!files.changed());
        put(root.path(), ranking, "231\n");
        assert!(!files.changed(), "it came back as it was");
    }

    #[test]
    fn many_are_looked_at_in_turns() {
        let root = tempfile::tempdir().unwrap();
        let file = |cpu: usize| format!("sys/devices/system/cpu/cpu{cpu}/cpu_capacity");
        (0..300).for_each(|cpu| put(root.path(), &file(cpu), "1024\n"));
        let mut files = Files::find(root.path(), &"0-299".parse().unwrap());
        put(root.path(), &file(299), "512\n");
        assert_eq!([files.changed(), files.changed(), files.changed()], [false, true, false]);
        assert!(!Files::find(&root.path().join("nothing"), &"0-3".parse().unwrap()).changed());
    }
}
