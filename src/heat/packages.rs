//! Processor packages: their CPUs, and the sensor that Intel's have.
//!
//! `coretemp` tells a package's temperature and the one from which the processor throttles itself (`temp*_crit`, TjMax:
//! drivers/hwmon/coretemp.c). Where the firmware has set an offset it throttles that much earlier, and only its counts of throttling
//! tell. The thermal zone of the same sensor, `x86_pkg_temp`, knows neither
//! which package it is about nor that limit: its trip points are whatever a program wants to be woken at.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::cpuset::CpuSet;
use crate::files::{entries, line, value};
use crate::topology::Topology;

/// The most sensors of a device that are looked at: a package has one, and one a core.
const MAX_SENSORS: usize = 512;

/// A package's sensor.
pub struct Sensor {
    pub cpus: CpuSet,
    pub name: String,
    pub temperature: PathBuf,
    pub limit: PathBuf,
}

/// The CPUs of each package that are online, by its number.
pub fn packages(root: &Path, topology: &Topology) -> BTreeMap<u32, CpuSet> {
    let mut packages = BTreeMap::<u32, CpuSet>::new();
    for cpu in topology.online.iter() {
        let file = root.join(format!("sys/devices/system/cpu/cpu{cpu}/topology/physical_package_id"));
        if let Some(package) = value(file) {
            packages.entry(package).or_default().extend([cpu]);
        }
    }
    packages
}

/// The sensors of these packages.
pub fn sensors(root: &Path, packages: &BTreeMap<u32, CpuSet>) -> Vec<Sensor> {
    let devices = entries(&root.join("sys/class/hwmon"), "hwmon");
    let devices = devices.iter().filter(|device| line(device.join("name")).is_ok_and(|name| name == "coretemp"));
    devices.flat_map(|device| of_device(device, packages)).collect()
}

fn of_device(device: &Path, packages: &BTreeMap<u32, CpuSet>) -> Vec<Sensor> {
    let labels =
        entries(device, "temp").into_iter().take(MAX_SENSORS).filter(|file| file.to_string_lossy().ends_with("_label"));
    let sensor = |label: PathBuf| {
        let name = line(&label).ok()?;
        let cpus = packages.get(&name.strip_prefix("Package id ")?.parse().ok()?)?.clone();
        let sibling = |kind: &str| PathBuf::from(label.to_string_lossy().replace("_label", kind));
        Some(Sensor { cpus, name, temperature: sibling("_input"), limit: sibling("_crit") })
    };
    labels.filter_map(sensor).collect()
}
