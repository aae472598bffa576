//! Heat: how much of what a domain's CPUs can do is to be left unused, so that load leaves before the firmware throttles.
//!
//! A *zone* is a sensor with the CPUs that it is about and the temperature from which they are throttled. Its headroom is
//! the degrees up to there:
//!
//! ```text
//! lost = 0                                  from 10 °C of headroom on
//! lost = 3/4 × (10 °C − headroom) / 10 °C   below that, 3/4 at most
//! ```
//!
//! Example: of 95 °C, 91 leave 4 °C, so 0.45 is lost. Where the processor has throttled since the last look, 1/4 is lost at
//! least, whatever the sensor says. And a ceiling on the frequency (`scaling_max_freq` below `cpuinfo_max_freq`, which is how
//! the kernel's own cooling works) loses what it cuts off, in the mean over the domain's CPUs; so does what the kernel has as
//! hardware pressure, which is how firmware tells it on Arm.
//!
//! What is lost is less to plan with (`balance/capacity.rs`), and where a class has less left than the next one, the two change
//! places (`live`): heavy work moves from P-cores of 1024 to E-cores of 620 when 0.46 of the P-cores is lost, 4 °C below where
//! they would be throttled, and back when they have cooled.
//!
//! Heat is made by what costs most, so in a zone with several classes the costliest loses all of that, the cheapest nothing,
//! the others by their rank between: load goes from P- to E-cores, not from a package to nowhere. In a zone of one class all
//! of it is lost, and load goes to other zones, if there are any.
//!
//! More is lost at once, and it comes back by a twentieth of the capacity a second, so that a sensor that goes up and down
//! does not push load to and fro. Who is above whom, though, follows ceilings and pressure at once: they are no measurement.

mod files;
mod packages;

pub use files::Sensors;

use crate::cpuset::CpuSet;
use crate::domain::{Domain, Domains};
use crate::topology::Topology;

/// Headroom from which nothing is lost, in thousandths of a degree.
const ENOUGH_HEADROOM: i64 = 10_000;
/// What is lost at most because of a temperature, in thousandths of the capacity.
const MOST_BY_TEMPERATURE: u32 = 750;
/// What is lost at least where the processor has throttled.
const LEAST_IF_THROTTLED: u32 = 250;
/// What comes back each second.
const BACK_A_SECOND: f64 = 50.0;
/// Some capacity is always left: who has none gets no load at all.
const MOST: u32 = 900;

/// What the sensors say at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    pub zones: Vec<Zone>,
    /// CPUs that the processor has throttled since the last reading.
    pub throttled: CpuSet,
    /// CPUs that may not run at their full frequency, and what that takes, in thousandths.
    pub ceilings: Vec<(CpuSet, u32)>,
    /// By domain, what the kernel says is taken of its CPUs' capacity, summed; nothing where it does not.
    pub pressure: Vec<u32>,
}

/// A sensor, in thousandths of a degree Celsius.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    pub cpus: CpuSet,
    pub temperature: i64,
    /// From where CPUs are throttled.
    pub limit: i64,
}

/// A domain, as far as heat is concerned.
#[derive(Debug, Clone)]
struct Place {
    cpus: CpuSet,
    /// Its class's, by cost.
    rank: u32,
    /// What its CPUs can do together.
    capacity: u64,
}

/// What each domain loses, and what is remembered of it.
#[derive(Debug, Clone)]
pub struct Heat {
    domains: Vec<Place>,
    /// By domain, in thousandths: all,
    lost: Vec<f64>,
    /// and what sensors and throttling make of it.
    hot: Vec<f64>,
    /// What is taken by ceilings and pressure just now.
    held: Vec<(CpuSet, u32)>,
}

impl Heat {
    /// Nothing is lost as yet.
    #[must_use]
    pub fn new(topology: &Topology, domains: &Domains) -> Self {
        let domains = places(topology, domains);
        Self { lost: vec![0.0; domains.len()], hot: vec![0.0; domains.len()], held: Vec::new(), domains }
    }

    /// The same domains have other capacities.
    pub fn renew(&mut self, topology: &Topology, domains: &Domains) {
        self.domains = places(topology, domains);
    }

