use std::time::Duration;

use crate::lab::hearing::*;
use crate::lab::results::Outcome::{self, *};
use crate::lab::spec::{Line, Session};

const ENDED: &str = r#"{"lab":"ended","scenario":"","ran":{"window_ms":1.0,"groups":[],"switches":1,"daemon":null}}"#;

/// A session of scenarios a, b and c.
fn session() -> Session {
    let scenario = |name: &str| {
        format!(r#"{{"name":"{name}","warmup_ms":0,"window_ms":1,"limit_s":7,"bpf_stats":false,"groups":[]}}"#)
    };
    let session = format!(
        r#"{{"contestant":["x"],"attach_limit_s":1,"head_start_us":0,"machine":{{"cpus":[]}},"scenarios":[{},{},{}],
        "model":{{"cold":{{"core":{{"speed":1,"us":1}},"llc":{{"speed":1,"us":1}},"node":{{"speed":1,"us":1}}}},
        "remote_memory":1,"memory_follows_ms":1,"fellows_apart":1,"smt":1}}}}"#,
        scenario("a"),
        scenario("b"),
        scenario("c"),
    );
    serde_json::from_str(&session).unwrap()
}

fn started(name: &str) -> String {
    format!(r#"{{"lab":"started","scenario":"{name}"}}"#)
}

fn thrown_out(note: &str) -> String {
    format!(r#"{{"lab":"thrown-out","scenario":"","note":"{note}"}}"#)
}

/// What is told of a, b and c in the end; none if they need another guest.
fn outcomes(lines: &[String], end: &End) -> [Option<Outcome>; 3] {
    let mut hearing = Hearing::new(&session());
    let lines = lines.iter().map(|line| serde_json::from_str::<Line>(line).unwrap_or_else(|e| panic!("{e}: {line}")));
    let mut told: Vec<_> = lines.filter_map(|line| hearing.line(line)).collect();
    told.extend(hearing.end(end));
    let mut outcomes = [None; 3];
    for (index, told) in told {
        assert_eq!(outcomes[index], None, "told twice");
        assert_eq!(told.ran.is_some(), told.outcome == Ok);
        outcomes[index] = Some(told.outcome);
    }
    outcomes
}

#[test]
fn every_scenario_is_told_or_gets_another_guest_however_the_guest_ended() {
    let ended = || ENDED.to_string();
    let not_attached = || r#"{"lab":"not-attached","note":"no BTF"}"#.to_string();
    let hung = || r#"{"lab":"broken","scenario":"","hung":true,"note":""}"#.to_string();
    let done = || r#"{"lab":"done"}"#.to_string();
    let (a, b, c) = (|| started("a"), || started("b"), || started("c"));
    let well = End::Status(0, String::new());
    let died = End::Status(123, "Kernel panic - oh".into());
    let silent = End::Silent(Duration::from_secs(1));
    for (lines, end, expected) in [
        (vec![a(), ended(), b(), ended(), c(), ended(), done()], &well, [Some(Ok), Some(Ok), Some(Ok)]),
        // Nothing was started: another guest would do the same.
        (vec![], &silent, [Some(Hung), Some(Hung), Some(Hung)]),
        (vec![], &died, [Some(Lost), Some(Lost), Some(Lost)]),
        (vec![not_attached(), done()], &well, [Some(FailedToLoad), Some(FailedToLoad), Some(FailedToLoad)]),
        // It ended in the middle.
        (vec![a()], &silent, [Some(Hung), None, None]),
        (vec![a(), ended(), b()], &silent, [Some(Ok), Some(Hung), None]),
        (vec![a(), ended(), b()], &died, [Some(Ok), Some(Lost), None]),
        (vec![a(), ended()], &died, [Some(Ok), None, None]),
        (vec![a(), hung(), b(), ended()], &well, [Some(Hung), Some(Ok), None]),
        // The contestant did, and came back; or did not.
        (
            vec![a(), ended(), thrown_out("runnable task stall"), b(), ended(), c(), thrown_out("error"), done()],
            &well,
            [Some(Stalled), Some(Ok), Some(ThrownOut)],
        ),
        (vec![a(), ended(), thrown_out("error"), not_attached(), done()], &well, [Some(ThrownOut), None, None]),
        // A line was garbled.
        (vec![a(), b(), ended(), c(), ended(), done()], &well, [Some(Lost), Some(Ok), Some(Ok)]),
    ] {
        assert_eq!(outcomes(&lines, end), expected, "{lines:?} {end:?}");
    }
}

#[test]
fn a_scenario_is_told_as_soon_as_nothing_more_can_be_said_of_it() {
    let mut hearing = Hearing::new(&session());
    let mut line =
        |text: &str| hearing.line(serde_json::from_str(text).unwrap()).map(|(index, told)| (index, told.attach));
    assert_eq!(line(r#"{"lab":"attached","ms":7.0,"verified_instructions":9}"#), None);
    assert_eq!(line(&started("a")), None);
    assert_eq!(line(ENDED), None, "it may still be thrown out");
    assert_eq!(line(&started("b")), Some((0, Some(Attach { ms: 7.0, verified_instructions: 9 }))));
}

#[test]
fn a_guest_may_be_silent_for_as_long_as_what_it_does_may_take() {
    let mut hearing = Hearing::new(&session());
    let mut after = |text: &str| {
        hearing.line(serde_json::from_str(text).unwrap());
        hearing.patience()
    };
    let scenario = Duration::from_secs(70);
    assert_eq!(after(&started("a")), scenario);
    assert!(after(ENDED) > scenario, "it may have to attach once more");
}

#[test]
fn loss_says_why() {
    let said = why_lost(123, "x\nKernel panic - not syncing\n");
    assert_eq!(said, "the guest ended with status 123: Kernel panic - not syncing");
}
