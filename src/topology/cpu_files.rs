//! What the kernel's files say of each CPU that tells of its class, for the live machine or a recorded tree.
//!
//! A file that is not there says nothing. One that cannot be read, or holds nonsense such as 0, says nothing either, but that
//! is told: a wrong class must have a name to it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use super::discovery::{CoreType, CpuFacts, MAX_CAPACITY};
use crate::cpuset::CpuSet;
use crate::units::CpuId;

/// The folders of performance counters that a hybrid processor has one of for each kind of core.
const COUNTERS: [(&str, CoreType); 3] =
    [("cpu_core", CoreType::Performance), ("cpu_atom", CoreType::Efficiency), ("cpu_lowpower", CoreType::LowPower)];

/// The most that is read of a file: a cpulist of all CPUs that are supported, each in a range of its own, is shorter.
const MAX_BYTES: u64 = 128 * 1024;

/// Above this nothing here is a figure: 100 GHz in kHz.
const MAX_FIGURE: u32 = 100_000_000;

/// Faults that are told in full.
const MAX_FAULTS: usize = 8;

/// What is known of the CPUs of `online` under `root`, which is `/` for the live machine, and what made no sense.
pub(super) fn facts(root: &Path, online: &CpuSet) -> (BTreeMap<CpuId, CpuFacts>, Vec<String>) {
    let mut reader = Reader { faults: Vec::new(), more: 0 };
    let devices = root.join("sys/devices");
    let mut facts: BTreeMap<CpuId, CpuFacts> = BTreeMap::new();
    for cpu in online.iter() {
        let known = reader.cpu(&devices.join(format!("system/cpu/cpu{cpu}")));
        facts.insert(cpu, known);
    }
    for (folder, core_type) in COUNTERS {
        for cpu in reader.cpulist(&devices.join(folder).join("cpus")).iter() {
            if let Some(known) = facts.get_mut(&cpu) {
                known.core_type = Some(core_type);
            }
        }
    }
    (facts, reader.told())
}

struct Reader {
    faults: Vec<String>,
    /// Faults beyond those.
    more: usize,
}

impl Reader {
    fn cpu(&mut self, folder: &Path) -> CpuFacts {
        let mhz = |khz: u32| khz / 1000;
        CpuFacts {
            arm_part: self.arm_part(&folder.join("regs/identification/midr_el1")),
            capacity: self.figure(&folder.join("cpu_capacity"), MAX_CAPACITY),
            cppc: self.figure(&folder.join("acpi_cppc/highest_perf"), MAX_FIGURE),
            base_mhz: self.figure(&folder.join("cpufreq/base_frequency"), MAX_FIGURE).map(mhz),
            max_mhz: self.figure(&folder.join("cpufreq/cpuinfo_max_freq"), MAX_FIGURE).map(mhz),
            preference: self.figure(&folder.join("cpufreq/amd_pstate_prefcore_ranking"), MAX_FIGURE),
            ..CpuFacts::default()
        }
    }

    /// A figure above 0, and not above `most`.
    fn figure(&mut self, path: &Path, most: u32) -> Option<u32> {
        let text = self.text(path)?;
        let figure = text.trim().parse().ok().filter(|figure| (1..=most).contains(figure));
        figure.or_else(|| self.nonsense(path, &text))
    }

    /// Implementer and part of a MIDR such as `0x00000000411fd461`: 0x41, 0xd46.
    fn arm_part(&mut self, path: &Path) -> Option<u32> {
        let text = self.text(path)?;
        let midr = u64::from_str_radix(text.trim().trim_start_matches("0x"), 16);
        match midr.ok().and_then(|midr| u32::try_from(midr).ok()) {
            Some(midr) => Some((midr >> 24) << 12 | (midr >> 4) & 0xfff),
            None => self.nonsense(path, &text),
        }
    }

    fn cpulist(&mut self, path: &Path) -> CpuSet {
        let Some(text) = self.text(path) else { return CpuSet::new() };
        text.parse().ok().or_else(|| self.nonsense(path, &text)).unwrap_or_default()
    }

    fn text(&mut self, path: &Path) -> Option<String> {
        let mut text = String::new();
        let read = File::open(path).and_then(|file| file.take(MAX_BYTES).read_to_string(&mut text));
        match read {
            Ok(_) => Some(text),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => self.fault(format!("{} cannot be read: {error}", path.display())),
        }
    }

