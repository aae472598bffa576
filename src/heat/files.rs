//! Finds and reads the sensors that can be trusted.
//!
//! A thermal zone is trusted that is the processor's: by its name (`cpu…`), or since it throttles processors (one of its cooling
//! devices is one). Others, such as a board's `acpitz`, read the same figure for years. It has to have a trip point from which it
//! throttles, or a critical one, and to read a temperature that a processor can have. So has Intel's own sensor (`packages`).
//!
//! Ceilings on frequency are believed as they are: they are no measurement. Where there is none of all this, nothing is read.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::packages::{self, packages};
use super::{Reading, Zone};
use crate::cpuset::CpuSet;
use crate::files::{Kept, cpus, entries, line, value};
use crate::topology::Topology;

/// Temperatures that a processor that runs can have, in thousandths of a degree.
const PLAUSIBLE: std::ops::RangeInclusive<i64> = 1_000..=130_000;
/// Where throttling can begin.
const PLAUSIBLE_LIMIT: std::ops::RangeInclusive<i64> = 50_000..=125_000;
/// Where only a critical trip point is known, throttling begins so far below it.
const BELOW_CRITICAL: i64 = 10_000;
/// The most of each kind of file that is read each second. Which machine has more zones of its processors is not known.
const MAX_FILES: usize = 256;
/// The most trip points and cooling devices of a zone.
const MAX_PARTS: usize = 32;

/// The sensors of a machine.
#[derive(Debug)]
pub struct Sensors {
    zones: Vec<ZoneFile>,
    counts: Vec<CountFile>,
    ceilings: Vec<CeilingFile>,
}

#[derive(Debug)]
struct ZoneFile {
    cpus: CpuSet,
    limit: i64,
    temperature: Kept,
    name: String,
}

#[derive(Debug)]
struct CountFile {
    cpus: CpuSet,
    file: Kept,
    last: u64,
}

#[derive(Debug)]
struct CeilingFile {
    cpus: CpuSet,
    file: Kept,
    full: u64,
}

impl Sensors {
    /// Those under `root`, which is `/` for the live machine; none where there is none that can be trusted and frequencies have no
    /// ceilings.
    #[must_use]
    pub fn find(root: &Path, topology: &Topology) -> Option<Self> {
        let packages = packages(root, topology);
        let zones: Vec<_> = zones(root, topology).into_iter().chain(package_zones(root, &packages)).collect();
        let counts = counts(root, topology, &packages);
        let ceilings = ceilings(root, topology);
        if zones.is_empty() && counts.is_empty() && ceilings.is_empty() {
            return None;
        }
        Some(Self { zones, counts, ceilings })
    }

    /// What they are, for people.
    #[must_use]
    pub fn described(&self) -> String {
        let zone = |zone: &ZoneFile| format!("{} (CPUs {}, {} °C)", zone.name, zone.cpus, zone.limit / 1000);
        let mut parts: Vec<String> = self.zones.iter().map(zone).collect();
        if !self.counts.is_empty() {
            parts.push("counts of throttling".to_owned());
        }
        if !self.ceilings.is_empty() {
            parts.push("ceilings on frequency".to_owned());
        }
        parts.join(", ")
    }

    /// What they say now. One that cannot be read, or says what cannot be, says nothing.
    pub fn read(&mut self) -> Reading {
        let zone = |zone: &mut ZoneFile| {
            let temperature = zone.temperature.value().filter(|degrees| PLAUSIBLE.contains(degrees))?;
            Some(Zone { cpus: zone.cpus.clone(), temperature, limit: zone.limit })
        };
        let ceiling = |ceiling: &mut CeilingFile| {
            let now = ceiling.file.value::<u64>().filter(|now| *now > 0 && *now < ceiling.full)?;
            Some((ceiling.cpus.clone(), u32::try_from(1000 - now * 1000 / ceiling.full).unwrap_or(0)))
        };
        let mut throttled = CpuSet::new();
        for count in &mut self.counts {
            let now = count.file.value().unwrap_or(count.last);
            if now > count.last {
                throttled.extend(count.cpus.iter());
            }
            count.last = now;
        }
        Reading {
            zones: self.zones.iter_mut().filter_map(zone).collect(),
            pressure: Vec::new(),
            throttled,
            ceilings: self.ceilings.iter_mut().filter_map(ceiling).collect(),
        }
    }
}

fn zones(root: &Path, topology: &Topology) -> Vec<ZoneFile> {
    let folders = entries(&root.join("sys/class/thermal"), "thermal_zone");
    let count = folders.len();
    folders.iter().take(MAX_FILES).filter_map(|folder| zone(root, folder, count, topology)).collect()
}