    /// What each domain loses of its capacity, by id, in thousandths, by a reading that comes `seconds` after the last.
    pub fn update(&mut self, reading: &Reading, seconds: f64) -> Vec<u32> {
        let pressed =
            (0..self.domains.len()).map(|domain| (self.domains[domain].cpus.clone(), self.pressed(domain, reading)));
        self.held = reading.ceilings.iter().cloned().chain(pressed).collect();
        let follow =
            |lost: &mut f64, wanted: u32| *lost = f64::from(wanted.min(MOST)).max(*lost - BACK_A_SECOND * seconds);
        for domain in 0..self.domains.len() {
            let hot = self.hot(domain, reading);
            let held = by_ceilings(&self.domains[domain].cpus, &reading.ceilings).max(self.pressed(domain, reading));
            follow(&mut self.hot[domain], hot);
            follow(&mut self.lost[domain], hot.max(held));
        }
        rounded(&self.lost).collect()
    }

    /// What CPUs may do less than they could, in thousandths, by the last reading.
    #[must_use]
    pub fn held(&self) -> Vec<(CpuSet, u32)> {
        let cpus = self.domains.iter().map(|place| place.cpus.clone());
        self.held.iter().cloned().chain(cpus.zip(rounded(&self.hot))).filter(|(_, lost)| *lost > 0).collect()
    }

    /// What sensors and throttling make a domain lose.
    fn hot(&self, domain: usize, reading: &Reading) -> u32 {
        let here = |other: &CpuSet| !other.is_disjoint(&self.domains[domain].cpus);
        let zones = reading.zones.iter().filter(|zone| here(&zone.cpus));
        let by_temperature = zones.map(|zone| self.share(domain, &zone.cpus, by_temperature(zone)));
        let throttled = here(&reading.throttled).then(|| self.share(domain, &reading.throttled, LEAST_IF_THROTTLED));
        by_temperature.chain(throttled).max().unwrap_or(0)
    }

    /// What the kernel says is taken of a domain.
    fn pressed(&self, domain: usize, reading: &Reading) -> u32 {
        let pressure = u64::from(reading.pressure.get(domain).copied().unwrap_or(0));
        u32::try_from(pressure * 1000 / self.domains[domain].capacity.max(1)).unwrap_or(MOST)
    }

    /// The part of what a zone's CPUs lose that falls to a domain.
    fn share(&self, domain: usize, zone: &CpuSet, lost: u32) -> u32 {
        let ranks = self.domains.iter().filter(|place| !place.cpus.is_disjoint(zone)).map(|place| place.rank);
        let (least, most) = (ranks.clone().min().unwrap_or(0), ranks.max().unwrap_or(0));
        if least == most { lost } else { lost * (self.domains[domain].rank - least) / (most - least) }
    }
}

fn places(topology: &Topology, domains: &Domains) -> Vec<Place> {
    let place = |domain: &Domain| {
        let class = topology.classes.get(domain.class.index());
        let (rank, each) = class.map_or((0, 1024), |class| (class.cost_rank, class.capacity.0));
        Place { cpus: domain.cpus.clone(), rank, capacity: u64::from(each) * domain.cpus.len() as u64 }
    };
    domains.domains.iter().map(place).collect()
}

fn rounded(lost: &[f64]) -> impl Iterator<Item = u32> {
    lost.iter().map(|lost| lost.round() as u32)
}

fn by_ceilings(cpus: &CpuSet, ceilings: &[(CpuSet, u32)]) -> u32 {
    let lost = ceilings.iter().map(|(held, lost)| held.intersection(cpus).len() as u64 * u64::from(*lost)).sum::<u64>();
    u32::try_from(lost / cpus.len().max(1) as u64).unwrap_or(u32::MAX)
}

