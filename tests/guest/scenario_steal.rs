//! An idle CPU takes work from another node once that has waited for long enough: not before, and not never.

use crate::harness::Guest;
use crate::scheduler::script;
use crate::stats;

/// A hog on each of four CPUs of two nodes and a sleeper beside each, which takes 1 ms of every 10: hogs wait for a moment
/// each time, and CPUs are idle for a moment. With the delay, and without any.
const SHORT_WAITS: &str = "
    load() {
        guest-load hogs --threads 3 --seconds 4 >/dev/null & hogs=$!
        guest-load sleepers --threads 4 --count 300 --period-ms 10 --work-us 1000 >/dev/null && wait $hogs; }
    start --stats 1 --no-balance && load && health && stop && echo without delay &&
    start --stats 1 --no-balance --remote-delay 0ms && load && health && stop";

/// Four hogs that are born on a node of two CPUs and may then run on all four: with no flows, idle CPUs have to come for
/// them. Then where they may not.
const LONG_WAITS: &str = "
    hogs() { guest-load hogs --threads 4 --cpus 0-1 --release --seconds 3 --warmup-ms 1000; }
    start --no-balance && hogs && health && stop && start --no-balance --no-steal && hogs && health && stop";

fn short_waits_are_left_alone(kernel: &str) {
    let guest = Guest::new().kernel(kernel).shape("2x1x2x1").limit(600);
    let outcome = guest.run(&script(SHORT_WAITS)).success().healthy();
    let (delayed, at_once) = outcome.console.split_once("without delay").expect("both halves ran");
    let [delayed, at_once] =
        [delayed, at_once].map(|text| stats::read(text).pop().expect("the last report").stolen_remote);
    println!("on {kernel}: taken from another node {delayed} times, without delay {at_once}");
    assert!(delayed * 4 < at_once && at_once >= 8, "{delayed} with the delay, {at_once} without");
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
fn short_waits_are_left_alone_on_the_newest() {
    short_waits_are_left_alone("newest");
}

#[test]
fn long_waits_are_ended_on_the_newest() {
    long_waits_are_ended("newest");
}

#[test]
fn long_waits_are_ended_on_6_12() {
    long_waits_are_ended("6.12");
}