/// One of so many.
fn zone(root: &Path, folder: &Path, count: usize, topology: &Topology) -> Option<ZoneFile> {
    let name = line(folder.join("type")).ok()?;
    let cooled = cooled(root, folder, topology);
    if name == "x86_pkg_temp" || !name.starts_with("cpu") && cooled.is_empty() {
        return None;
    }
    let temperature = folder.join("temp");
    value(&temperature).filter(|degrees| PLAUSIBLE.contains(degrees))?;
    let cpus = if cooled.is_empty() { topology.online.clone() } else { cooled };
    Some(ZoneFile { cpus, limit: limit(folder)?, temperature: Kept::new(temperature, count), name })
}

fn package_zones(root: &Path, packages: &BTreeMap<u32, CpuSet>) -> Vec<ZoneFile> {
    let sensors = packages::sensors(root, packages);
    let count = sensors.len();
    let zone = |sensor: packages::Sensor| {
        value(&sensor.temperature).filter(|degrees| PLAUSIBLE.contains(degrees))?;
        let limit = value(&sensor.limit).filter(|at| PLAUSIBLE_LIMIT.contains(at))?;
        Some(ZoneFile {
            cpus: sensor.cpus,
            limit,
            temperature: Kept::new(sensor.temperature, count),
            name: sensor.name,
        })
    };
    sensors.into_iter().filter_map(zone).collect()
}

/// The lowest trip point that throttles; else one that is below the critical one.
fn limit(folder: &Path) -> Option<i64> {
    let trips = (0..MAX_PARTS).map_while(|trip| line(folder.join(format!("trip_point_{trip}_type"))).ok());
    let (mut throttles, mut critical) = (None::<i64>, None::<i64>);
    for (trip, kind) in trips.enumerate() {
        let at = value(folder.join(format!("trip_point_{trip}_temp"))).filter(|at| PLAUSIBLE_LIMIT.contains(at));
        let Some(at) = at else { continue };
        let lowest = |known: Option<i64>| Some(known.map_or(at, |known| known.min(at)));
        match kind.as_str() {
            "passive" | "hot" => throttles = lowest(throttles),
            "critical" => critical = lowest(critical),
            _ => {}
        }
    }
    throttles.or(critical.map(|critical| critical - BELOW_CRITICAL))
}

/// The CPUs that a zone throttles: those of the policies that its cooling devices are named after (`cpufreq-cpu4`), or all
/// where one is a processor of ACPI's, which has no number.
fn cooled(root: &Path, folder: &Path, topology: &Topology) -> CpuSet {
    let mut cooled = CpuSet::new();
    for device in (0..MAX_PARTS).map_while(|device| line(folder.join(format!("cdev{device}/type"))).ok()) {
        if device == "Processor" {
            return topology.online.clone();
        }
        if let Some(cpu) = device.strip_prefix("cpufreq-cpu").and_then(|cpu| cpu.parse::<u32>().ok()) {
            let policy = root.join(format!("sys/devices/system/cpu/cpufreq/policy{cpu}/related_cpus"));
            cooled.extend(cpus(policy).unwrap_or_default().intersection(&topology.online).iter());
        }
    }
    cooled
}

/// How often each core and each package has been throttled, by the first of its CPUs.
fn counts(root: &Path, topology: &Topology, packages: &BTreeMap<u32, CpuSet>) -> Vec<CountFile> {
    let count = |(cpus, name): (&CpuSet, &str)| {
        let path = root.join(format!("sys/devices/system/cpu/cpu{}/thermal_throttle/{name}", cpus.first()?));
        let last = value(&path)?;
        Some(CountFile { cpus: cpus.clone(), file: Kept::new(path, topology.cores.len()), last })
    };
    let cores = topology.cores.iter().take(MAX_FILES).map(|core| (&core.cpus, "core_throttle_count"));
    cores.chain(packages.values().map(|cpus| (cpus, "package_throttle_count"))).filter_map(count).collect()
}

fn ceilings(root: &Path, topology: &Topology) -> Vec<CeilingFile> {
    let folders = entries(&root.join("sys/devices/system/cpu/cpufreq"), "policy");
    let ceiling = |folder: &PathBuf| {
        let cpus = cpus(folder.join("related_cpus"))?.intersection(&topology.online);
        let full = value(folder.join("cpuinfo_max_freq")).filter(|full| *full > 0)?;
        Some(CeilingFile { cpus, file: Kept::new(folder.join("scaling_max_freq"), folders.len()), full })
    };
    folders.iter().take(MAX_FILES).filter_map(ceiling).filter(|ceiling| !ceiling.cpus.is_empty()).collect()
}
