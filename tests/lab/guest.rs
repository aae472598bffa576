use crate::lab::guest::{tell, why_lost};
use crate::lab::results::Outcome;

const STARTED: &str = r#"{"lab":"started","scenario":"a"}"#;
const ENDED: &str = r#"{"lab":"ended","scenario":"a","ran":{"window_ms":1.0,"groups":[],"switches":1,"daemon":null}}"#;

/// The outcomes of scenarios a and b.
fn outcomes(lines: &[&str], status: i32) -> [Outcome; 2] {
    let scenario = |name: &str| {
        format!(r#"{{"name":"{name}","warmup_ms":0,"window_ms":1,"limit_s":1,"bpf_stats":false,"groups":[]}}"#)
    };
    let session = format!(
        r#"{{"contestant":["x"],"attach_limit_s":1,"head_start_us":0,"machine":{{"cpus":[]}},"scenarios":[{},{}],
        "model":{{"cold":{{"core":{{"speed":1,"us":1}},"llc":{{"speed":1,"us":1}},"node":{{"speed":1,"us":1}}}},
        "remote_memory":1,"memory_follows_ms":1,"fellows_apart":1,"smt":1}}}}"#,
        scenario("a"),
        scenario("b")
    );
    let told = tell(&serde_json::from_str(&session).unwrap(), &lines.join("\n"), status, "Kernel panic - oh");
    [told[0].outcome, told[1].outcome]
}

#[test]
fn every_scenario_has_an_outcome_however_the_guest_ended() {
    use Outcome::*;
    let thrown = |note: &str| format!(r#"{{"lab":"thrown-out","scenario":"a","note":"{note}"}}"#);
    let not_attached = r#"{"lab":"not-attached","note":"no BTF"}"#;
    let hung = r#"{"lab":"broken","scenario":"a","hung":true,"note":""}"#;
    for (lines, status, expected) in [
        (vec![], 124, [Hung, Hung]),
        (vec![STARTED], 124, [Hung, Lost]),
        (vec![STARTED, ENDED], 123, [Ok, Lost]),
        (vec![STARTED, ENDED, "[ 1.0] WARNING: noise"], 0, [Ok, Lost]),
        (vec![not_attached], 0, [FailedToLoad, FailedToLoad]),
        (vec![STARTED, hung], 0, [Hung, Lost]),
        (vec![STARTED, ENDED, &thrown("runnable task stall")], 0, [Stalled, Lost]),
        (vec![STARTED, ENDED, &thrown("error"), not_attached], 0, [ThrownOut, FailedToLoad]),
    ] {
        assert_eq!(outcomes(&lines, status), expected, "{lines:?} {status}");
    }
}

#[test]
fn loss_says_when_and_why() {
    assert_eq!(
        why_lost(123, "x\nKernel panic - not syncing\n", Some("a")),
        "the guest ended with status 123 during a: Kernel panic - not syncing"
    );
}
