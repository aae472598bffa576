//! Reads frequencies and temperatures from /sys. Anybody may.

use super::data::{Frequency, Heat};
use crate::files::{entries, line, value};
use crate::units::CpuId;
use std::path::{Path, PathBuf};

/// What there is of these CPUs and of the machine under `root`, which is / but in tests.
pub fn read(root: &Path, cpus: impl IntoIterator<Item = CpuId>) -> Heat {
    let frequencies = cpus.into_iter().filter_map(|cpu| frequency(root, cpu)).collect();
    Heat { frequencies, temperatures: temperatures(root) }
}

fn frequency(root: &Path, cpu: CpuId) -> Option<Frequency> {
    let folder = root.join(format!("sys/devices/system/cpu/cpu{cpu}"));
    Some(Frequency {
        cpu,
        now: value(folder.join("cpufreq/scaling_cur_freq"))?,
        most: value(folder.join("cpufreq/cpuinfo_max_freq")).unwrap_or(0),
        throttled: value(folder.join("thermal_throttle/core_throttle_count")),
    })
}

/// Of all thermal zones, by their types: the name that the firmware or driver gives them.
fn temperatures(root: &Path) -> Vec<(String, f64)> {
    let zone = |path: &PathBuf| {
        let millidegrees: i64 = value(path.join("temp"))?;
        Some((line(path.join("type")).ok()?, millidegrees as f64 / 1000.0))
    };
    let zones = entries(&root.join("sys/class/thermal"), "thermal_zone");
    let mut all: Vec<(String, f64)> = zones.iter().filter_map(zone).collect();
    all.sort_by(|one, other| one.0.cmp(&other.0).then(one.1.total_cmp(&other.1)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn what_is_there_is_read_and_what_is_not_is_left_out() {
        let root = tempfile::tempdir().expect("a folder");
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
            fs::write(path, text).expect("it can be written");
        };
        assert_eq!(read(root.path(), [CpuId(0)]), Heat::default());
        write("sys/devices/system/cpu/cpu1/cpufreq/scaling_cur_freq", "1800000\n");
        write("sys/devices/system/cpu/cpu1/cpufreq/cpuinfo_max_freq", "3600000\n");
        write("sys/class/thermal/thermal_zone0/type", "x86_pkg_temp\n");
        write("sys/class/thermal/thermal_zone0/temp", "56500\n");
        write("sys/class/thermal/cooling_device0/type", "Processor\n");
        let heat = read(root.path(), [CpuId(0), CpuId(1)]);
        assert_eq!(heat.frequencies, [Frequency { cpu: CpuId(1), now: 1_800_000, most: 3_600_000, throttled: None }]);
        assert_eq!(heat.temperatures, [("x86_pkg_temp".to_owned(), 56.5)]);
    }
}
