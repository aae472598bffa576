use super::*;
use crate::topology::{Source, read};
use std::fs;

struct Fake {
    root: tempfile::TempDir,
    topology: Topology,
}

impl Fake {
    fn new(files: &[(&str, &str)]) -> Self {
        let root = tempfile::tempdir().unwrap();
        let topology = read(&Source::Synthetic("core:4 pu:1".to_owned())).unwrap();
        let fake = Self { root, topology };
        files.iter().for_each(|(name, value)| fake.put(name, value));
        fake
    }

    fn put(&self, name: &str, value: &str) {
        let path = self.root.path().join("sys").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("{value}\n")).unwrap();
    }

    fn sensors(&self) -> Option<Sensors> {
        Sensors::find(self.root.path(), &self.topology)
    }
}

const PROCESSOR: [(&str, &str); 5] = [
    ("class/thermal/thermal_zone1/type", "cpu-thermal"),
    ("class/thermal/thermal_zone1/temp", "55000"),
    ("class/thermal/thermal_zone1/trip_point_0_type", "passive"),
    ("class/thermal/thermal_zone1/trip_point_0_temp", "0"),
    ("class/thermal/thermal_zone1/trip_point_1_type", "critical"),
];

#[test]
fn a_processors_zone_is_read() {
    let fake = Fake::new(&PROCESSOR);
    assert!(fake.sensors().is_none(), "no trip point says where throttling begins");
    fake.put("class/thermal/thermal_zone1/trip_point_1_temp", "105000");
    let mut sensors = fake.sensors().unwrap();
    assert_eq!(sensors.described(), "cpu-thermal (CPUs 0-3, 95 °C)");
    let zone = |temperature| Zone { cpus: "0-3".parse().unwrap(), temperature, limit: 95_000 };
    assert_eq!(sensors.read().zones, [zone(55_000)]);
    for nonsense in ["-274000", "0", "999999999", "NaN", ""] {
        fake.put("class/thermal/thermal_zone1/temp", nonsense);
        assert_eq!(sensors.read(), Reading::default(), "{nonsense}");
    }
}

#[test]
fn intels_sensor_is_of_its_package_and_what_it_wakes_programs_at_is_no_limit() {
    let fake = Fake::new(&[
        ("class/thermal/thermal_zone0/type", "x86_pkg_temp"),
        ("class/thermal/thermal_zone0/temp", "58000"),
        ("class/thermal/thermal_zone0/trip_point_0_type", "passive"),
        ("class/thermal/thermal_zone0/trip_point_0_temp", "60000"),
        ("class/hwmon/hwmon3/name", "coretemp"),
        ("class/hwmon/hwmon3/temp1_label", "Package id 1"),
        ("class/hwmon/hwmon3/temp1_input", "58000"),
        ("class/hwmon/hwmon3/temp2_label", "Core 0"),
        ("class/hwmon/hwmon3/temp2_input", "57000"),
        ("class/hwmon/hwmon3/temp2_crit", "100000"),
    ]);
    (0..4).for_each(|cpu| {
        fake.put(&format!("devices/system/cpu/cpu{cpu}/topology/physical_package_id"), ["0", "1"][cpu / 2]);
    });
    assert!(fake.sensors().is_none(), "nothing says where throttling begins");
    fake.put("class/hwmon/hwmon3/temp1_crit", "100000");
    let mut sensors = fake.sensors().unwrap();
    assert_eq!(sensors.described(), "Package id 1 (CPUs 2-3, 100 °C)");
    fake.put("class/hwmon/hwmon3/temp1_input", "93000");
    let zone = Zone { cpus: "2-3".parse().unwrap(), temperature: 93_000, limit: 100_000 };
    assert_eq!(sensors.read().zones, [zone]);
    fake.put("class/hwmon/hwmon3/name", "nct6775");
    assert!(fake.sensors().is_none(), "a board's chip");
}

#[test]
fn a_boards_sensor_is_not_trusted_unless_it_throttles_processors() {
    let board = [
        ("class/thermal/thermal_zone0/type", "acpitz"),
        ("class/thermal/thermal_zone0/temp", "27800"),
        ("class/thermal/thermal_zone0/trip_point_0_type", "passive"),
        ("class/thermal/thermal_zone0/trip_point_0_temp", "90000"),
    ];
    let fake = Fake::new(&board);
    assert!(fake.sensors().is_none());
    fake.put("class/thermal/thermal_zone0/cdev0/type", "Fan");
    assert!(fake.sensors().is_none());
    fake.put("class/thermal/thermal_zone0/cdev1/type", "cpufreq-cpu2");
    fake.put("devices/system/cpu/cpufreq/policy2/related_cpus", "2 3");
    assert_eq!(fake.sensors().unwrap().described(), "acpitz (CPUs 2-3, 90 °C)");
    fake.put("class/thermal/thermal_zone0/cdev1/type", "Processor");
    assert_eq!(fake.sensors().unwrap().described(), "acpitz (CPUs 0-3, 90 °C)");
}

#[test]
fn throttling_is_noticed_and_ceilings_are_read() {
    let fake = Fake::new(&[
        ("devices/system/cpu/cpu1/thermal_throttle/core_throttle_count", "7"),
        ("devices/system/cpu/cpufreq/policy2/related_cpus", "2 3"),
        ("devices/system/cpu/cpufreq/policy2/cpuinfo_max_freq", "4000000"),
        ("devices/system/cpu/cpufreq/policy2/scaling_max_freq", "4000000"),
    ]);
    let mut sensors = fake.sensors().unwrap();
    assert_eq!(sensors.read(), Reading::default());
    fake.put("devices/system/cpu/cpu1/thermal_throttle/core_throttle_count", "9");
    fake.put("devices/system/cpu/cpufreq/policy2/scaling_max_freq", "3000000");
    let reading = sensors.read();
    assert_eq!(
        (reading.throttled.to_string().as_str(), &reading.ceilings),
        ("1", &vec![("2-3".parse().unwrap(), 250)])
    );
    assert!(sensors.read().throttled.is_empty());
    (0..4).for_each(|cpu| fake.put(&format!("devices/system/cpu/cpu{cpu}/topology/physical_package_id"), "0"));
    fake.put("devices/system/cpu/cpu0/thermal_throttle/package_throttle_count", "1");
    let mut sensors = fake.sensors().unwrap();
    fake.put("devices/system/cpu/cpu0/thermal_throttle/package_throttle_count", "2");
    assert_eq!(sensors.read().throttled.to_string(), "0-3");
}