    fn nonsense<T>(&mut self, path: &Path, text: &str) -> Option<T> {
        let start: String = text.trim().chars().take(40).collect();
        self.fault(format!("{} makes no sense and is not believed: `{start}`", path.display()))
    }

    fn fault<T>(&mut self, what: String) -> Option<T> {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(what);
        } else {
            self.more += 1;
        }
        None
    }

    fn told(mut self) -> Vec<String> {
        if self.more > 0 {
            self.faults.push(format!("{} more files make no sense or cannot be read", self.more));
        }
        self.faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = root.path().join("sys/devices").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    fn read(files: &[(&str, &str)]) -> (BTreeMap<CpuId, CpuFacts>, Vec<String>) {
        facts(tree(files).path(), &"0-2".parse().unwrap())
    }

    #[test]
    fn each_cpu_has_what_its_files_say() {
        let (facts, faults) = read(&[
            ("system/cpu/cpu0/cpu_capacity", "1024\n"),
            ("system/cpu/cpu0/acpi_cppc/highest_perf", "64\n"),
            ("system/cpu/cpu0/cpufreq/cpuinfo_max_freq", "5000000\n"),
            ("system/cpu/cpu1/cpufreq/base_frequency", "1400000\n"),
            ("system/cpu/cpu1/cpufreq/amd_pstate_prefcore_ranking", "166\n"),
            ("system/cpu/cpu1/regs/identification/midr_el1", "0x00000000411fd461\n"),
            ("cpu_core/cpus", "0\n"),
            ("cpu_atom/cpus", "1-9\n"),
        ]);
        assert!(faults.is_empty(), "{faults:?}");
        let expected = CpuFacts {
            core_type: Some(CoreType::Performance),
            capacity: Some(1024),
            cppc: Some(64),
            max_mhz: Some(5000),
            ..CpuFacts::default()
        };
        assert_eq!(facts[&CpuId(0)], expected);
        let expected = CpuFacts {
            core_type: Some(CoreType::Efficiency),
            base_mhz: Some(1400),
            preference: Some(166),
            arm_part: Some(0x41d46),
            ..CpuFacts::default()
        };
        assert_eq!(facts[&CpuId(1)], expected);
        assert_eq!(facts[&CpuId(2)].core_type, Some(CoreType::Efficiency));
        assert_eq!(facts.len(), 3);
    }

    #[test]
    fn nonsense_says_nothing_and_is_told() {
        let nonsense = ["-5", "NaN", "", "99999999999999999999999", "1e9", "1024 1024", "0\n", "1041", "99999999"];
        for text in nonsense {
            let (facts, faults) = read(&[("system/cpu/cpu1/cpu_capacity", text)]);
            assert_eq!(facts[&CpuId(1)], CpuFacts::default(), "{text:?}");
            assert!(faults.len() == 1 && faults[0].contains("cpu1/cpu_capacity"), "{text:?}: {faults:?}");
        }
        assert_eq!(read(&[("system/cpu/cpu1/cpu_capacity", "1040")]).1, [""; 0], "it may be rounding");
        assert_eq!(read(&[("system/cpu/cpu1/cpufreq/cpuinfo_max_freq", "99999999")]).1, [""; 0], "no capacity");
        let (_, faults) = read(&[("cpu_core/cpus", "3-1")]);
        assert!(faults[0].contains("cpu_core/cpus"), "{faults:?}");
    }

    #[test]
    fn what_cannot_be_read_says_nothing_and_is_told_and_what_is_not_there_is_not() {
        let root = tree(&[("system/cpu/cpu0/other", "1")]);
        let read = || facts(root.path(), &"0".parse().unwrap());
        assert_eq!(read().1, [""; 0]);
        let folder = root.path().join("sys/devices/system/cpu/cpu0");
        std::os::unix::fs::symlink("cpu_capacity", folder.join("cpu_capacity")).unwrap();
        fs::create_dir_all(folder.join("acpi_cppc/highest_perf")).unwrap();
        let (facts, faults) = read();
        assert_eq!(facts[&CpuId(0)], CpuFacts::default());
        assert!(
            faults[0].contains("cpu0/cpu_capacity cannot be read: Too many levels of symbolic links"),
            "{faults:?}"
        );
        assert!(faults[1].contains("highest_perf cannot be read: Is a directory") && faults.len() == 2, "{faults:?}");
    }
}
