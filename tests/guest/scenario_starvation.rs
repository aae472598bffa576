//! Nobody starves: not the lightest, not the pinned, not those whose CPU a real-time task has; and tasks that are not
//! ours are left alone.

use crate::harness::{Guest, Outcome, Thread};
use crate::scheduler::script;

/// `said NAME` prints "NAME=VALUE" of the last report of `--stats`.
const SAID: &str = r#"said() { grep -o "$1 *[0-9.]*" /log | tail -n 1 | sed 's/ *\([0-9.]*\)$/=\1/'; }"#;

/// Next to two at nice -20, one at nice 0 runs 4 ms every 0.7 s, and one at nice 19 would every 47 s.
const LIGHT_AMONG_HEAVY: &str = "
    start --stats 1 && guest-load hogs --threads 3 --cpus 0 --nice -20,-20,0 --seconds 5 && said rescued &&
    guest-load hogs --threads 3 --cpus 0 --nice -20,-20,19 --seconds 16 && said rescued && health && stop";

/// Four that the kernel schedules, then four of the class SCHED_EXT, of which `--partial` is about.
const PARTIAL: &str = "
    start --partial --stats 1 && guest-load hogs --threads 4 --seconds 4 && said load &&
    guest-load hogs --threads 4 --seconds 4 --policy ext && said load && health && stop";

/// The longest that the scheduler lets wait what it can help, and a quarter of the kernel's watchdog.
const LONGEST_WAIT_MS: f64 = 7500.0;

fn numbers(outcome: &Outcome, name: &str) -> Vec<f64> {
    outcome.said(name).iter().map(|value| value.parse().expect("a number")).collect()
}

fn light_task_is_rescued_and_others_are_left_alone(kernel: &str) {
    let run = script(&format!("{SAID}\n{LIGHT_AMONG_HEAVY} && {}", PARTIAL.trim_start()));
    let outcome = Guest::new().kernel(kernel).shape("1x1x2x1").limit(600).run(&run).success().healthy();
    let reports = outcome.reports();
    let [normal, light, not_ours, ours] = &reports[..] else { panic!("four loads ran\n{}", outcome.console) };
    let (rescued, load) = (numbers(&outcome, "rescued"), numbers(&outcome, "load"));
    println!(
        "on {kernel}: nice 19 among nice -20 waited at most {} ms, nice 0 {} ms; rescued {rescued:?}; partial load {load:?}",
        light.threads[2].max_gap_ms, normal.threads[2].max_gap_ms
    );
    // By the weights alone the light one would not have run again within the 16 s.
    assert!(light.threads[2].max_gap_ms < LONGEST_WAIT_MS && rescued[1] > 0.0, "{light:?}");
    // Who gets along by its weight is not rescued, and still waits no longer than that weight says.
    assert!(normal.threads[2].max_gap_ms < LONGEST_WAIT_MS && rescued[0] == 0.0, "{normal:?}");

    assert!(load[0] < 0.1, "somebody else's tasks were counted: {load:?}");
    assert!((3.5..4.5).contains(&load[1]), "ours were not: {load:?}");
    for threads in [&not_ours.threads, &ours.threads] {
        assert!(threads.iter().all(|t| (1400.0..2100.0).contains(&t.cpu_ms)), "two tasks a CPU for 4 s: {threads:?}");
    }
}

/// Three hogs a CPU, and among them a sleeper that may run on one CPU, one that may run on the whole node, and the first
/// once more as a task of the policy SCHED_IDLE: first with the kernel's own scheduler, then with ours.
const SLEEPERS: &str = "
    sleepers() { guest-load sleepers --period-ms 20 --count 100 --cpus $*; }
    among_hogs() {
        guest-load hogs --threads 6 --seconds 8 >/dev/null & hogs=$!
        sleepers 1 && sleepers 0-1 && sleepers 1 --policy idle && wait $hogs
    }
    among_hogs && start && among_hogs && health && stop";

fn latest(thread: &Thread) -> f64 {
    thread.late_ms.as_ref().expect("sleepers tell how late they woke").max
}

fn sleepers_wake_on_time(kernel: &str) {
    let guest = Guest::new().kernel(kernel).shape("1x1x2x1").limit(600);
    let outcome = guest.run(&script(SLEEPERS)).success().healthy();
    let late: Vec<_> = outcome.reports().iter().map(|report| latest(&report.threads[0])).collect();
    let &[eevdf_pinned, eevdf_node, _, pinned, node, idle] = &late[..] else { panic!("six loads ran: {late:?}") };
    println!(
        "on {kernel}, late by at most: pinned {pinned} ms (EEVDF {eevdf_pinned}), on a node {node} ms (EEVDF \
         {eevdf_node}), pinned and SCHED_IDLE {idle} ms"
    );
    let bound = |eevdf: f64| (2.0 * eevdf).max(30.0);
    assert!(pinned <= bound(eevdf_pinned), "pinned: {pinned} ms, EEVDF {eevdf_pinned} ms");
    assert!(node <= bound(eevdf_node), "on a node: {node} ms, EEVDF {eevdf_node} ms");
    assert!(idle > bound(eevdf_pinned), "a sleeper that has to be late was not: {idle} ms");
}

