//! When it cannot run, it says so in a line that names the reason, ends with the code for it, and leaves scheduling
//! with the kernel.

use crate::harness::{Guest, Outcome};
use crate::scheduler::{HEALTHY, OPS, script};

/// `try NAME COMMAND…` runs it and prints "rc=NAME …", "out=NAME …", "err=NAME …" and, after it, "state=NAME …".
/// What attaches although it should not is stopped after a while, and ends with 0.
const TRY: &str = r#"
try() {
    name=$1; shift
    timeout 20 "$@" >/out 2>/err
    echo "rc=$name $?"
    sed "s/^/out=$name /" /out
    sed "s/^/err=$name /" /err
    echo "state=$name $(cat /sys/kernel/sched_ext/state)"
}
"#;

fn tries(guest: &Guest, body: &str) -> Outcome {
    guest.run(&script(&format!("{TRY}{body}")))
}

/// What a `try` printed: of `kind` "rc", "out", "err" or "state".
fn of<'a>(outcome: &'a Outcome, kind: &str, name: &str) -> Vec<&'a str> {
    outcome.said(kind).into_iter().filter_map(|said| said.strip_prefix(name)?.strip_prefix(' ')).collect()
}

/// It ended with this code and one line of error, which has all these words in it.
#[track_caller]
fn refused(outcome: &Outcome, name: &str, code: &str, words: &[&str]) {
    // clap adds where to find help.
    let errors: Vec<_> = of(outcome, "err", name);
    let errors: Vec<_> =
        errors.into_iter().filter(|l| !l.is_empty() && !l.starts_with("For more information")).collect();
    assert_eq!(of(outcome, "rc", name), [code], "{name}\n{}{}", outcome.console, outcome.errors);
    assert_eq!(errors.len(), 1, "{name}: one line says it all\n{}", outcome.console);
    for word in words {
        assert!(errors[0].contains(word), "{name}: {word:?} is not in: {}", errors[0]);
    }
}

#[test]
fn bad_arguments_and_missing_rights_are_told() {
    let outcome = tries(
        &Guest::new(),
        r#"
        try zero scx_domains --balance-interval 0
        try short scx_domains --balance-interval 1ms
        try word scx_domains --balance-interval abc
        try other scx_domains --topology "synthetic:node:1 core:2 pu:1"
        try missing scx_domains --topology /missing.xml
        echo junk >/junk.xml
        try junk scx_domains --topology /junk.xml
        echo root:x:0:0:root:/:/bin/sh >/etc/passwd
        echo nobody:x:65534:65534:nobody:/:/bin/sh >>/etc/passwd
        try nobody su nobody -c scx_domains
        try nobody-check su nobody -c "scx_domains check"
        try root-check scx_domains check
        # Last: it runs, until `try` ends it.
        try good scx_domains --balance-interval 10ms"#,
    )
    .success();
    for name in ["zero", "short", "word"] {
        refused(&outcome, name, "2", &["--balance-interval", "10ms to 60s"]);
    }
    refused(&outcome, "other", "2", &["--topology", "synthetic:node:1 core:2 pu:1", "is not this one", "0-1", "0-7"]);
    refused(&outcome, "missing", "2", &["/missing.xml", "No such file"]);
    refused(&outcome, "junk", "2", &["/junk.xml", "not an hwloc XML file"]);
    refused(&outcome, "nobody", "3", &["no permission", "as root"]);
    refused(&outcome, "nobody-check", "3", &["cannot run here"]);
    assert!(of(&outcome, "out", "nobody-check").iter().any(|line| line.starts_with("no   privileges ")));
    let states = outcome.said("state");
    assert!(states.len() == 10 && states.iter().all(|said| said.ends_with(" disabled")), "{states:?}");

    // What is refused above is so for the reason given: with rights, and within the bounds, it runs.
    assert_eq!((of(&outcome, "rc", "root-check"), of(&outcome, "err", "root-check")), (vec!["0"], vec![]));
    assert!(of(&outcome, "out", "root-check").iter().all(|line| !line.starts_with("no ")), "{}", outcome.console);
    assert_eq!(of(&outcome, "rc", "good"), ["0"], "{}", outcome.console);
    assert!(of(&outcome, "err", "good").iter().any(|line| line.contains("attached in")), "{}", outcome.console);
}

