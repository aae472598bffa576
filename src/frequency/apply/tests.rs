//! What becomes of energy preferences, of the whole of them.

use super::super::journal::tests::IF_ONLINE;
use super::super::journal::{Note, Restored, restore};
use super::*;
use crate::topology::{Source, read};
use std::fs;

/// A machine of two CPUs, both with preferences, and its description with one class.
fn machine() -> (tempfile::TempDir, Topology) {
    let root = tempfile::tempdir().unwrap();
    for cpu in 0..2 {
        let folder = root.path().join(format!("sys/devices/system/cpu/cpufreq/policy{cpu}"));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("scaling_driver"), "intel_pstate\n").unwrap();
        fs::write(folder.join("scaling_governor"), "powersave\n").unwrap();
        fs::write(folder.join("affected_cpus"), format!("{cpu}\n")).unwrap();
        fs::write(folder.join(PREFERENCE), ["default", "128"][cpu]).unwrap();
    }
    let topology = Source::parse("synthetic:core:2 pu:1").and_then(|source| read(&source)).unwrap();
    (root, topology)
}

fn start(root: &tempfile::TempDir, topology: &Topology) -> Preferences {
    Preferences::start(root.path(), topology, true).unwrap().expect("there are some")
}

fn now(root: &Path) -> Vec<String> {
    let file = |cpu| root.join(format!("sys/devices/system/cpu/cpufreq/policy{cpu}")).join(PREFERENCE);
    (0..2).map(|cpu| fs::read_to_string(file(cpu)).unwrap()).collect()
}

#[test]
fn what_was_there_comes_back_at_the_end() {
    let (root, topology) = machine();
    let preferences = start(&root, &topology);
    preferences.set(Profile::Powersave);
    assert_eq!(now(root.path()), ["power", "power"]);
    preferences.set(Profile::Performance);
    assert_eq!(now(root.path()), ["performance", "performance"]);
    drop(preferences);
    assert_eq!(now(root.path()), ["default", "128"]);
    assert_eq!(restore(root.path()).unwrap(), Restored::default(), "there is nothing to be put back twice");
}

#[test]
fn after_a_crash_the_next_start_knows_what_was_there() {
    let (root, topology) = machine();
    let crashed = start(&root, &topology);
    crashed.set(Profile::Powersave);
    std::mem::forget(crashed);
    let next = start(&root, &topology);
    assert_eq!(now(root.path()), ["default", "128"]);
    next.set(Profile::Balanced);
    std::mem::forget(next);
    assert_eq!(restore(root.path()).unwrap().restored, 2);
    assert_eq!(now(root.path()), ["default", "128"]);
}

/// What is put back at a start is put back once, and told of once.
#[test]
fn while_one_refuses_no_start_sets_any() {
    let (root, topology) = machine();
    let crashed = start(&root, &topology);
    crashed.set(Profile::Powersave);
    std::mem::forget(crashed);
    // A folder cannot be written, by root neither.
    let file = root.path().join("sys/devices/system/cpu/cpufreq/policy0").join(PREFERENCE);
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    for wanted in [true, false] {
        let told = Preferences::start(root.path(), &topology, wanted).expect_err("one refuses");
        assert_eq!(told.matches("'default' was refused by").count(), 1, "{told}");
        assert!(
            told.contains("policy0") && !told.contains("policy1") && told.contains("scx_domains restore"),
            "{told}"
        );
    }
    fs::remove_dir(&file).unwrap();
    fs::write(&file, "power").unwrap();
    assert!(Preferences::start(root.path(), &topology, false).unwrap().is_none(), "they are not wanted");
    assert_eq!(now(root.path()), ["default", "128"], "and put back for all that");
}

/// Let CPU 1 go offline, or come back.
fn offline(root: &Path, offline: bool) {
    let file = root.join("sys/devices/system/cpu/cpufreq/policy1/offline");
    if offline { fs::write(file, "").unwrap() } else { fs::remove_file(file).unwrap() }
}

#[test]
fn who_is_offline_keeps_nobody_from_anything() {
    let (root, topology) = machine();
    let start = || Preferences::start_by(IF_ONLINE, root.path(), &topology, true).unwrap().expect("some");
    let first = start();
    first.set(Profile::Powersave);
    offline(root.path(), true);
    drop(first);
    assert_eq!(now(root.path()), ["default", "power"], "the second waits");

    // The files of its policy cannot be read now, so the next start does not know it.
    let folder = root.path().join("sys/devices/system/cpu/cpufreq/policy1");
    fs::remove_file(folder.join("scaling_governor")).unwrap();
    let second = start();
    second.set(Profile::Performance);
    assert_eq!(now(root.path()), ["performance", "power"], "the first CPU has what it should");
    drop(second);
    assert_eq!(now(root.path()), ["default", "power"]);

    offline(root.path(), false);
    fs::write(folder.join("scaling_governor"), "powersave\n").unwrap();
    let third = start();
    assert_eq!(now(root.path()), ["default", "128"], "what was there before the first of them");
    third.set(Profile::Powersave);
    drop(third);
    assert_eq!(now(root.path()), ["default", "128"]);
}

