//! What the files of cpufreq say: who drives which CPUs' frequency, and whom to ask for one.

use std::fs;
use std::path::{Path, PathBuf};

use super::control::{Control, CpufreqPolicy};
use super::policy::Asked;
use crate::files::{self, entries, value};

/// The policies of the machine whose root directory this is, by name. None where the kernel sets no frequencies. What cannot be
/// read is left out: it cannot be asked either.
#[must_use]
pub fn policies(root: &Path) -> Vec<CpufreqPolicy> {
    entries(&root.join("sys/devices/system/cpu/cpufreq"), "policy").into_iter().filter_map(policy).collect()
}

/// The CPUs under schedutil.
#[must_use]
pub fn asked(root: &Path) -> Vec<Asked> {
    let measured = measures_speed(&fs::read_to_string(root.join("proc/cpuinfo")).unwrap_or_default());
    let khz = |path: PathBuf| value(path).filter(|khz: &u32| *khz > 0);
    let asked = policies(root).into_iter().filter(|policy| policy.control == Control::Schedutil);
    asked
        .map(|policy| {
            let highest = khz(policy.path.join("cpuinfo_max_freq"));
            let now = khz(policy.path.join("scaling_cur_freq"));
            Asked { unmeasured: highest.zip(now).filter(|_| !measured), cpus: policy.cpus }
        })
        .collect()
}

/// From /proc/cpuinfo: does the kernel know how fast CPUs run? On x86 it takes APERF and MPERF, which virtual machines
/// mostly lack; elsewhere the driver tells it.
fn measures_speed(cpuinfo: &str) -> bool {
    let flags = cpuinfo.lines().find_map(|line| line.strip_prefix("flags"));
    flags.is_none_or(|flags| flags.split_whitespace().any(|flag| flag == "aperfmperf"))
}

fn policy(path: PathBuf) -> Option<CpufreqPolicy> {
    let line = |name: &str| files::line(path.join(name)).ok();
    let (driver, governor) = (line("scaling_driver")?, line("scaling_governor")?);
    // Who is online; `related_cpus` has the others too.
    let cpus = files::cpus(path.join("affected_cpus"))?;
    let control = match governor.as_str() {
        "schedutil" => Control::Schedutil,
        // With the governor "performance" these drivers refuse any preference but their own.
        "powersave" if line("energy_performance_preference").is_some() => Control::Preference,
        _ => Control::None,
    };
    Some(CpufreqPolicy { path, cpus, driver, governor, control })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(policies: &[(&str, &[(&str, &str)])]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (name, files) in policies {
            let folder = root.path().join("sys/devices/system/cpu/cpufreq").join(name);
            fs::create_dir_all(&folder).unwrap();
            files.iter().for_each(|(file, text)| fs::write(folder.join(file), text).unwrap());
        }
        root
    }

    #[test]
    fn who_can_be_asked_follows_from_the_governor() {
        let of = |governor, more: &[(&str, &str)]| {
            let mut files =
                vec![("scaling_driver", "d\n"), ("scaling_governor", governor), ("affected_cpus", "0 2 3\n")];
            files.extend_from_slice(more);
            let root = root(&[("policy0", &files)]);
            let [policy] = &policies(root.path())[..] else { panic!("one policy") };
            assert_eq!(policy.cpus.to_string(), "0,2-3");
            policy.control
        };
        let epp = [("energy_performance_preference", "balance_performance\n")];
        assert_eq!(of("schedutil\n", &[]), Control::Schedutil);
        assert_eq!(of("powersave\n", &epp), Control::Preference);
        assert_eq!(of("powersave\n", &[]), Control::None, "the lowest frequency, always");
        assert_eq!(of("performance\n", &epp), Control::None);
    }

    #[test]
    fn what_the_kernel_cannot_measure_is_told() {
        let files = [
            ("scaling_driver", "acpi-cpufreq\n"),
            ("scaling_governor", "schedutil\n"),
            ("affected_cpus", "0 1\n"),
            ("cpuinfo_max_freq", "4000000\n"),
            ("scaling_cur_freq", "1000000\n"),
        ];
        let root = root(&[("policy0", &files)]);
        let unmeasured = |cpuinfo: &str| {
            fs::create_dir_all(root.path().join("proc")).unwrap();
            fs::write(root.path().join("proc/cpuinfo"), cpuinfo).unwrap();
            asked(root.path())[0].unmeasured
        };
        assert_eq!(unmeasured("flags\t\t: fpu vme\n"), Some((4_000_000, 1_000_000)));
        assert_eq!(unmeasured("flags\t\t: fpu aperfmperf\n"), None);
        assert_eq!(unmeasured("Features\t: fp asimd\n"), None, "Arm");
    }

    #[test]
    fn nothing_there_is_nothing_to_ask() {
        assert_eq!(policies(root(&[]).path()), []);
        assert_eq!(policies(root(&[("policy0", &[("scaling_driver", "d")]), ("boost", &[])]).path()), []);
    }
}
