//! Whatever tasks do, none is left waiting for long, the kernel has nothing to complain about, and those that may run
//! in a part of the machine only get what is theirs.

use crate::harness::{Guest, Outcome, Report};
use crate::scheduler::script;

/// Each ends by itself, after a number of things done, or fails at its limit.
const LOADS: &str = "start || exit
    load() { guest-load --limit-s 30 \"$@\" && alive || echo failed=$1; }
    load hogs --threads 12 --cpu-ms 100
    load hogs --threads 12 --cpu-ms 100 --nice 0,19,-20,5,-5
    load sleepers --threads 12 --count 20
    load pipes --pairs 6 --rounds 100
    load forks --count 60 --parallel 8
    load affinity-churn --threads 12 --changes 40
    load nice-churn --threads 12 --changes 40
    load cpuset-churn --threads 8 --changes 60
    health
    stop";

#[track_caller]
fn loads_complete(guest: &Guest) {
    let outcome = guest.run(&script(LOADS)).success().healthy();
    assert_eq!(outcome.said("failed"), Vec::<&str>::new(), "{}{}", outcome.console, outcome.errors);
    assert_eq!((outcome.said("rc"), outcome.said("after")), (vec!["0"], vec!["disabled"]), "{}", outcome.console);
    let reports = outcome.reports();
    let loads: Vec<_> = reports.iter().map(|report| report.load.as_str()).collect();
    let churns = ["affinity-churn", "nice-churn", "cpuset-churn"];
    assert_eq!(loads, [&["hogs", "hogs", "sleepers", "pipes", "forks"][..], &churns].concat());
    for report in &reports {
        let gap = report.threads.iter().map(|thread| thread.max_gap_ms).fold(0.0, f64::max);
        println!("{}: {:.0} ms, longest wait {gap:.0} ms", report.load, report.wall_ms);
    }
}

#[test]
fn loads_complete_on_the_newest() {
    loads_complete(&Guest::new());
}

#[test]
#[ignore = "make test-all"]
fn loads_complete_on_6_18() {
    loads_complete(&Guest::new().kernel("6.18"));
}

/// What `loads_complete` looks at shows a scheduler that the kernel threw out, and a load that does not end.
#[test]
fn a_thrown_out_scheduler_is_not_healthy() {
    let body = "start || exit
        guest-load --limit-s 1 hogs --seconds 5 || echo failed=hogs
        health
        echo S >/proc/sysrq-trigger; ended; health";
    let outcome = Guest::new().shape("1x1x2x1").run(&script(body)).success();
    assert_eq!(outcome.said("failed"), ["hogs"], "{}", outcome.console);
    let health = outcome.said("health");
    assert_eq!(health.len(), 2, "{}", outcome.console);
    assert!(health[0].ends_with("complaints 0"), "{}", outcome.console);
    assert!(health[1].starts_with("disabled ") && health[1].ends_with("alive no complaints 1"), "{}", outcome.console);
}

/// Milliseconds that the hogs below are counted for, the CPUs that they have, and how many are at nice 0.
const COUNTED: f64 = 3_000.0;
const CPUS: f64 = 8.0;
const EQUALS: f64 = 16.0;
/// The kernel's weight at nice 10, of 1024.
const WEIGHT_AT_10: f64 = 110.0 / 1024.0;

/// Do all its threads have what a task at nice 0 is due, give or take 35 %?
fn gets_its_share(report: &Report) -> bool {
    let due = COUNTED * CPUS / (EQUALS + WEIGHT_AT_10);
    report.threads.iter().all(|thread| (0.65 * due..1.35 * due).contains(&thread.cpu_ms))
}

/// Fourteen hogs anywhere, two on the first and the last CPU only, which are in different domains and nodes; and one
/// more of these at nice 10, whose share is so small that it must not pass for an equal one.
fn shares(guest: &Guest) -> Outcome {
    let body = "start || exit
        guest-load hogs --threads 14 --seconds 4 --warmup-ms 1000 >/all &
        guest-load hogs --threads 2 --cpus 0,7 --seconds 4 --warmup-ms 1000 >/two & two=$!
        guest-load hogs --cpus 0,7 --nice 10 --seconds 4 --warmup-ms 1000 >/nice & nice=$!
        wait $two $nice; sleep 1
        cat /all /two /nice
        health";
    guest.run(&script(body)).success().healthy()
}

#[track_caller]
fn partial_masks_get_their_share(guest: &Guest) {
    let outcome = shares(guest);
    let reports = outcome.reports();
    let [all, two, nice] = reports.as_slice() else { panic!("three loads report\n{}", outcome.console) };
    let times = |report: &Report| report.threads.iter().map(|thread| thread.cpu_ms.round()).collect::<Vec<_>>();
    println!("anywhere {:?}, on two CPUs {:?}, these at nice 10 {:?}", times(all), times(two), times(nice));
    assert!(gets_its_share(two), "{two:?}");
    assert!(gets_its_share(all), "{all:?}");
    assert!(!gets_its_share(nice), "{nice:?}");
}

#[test]
#[ignore = "make test-all"]
fn partial_masks_get_their_share_on_the_newest() {
    partial_masks_get_their_share(&Guest::new());
}

#[test]
#[ignore = "make test-all"]
fn partial_masks_get_their_share_on_6_18() {
    partial_masks_get_their_share(&Guest::new().kernel("6.18"));
}