#[test]
fn who_comes_online_at_a_start_is_as_before_the_run_that_crashed() {
    let (root, topology) = machine();
    let file = root.path().join("sys/devices/system/cpu/cpufreq/policy1").join(PREFERENCE);
    fs::write(&file, "power").unwrap();
    let left = Note { was: "128".to_owned(), ours: vec!["power".to_owned()] };
    let waiting = Notes::from([(file, left)]);
    let preferences = Preferences::take_note(Access::FILES, root.path(), &topology, waiting).unwrap().expect("some");
    assert_eq!(preferences.of_others()(), ["default", "128"]);
    preferences.set(Profile::Performance);
    drop(preferences);
    assert_eq!(now(root.path()), ["default", "128"]);
}

#[test]
fn who_comes_online_has_the_profile_that_came_meanwhile() {
    let (root, topology) = machine();
    let mut preferences = Preferences::start_by(IF_ONLINE, root.path(), &topology, true).unwrap().expect("some");
    preferences.set(Profile::Powersave);
    offline(root.path(), true);
    preferences.set(Profile::Performance);
    preferences.watch();
    assert_eq!(now(root.path()), ["performance", "power"]);
    offline(root.path(), false);
    preferences.watch();
    assert_eq!(now(root.path()), ["performance", "performance"]);
}

#[test]
fn what_others_change_is_left_and_told_by_value() {
    let (root, topology) = machine();
    let mut preferences = start(&root, &topology);
    let sentences = |preferences: &Preferences| {
        let mut files = lock(&preferences.files);
        files.iter_mut().for_each(File::look);
        told(&mut files)
    };
    preferences.set(Profile::Powersave);
    assert_eq!(sentences(&preferences), [""; 0]);
    for cpu in 0..2 {
        let file = root.path().join(format!("sys/devices/system/cpu/cpufreq/policy{cpu}")).join(PREFERENCE);
        fs::write(file, "balance_performance\n").unwrap();
    }
    let told = sentences(&preferences);
    assert!(matches!(&told[..], [one] if one.contains("CPUs 0-1 was changed to 'balance_performance'")), "{told:?}");
    (0..4).for_each(|_| preferences.watch());
    assert_eq!(sentences(&preferences), [""; 0], "once");
    drop(preferences);
    assert_eq!(now(root.path()), ["balance_performance\n"; 2], "they were never ours to put back");
}

/// Each file in turn, and all once one has changed.
#[test]
fn a_watch_finds_what_has_changed() {
    let (root, topology) = machine();
    let mut preferences = start(&root, &topology);
    preferences.set(Profile::Powersave);
    let file = root.path().join("sys/devices/system/cpu/cpufreq/policy0").join(PREFERENCE);
    fs::write(&file, "performance").unwrap();
    (0..2).for_each(|_| preferences.watch());
    let files = lock(&preferences.files);
    assert_eq!((files[0].theirs(), files[0].is_untold()), ("performance", false), "found, and told");
    assert_eq!(files[1].theirs(), "128");
    drop(files);
    assert_eq!(now(root.path()), ["performance", "power"]);
}

#[test]
fn what_others_set_after_a_crash_is_left() {
    let (root, topology) = machine();
    let crashed = start(&root, &topology);
    crashed.set(Profile::Balanced);
    crashed.set(Profile::Powersave);
    std::mem::forget(crashed);
    fs::write(root.path().join("sys/devices/system/cpu/cpufreq/policy0").join(PREFERENCE), "performance").unwrap();
    assert_eq!(restore(root.path()).unwrap().restored, 1);
    assert_eq!(now(root.path()), ["performance", "128"]);
}

#[test]
fn what_others_set_meanwhile_is_told_and_comes_back() {
    let (root, topology) = machine();
    let preferences = start(&root, &topology);
    let others = preferences.of_others();
    preferences.set(Profile::Powersave);
    assert_eq!(others(), ["default", "128"], "what we write is not theirs");
    let file = root.path().join("sys/devices/system/cpu/cpufreq/policy0").join(PREFERENCE);
    fs::write(&file, "balance_performance\n").unwrap();
    assert_eq!(others(), ["balance_performance", "128"]);
    preferences.set(Profile::Performance);
    assert_eq!(others(), ["balance_performance", "128"]);
    fs::write(&file, "balance_power\n").unwrap();
    preferences.set(Profile::Powersave);
    assert_eq!(fs::read_to_string(&file).unwrap(), "power");
    drop(preferences);
    assert_eq!(now(root.path()), ["balance_power", "128"]);
    assert_eq!(super::preferences(root.path()), ["balance_power", "128"]);
}