/// Two hogs take turns of 4 ms on the one CPU; a timer wakes a third at all moments of these.
const TIMER: &str = "
    timer() {
        guest-load hogs --threads 2 --seconds 4 >/dev/null & hogs=$!
        sleep 0.5 && guest-load sleepers --threads 1 --work-us 50 --period-ms 7 --count 400 && wait $hogs
    }
    start && timer && health && stop && start --policy fifo && timer && health && stop";

fn an_interrupt_does_not_wait_for_who_has_just_begun(kernel: &str) {
    let outcome = Guest::new().kernel(kernel).shape("1x1x1x1").run(&script(TIMER)).success().healthy();
    let late: Vec<_> = outcome.reports().iter().map(|report| latest(&report.threads[0])).collect();
    let &[at_once, in_turn] = &late[..] else { panic!("two loads ran: {late:?}") };
    println!("on {kernel}, a timer's sleeper is late by at most {at_once} ms; where nobody makes way {in_turn} ms");
    // Seen: 0.07 and 0.08. A quarter of the time a hog has just begun: whoever waits for the tick then waits for up to 4 ms.
    assert!(at_once < 1.0, "{late:?}");
    assert!(in_turn > 3.0, "{late:?}");
}

/// Eight hogs on four CPUs, of which a real-time task takes one for 3 s, with a ninth hog that may only run there.
const REAL_TIME: &str = "
    start && { guest-load hogs --threads 8 --seconds 5 >/hogs & hogs=$!; } && sleep 1 &&
    { guest-load hogs --cpus 1 --seconds 3 >/pinned & pinned=$!; } &&
    guest-load hogs --policy fifo --cpus 1 --seconds 3 && wait $hogs && wait $pinned && cat /hogs /pinned &&
    health && stop";

fn real_time_keeps_nobody_who_can_run_elsewhere(kernel: &str) {
    let guest = Guest::new().kernel(kernel).shape("2x1x2x1").limit(600);
    let outcome = guest.run(&script(REAL_TIME)).success().healthy();
    let reports = outcome.reports();
    let [real_time, hogs, pinned] = &reports[..] else { panic!("three loads ran\n{}", outcome.console) };
    let longest = hogs.threads.iter().map(|t| t.max_gap_ms).fold(0.0, f64::max);
    let (taken, stuck) = (real_time.threads[0].cpu_ms, &pinned.threads[0]);
    println!("on {kernel}, real time took {taken} ms: hogs waited at most {longest} ms; pinned there: {stuck:?}");
    // Eight share three CPUs: each has to wait for some slices of 4 ms. Who is left on the CPU that is taken, or behind a
    // clock that stands since it counts somebody who cannot run, waits for 400 ms and more.
    assert!(longest < 200.0, "{hogs:?}");
    // There was something to get away from: who could not was hardly let run.
    assert!(taken > 2500.0 && stuck.cpu_ms < 300.0 && stuck.max_gap_ms > 800.0, "{real_time:?} {pinned:?}");
}

#[test]
fn light_task_is_rescued_and_others_are_left_alone_on_the_newest() {
    light_task_is_rescued_and_others_are_left_alone("newest");
}

#[test]
#[ignore = "make test-all"]
fn light_task_is_rescued_and_others_are_left_alone_on_6_18() {
    light_task_is_rescued_and_others_are_left_alone("6.18");
}

#[test]
fn sleepers_wake_on_time_on_the_newest() {
    sleepers_wake_on_time("newest");
}

#[test]
#[ignore = "make test-all"]
fn sleepers_wake_on_time_on_6_18() {
    sleepers_wake_on_time("6.18");
}

#[test]
fn real_time_keeps_nobody_who_can_run_elsewhere_on_the_newest() {
    real_time_keeps_nobody_who_can_run_elsewhere("newest");
}

#[test]
#[ignore = "make test-all"]
fn real_time_keeps_nobody_who_can_run_elsewhere_on_6_18() {
    real_time_keeps_nobody_who_can_run_elsewhere("6.18");
}

#[test]
fn an_interrupt_does_not_wait_for_who_has_just_begun_on_the_newest() {
    an_interrupt_does_not_wait_for_who_has_just_begun("newest");
}

#[test]
#[ignore = "make test-all"]
fn an_interrupt_does_not_wait_for_who_has_just_begun_on_6_18() {
    an_interrupt_does_not_wait_for_who_has_just_begun("6.18");
}