/// The second one is refused, the first goes on; then sysrq-S ends that.
#[test]
fn second_instance_and_sysrq_are_told() {
    let outcome = tries(
        &Guest::new(),
        "start || exit
        try second scx_domains
        try check scx_domains check
        health
        echo S >/proc/sysrq-trigger
        ended
        try again scx_domains check",
    )
    .success();
    refused(&outcome, "second", "5", &["another sched_ext scheduler is running", OPS]);
    refused(&outcome, "check", "5", &["cannot run here"]);
    let line = format!("{OPS} is loaded; stop it first");
    assert!(of(&outcome, "out", "check").iter().any(|l| l.starts_with("no ") && l.ends_with(&line)), "{outcome:?}");
    assert_eq!(outcome.said("health"), [HEALTHY], "the first goes on\n{}", outcome.console);

    // scheduler.sh says how the first ended in lines without a name; `try` has one.
    assert_eq!(outcome.said("rc")[2..3], ["7"], "{}", outcome.console);
    assert_eq!(outcome.said("after"), ["disabled"]);
    let told: Vec<_> = outcome.console.lines().filter(|line| line.contains("disabled by sysrq-S")).collect();
    assert_eq!(told.len(), 1, "one sentence says it\n{}", outcome.console);
    assert!(told[0].starts_with("scx_domains: ") && told[0].contains("schedules by itself again"), "{}", told[0]);
    // Nothing is left that a second instance could stumble over.
    assert_eq!(of(&outcome, "rc", "again"), ["0"], "{}", outcome.console);
}

/// A real-time task takes the only CPU for longer than the watchdog waits. From 7.0 on the kernel's deadline server leaves
/// the class of sched_ext some time even then; before, nobody can help it.
#[test]
#[ignore = "make test-all"]
fn a_stall_is_told_with_the_dump() {
    let body = "start && health && guest-load hogs --policy fifo --seconds 35 && ended; health";
    let outcome = Guest::new().kernel("6.18").shape("1x1x1x1").limit(600).run(&script(body)).success();
    let health = outcome.said("health");
    assert!(health[0] == HEALTHY && health[1].starts_with("disabled "), "{health:?}");
    assert_eq!((outcome.said("rc"), outcome.said("after")), (vec!["6"], vec!["disabled"]), "{}", outcome.console);
    let told: Vec<_> =
        outcome.console.lines().filter(|line| line.starts_with("scx_domains: the kernel threw")).collect();
    assert!(told.len() == 1 && told[0].contains("stall") && told[0].contains("report it"), "{}", outcome.console);
    // What ops.dump, dump_cpu and dump_task add to the kernel's own words.
    for ours in ["domain 0: online=1", "own_queue=", "home=0 member="] {
        assert!(outcome.console.contains(ours), "{ours:?} is not in the dump\n{}", outcome.console);
    }
}

#[test]
fn isolated_cpus_are_told() {
    let body = "try check scx_domains check; try run scx_domains";
    let outcome = tries(&Guest::new().shape("1x2x2x1").append("isolcpus=2-3"), body).success();
    refused(&outcome, "check", "4", &["cannot run here"]);
    let found = of(&outcome, "out", "check");
    assert!(found.iter().any(|l| l.starts_with("no   isolated CPUs ") && l.contains("CPUs 2-3")), "{found:?}");
    refused(&outcome, "run", "4", &["isolcpus", "2-3"]);
    assert_eq!(of(&outcome, "state", "run"), ["disabled"]);
}
