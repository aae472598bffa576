//! It attaches on each kernel that it supports, under its own name, soon, and gives scheduling back when asked to.

use crate::harness::{Guest, Outcome, lacks_6_12};
use crate::scheduler::{OPS, script};

/// Seconds of guest time until it runs: far more than the slowest takes, far less than a user would wait for.
const SOON: f64 = 10.0;

/// Attach twice, and end it by one signal, then by the other. Nothing tells it the kernel's configuration.
const TWICE: &str = "
    ls /proc/config.gz /boot/config-* 2>/dev/null | sed 's/^/config=/'
    start && health && stop TERM && start && health && stop INT && complaints | wc -l | sed 's/^/complaints=/'";

/// From the lines "… (attached in 1.54 s)".
fn attach_times(outcome: &Outcome) -> Vec<f64> {
    let lines = outcome.console.lines().filter_map(|line| line.split_once("(attached in "));
    lines.filter_map(|(_, rest)| rest.strip_suffix(" s)")?.parse().ok()).collect()
}

#[track_caller]
fn attaches_and_stops(guest: &Guest, what: &str) {
    let outcome = guest.run(&script(TWICE)).success().healthy();
    let times = attach_times(&outcome);
    println!("attached {what} in {times:?} s of guest time");
    assert!(times.len() == 2 && times.iter().all(|t| *t < SOON), "{what}: {times:?}");
    assert_eq!(outcome.said("config"), Vec::<&str>::new(), "a guest has no kernel configuration to read");
    let by = |name| outcome.said(name);
    assert_eq!((by("rc"), by("after")), (vec!["0", "0"], vec!["disabled", "disabled"]), "{}", outcome.console);
    assert_eq!(by("complaints"), ["0"], "{}", outcome.console);
    let stopped = outcome.console.lines().filter(|line| line.starts_with("scx_domains: stopped: ")).count();
    assert_eq!(stopped, 2, "each signal is told as a stop\n{}", outcome.console);
}

#[test]
fn attaches_and_stops_on_the_newest() {
    attaches_and_stops(&Guest::new(), "on the newest kernel");
}

#[test]
#[ignore = "make test-all"]
fn attaches_and_stops_on_6_18() {
    attaches_and_stops(&Guest::new().kernel("6.18"), "on 6.18");
}

#[test]
#[ignore = "make test-all"]
fn attaches_and_stops_on_6_12() {
    if !lacks_6_12() {
        attaches_and_stops(&Guest::new().kernel("6.12"), "on 6.12");
    }
}

/// Not root, but with CAP_PERFMON (38) and CAP_BPF (39): `as_nobody CAPABILITIES`.
const CAPABILITIES: &str = "
    as_nobody() { exec full-setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps -all,$1 --ambient-caps -all,$1 \
        --bounding-set -all,$1 /bin/scx_domains; }
    scx_domains() { as_nobody +cap_38,+cap_39; }
    start && health && stop
    (as_nobody +cap_39); echo \"rc=$?\"";

#[test]
fn two_capabilities_will_do_without_root_on_one_cpu() {
    let guest = Guest::new().shape("1x1x1x1").copy("/usr/bin/setpriv:/bin/full-setpriv");
    let outcome = guest.run(&script(CAPABILITIES)).success().healthy();
    assert_eq!(outcome.said("rc"), ["0", "3"], "with both of them, and with one\n{}", outcome.console);
    assert!(outcome.console.contains("CAP_BPF and CAP_PERFMON"), "{}", outcome.console);
}

/// A signal that comes while the programs are still being loaded is not lost.
#[test]
fn a_signal_stops_what_is_still_attaching() {
    let body = "scx_domains >/log 2>&1 & scheduler=$!
        usleep 500000
        echo \"attached=$(grep -c attached /log)\"
        stop";
    let outcome = Guest::new().shape("1x1x1x1").run(&script(body)).success();
    assert_eq!(outcome.said("attached"), ["0"], "half a second is too long to catch it\n{}", outcome.console);
    assert_eq!((outcome.said("rc"), outcome.said("after")), (vec!["0"], vec!["disabled"]), "{}", outcome.console);
    assert!(outcome.console.contains("scx_domains: stopped: "), "{}", outcome.console);
}

/// What the tests above look at can be otherwise: a scheduler that is killed is not told as stopped, and the kernel
/// has neither its name nor the state when it does not run.
#[test]
fn a_kill_is_no_stop() {
    let outcome = Guest::new().shape("1x1x1x1").run(&script("start; stop KILL; health"));
    assert_eq!(outcome.said("rc"), ["137"], "{}", outcome.console);
    assert!(!outcome.console.contains("stopped: "), "{}", outcome.console);
    let health = outcome.said("health");
    assert!(health.len() == 1 && !health[0].contains(OPS) && health[0].contains("alive no"), "{health:?}");
    assert!(health[0].starts_with("disabled "), "the kernel takes back what a killed scheduler had: {health:?}");
}
