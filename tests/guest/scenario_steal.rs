//! An idle CPU takes work from elsewhere once that has waited for as long as its distance says: not before, and not never.

use crate::harness::{Guest, Report, lacks_6_12};
use crate::scheduler::script;

/// About as much to do as the CPUs can, now here, now there, and half of it bound to the first node: tasks wait, and CPUs
/// are idle. First as it is meant to be, then where nobody comes, then where those of other nodes come at once.
const BURSTS: &str = "
    bursts() { guest-load bursts --per-llc 2 --per-node 4 --threads 11 --cpus '0-7;0-3' --count 60 --longest-ms 20; }
    start --no-balance && bursts && health && stop && start --no-balance --no-steal && bursts && health && stop &&
    start --no-balance --node-delay 0ms --remote-delay 0ms && bursts && health && stop";

/// What an idle CPU may be late by. Emulated CPUs take turns, which end with a tick of any of them (here each ms), and the timer,
/// the interrupt and the CPU that it wakes may each have to wait for theirs, and a CPU that finds somebody else's work first leaves
/// it to the next. Seen: 0.5 to 4 ms, and 13 to 18 where nobody comes.
const LATE_US: f64 = 6000.0;

/// Four hogs that are born on a node of two CPUs and may then run on all four: with no flows, idle CPUs have to come for
/// them. Then where they may not.
const LONG_WAITS: &str = "
    hogs() { guest-load hogs --threads 4 --cpus 0-1 --release --seconds 3 --warmup-ms 1000; }
    start --no-balance && hogs && health && stop && start --no-balance --no-steal && hogs && health && stop";

fn idle_cpus_come_when_they_may(kernel: &str) {
    let outcome = Guest::new().kernel(kernel).shape("2x2x2x1").limit(600).run(&script(BURSTS)).success().healthy();
    let reports = outcome.reports();
    let [meant, nobody, at_once] = &reports[..] else { panic!("three loads ran\n{}", outcome.console) };
    for (name, report) in [("as meant", meant), ("nobody comes", nobody), ("at once", at_once)] {
        println!("on {kernel}, {name}: {:?}", report.more);
    }
    for distance in ["llc", "node", "remote"] {
        let late = meant.more[&format!("neglected_{distance}_us")];
        assert!(
            late <= LATE_US,
            "an idle CPU ({distance}) left a task alone for {late} us after it might have taken it"
        );
    }
    assert!(meant.more["taken_node"] > 20.0 && meant.more["taken_remote"] > 20.0, "{:?}", meant.more);
    let early = |report: &Report, name| report.more[&format!("early_{name}")] / report.more[&format!("taken_{name}")];
    for distance in ["node", "remote"] {
        // Turns again: between what the kernel does and what its tracer notes there may be one.
        assert!(early(meant, distance) < 0.05, "taken early: {:?}", meant.more);
        // Many have waited for longer by the time that any CPU is idle.
        assert!(early(at_once, distance) > 0.1, "{:?}", at_once.more);
    }
    assert!(nobody.more["taken_node"] == 0.0 && nobody.more["taken_remote"] == 0.0, "{:?}", nobody.more);
    assert!(nobody.more["neglected_remote_us"] > 1.5 * LATE_US, "{:?}", nobody.more);
}

fn long_waits_are_ended(kernel: &str) {
    let guest = Guest::new().kernel(kernel).shape("2x1x2x1").limit(600);
    let outcome = guest.run(&script(LONG_WAITS)).success().healthy();
    let delivered: Vec<f64> =
        outcome.reports().iter().map(|report| report.threads.iter().map(|t| t.cpu_ms).sum::<f64>() / 2000.0).collect();
    println!("on {kernel}: CPUs used, with stealing and without: {delivered:.2?}");
    let &[stolen, left_alone] = &delivered[..] else { panic!("two loads ran\n{}", outcome.console) };
    assert!(stolen > 3.9, "four hogs used {stolen} of four CPUs");
    assert!(left_alone < 2.1, "{left_alone} CPUs were used with nobody to take them there");
}

#[test]
fn idle_cpus_come_when_they_may_on_6_12() {
    if !lacks_6_12() {
        idle_cpus_come_when_they_may("6.12");
    }
}

#[test]
fn long_waits_are_ended_on_the_newest() {
    long_waits_are_ended("newest");
}

#[test]
#[ignore = "make test-all"]
fn long_waits_are_ended_on_6_12() {
    if !lacks_6_12() {
        long_waits_are_ended("6.12");
    }
}