fn by_temperature(zone: &Zone) -> u32 {
    let missing = (ENOUGH_HEADROOM - (zone.limit - zone.temperature)).clamp(0, ENOUGH_HEADROOM);
    u32::try_from(i64::from(MOST_BY_TEMPERATURE) * missing / ENOUGH_HEADROOM).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::{ClassSpec, Source, read};
    use proptest::prelude::*;

    /// P-cores 0-3 and E-cores 4-7 on node 0, the same again on node 1: domains P0, E0, P1, E1.
    fn heat() -> Heat {
        let mut topology = read(&Source::Synthetic("node:2 l3:1 core:8 pu:1".to_owned())).expect("a machine");
        let classes: ClassSpec = "0-3,8-11=P:1024,4-7,12-15=E:600".parse().expect("classes");
        classes.apply(&mut topology).expect("its classes");
        let domains = Domains::build(&topology).expect("domains");
        Heat::new(&topology, &domains)
    }

    fn zone(cpus: &str, degrees: i64) -> Zone {
        Zone { cpus: cpus.parse().expect("a cpulist"), temperature: degrees * 1000, limit: 95_000 }
    }

    fn lost(reading: &Reading) -> Vec<u32> {
        heat().update(reading, 1.0)
    }

    #[test]
    fn the_costliest_class_of_a_hot_zone_loses_and_the_other_zone_does_not() {
        let hot = |degrees| Reading { zones: vec![zone("0-7", degrees), zone("8-15", 50)], ..Reading::default() };
        assert_eq!(lost(&hot(85)), [0, 0, 0, 0]);
        assert_eq!(lost(&hot(91)), [450, 0, 0, 0]);
        assert_eq!(lost(&hot(95)), [750, 0, 0, 0]);
        assert_eq!(lost(&hot(120)), [750, 0, 0, 0]);
    }

    #[test]
    fn a_zone_of_one_class_loses_it_all() {
        let reading = Reading { zones: vec![zone("4-7", 90)], ..Reading::default() };
        assert_eq!(lost(&reading), [0, 375, 0, 0]);
    }

    #[test]
    fn throttling_counts_whatever_the_sensor_says_and_ceilings_are_believed() {
        let cpus = |text: &str| text.parse::<CpuSet>().expect("a cpulist");
        let reading = Reading { throttled: cpus("8"), zones: vec![zone("0-15", 30)], ..Reading::default() };
        assert_eq!(lost(&reading), [0, 0, 250, 0]);
        let reading = Reading { ceilings: vec![(cpus("4-7"), 400), (cpus("8-15"), 1000)], ..Reading::default() };
        assert_eq!(lost(&reading), [0, 400, 900, 900]);
        let reading = Reading { ceilings: vec![(cpus("4"), 400)], ..Reading::default() };
        assert_eq!(lost(&reading), [0, 100, 0, 0], "one of four CPUs");
        let reading = Reading { pressure: vec![0, 1200, u32::MAX], ..Reading::default() };
        assert_eq!(lost(&reading), [0, 500, 900, 0], "1200 of four times 600");
    }

    #[test]
    fn it_comes_at_once_and_goes_slowly() {
        let mut heat = heat();
        let at = |degrees| Reading { zones: vec![zone("0-3", degrees)], ..Reading::default() };
        assert_eq!(heat.update(&at(93), 1.0)[0], 600);
        assert_eq!(heat.update(&at(70), 1.0)[0], 550);
        assert_eq!(heat.update(&at(70), 4.0)[0], 350);
        assert_eq!(heat.update(&at(93), 1.0)[0], 600);
        assert_eq!(heat.update(&Reading::default(), 60.0)[0], 0);
    }

    #[test]
    fn who_is_above_whom_follows_what_is_told_at_once_and_what_is_measured_slowly() {
        let mut heat = heat();
        let cpus = |text: &str| text.parse::<CpuSet>().expect("a cpulist");
        let (ceilings, pressure) = (vec![(cpus("8"), 500)], vec![0, 240]);
        let told = Reading { zones: vec![zone("0-3", 93)], ceilings, pressure, ..Reading::default() };
        heat.update(&told, 1.0);
        assert_eq!(heat.held(), [(cpus("8"), 500), (cpus("4-7"), 100), (cpus("0-3"), 600)]);
        assert_eq!(heat.update(&Reading::default(), 1.0), [550, 50, 75, 0]);
        assert_eq!(heat.held(), [(cpus("0-3"), 550)]);
    }

    proptest! {
        #[test]
        fn some_capacity_is_always_left(
            temperatures in prop::collection::vec((any::<i32>(), any::<i32>()), 0..5),
            ceiling in any::<u32>(), pressure in any::<u32>(), seconds in 0.0..1e6_f64,
        ) {
            let zones = temperatures.iter().map(|(temperature, limit)| Zone {
                cpus: "0-9".parse().expect("a cpulist"),
                temperature: i64::from(*temperature),
                limit: i64::from(*limit),
            });
            let reading = Reading {
                zones: zones.collect(),
                ceilings: vec![("4-7".parse().expect("a cpulist"), ceiling)],
                throttled: "0-15".parse().expect("a cpulist"),
                pressure: vec![pressure; 4],
            };
            prop_assert!(heat().update(&reading, seconds).iter().all(|lost| *lost <= MOST));
        }
    }
}
