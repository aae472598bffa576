//! `scx_domains replay`: recorded runs are planned as they were, changes show, and what is no record gives one clear
//! sentence.
//!
//! `records/born-in-one-domain.jsonl` is of a guest on Linux 7.3 with 2 nodes × 2 LLCs × 2 cores: 16 hogs at nice 0 and 5 in
//! turn that were born on CPUs 0-1 and let go at once, then 4 hogs born on CPU 6 (`scenario_record.rs` makes one like it).
//! Whoever changes what is planned sees here what that does to it, and records anew:
//!
//! ```text
//! start --record /rec && guest-load hogs --threads 16 --cpus 0-1 --release --nice 0,5 --seconds 4 &&
//!     guest-load hogs --threads 4 --cpus 6 --release --seconds 2; stop; cat /rec
//! ```

use std::process::{Command, Output};

use serde_json::Value;

const RECORD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/records/born-in-one-domain.jsonl");

fn replay(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_scx_domains")).arg("replay").args(args).output().expect("it starts")
}

fn printed(args: &[&str]) -> String {
    let output = replay(args);
    assert!(output.status.success(), "{args:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// The summary of `--json`.
fn summary(args: &[&str]) -> Value {
    let text = printed(&[args, &["--json"]].concat());
    let last = text.lines().last().expect("a summary");
    serde_json::from_str::<Value>(last).expect("JSON")["summary"].clone()
}

#[test]
fn a_recorded_run_is_planned_as_it_was() {
    let text = printed(&[RECORD]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[0].contains(": 8 CPUs in 4 domains, min_amount=64, worth=256"), "{text}");
    assert_eq!(lines[2], "48 rounds, 0 differ from the record; load planned in all: 12.77 recorded, 12.77 now");
}

/// The negative control: what differs is seen.
#[test]
fn other_parameters_plan_otherwise() {
    let kept = summary(&[RECORD, "--set", "min_amount=64"]);
    assert_eq!((kept["rounds"].as_u64(), kept["differ"].as_u64()), (Some(48), Some(0)));
    let changed = summary(&[RECORD, "--set", "min_amount=512"]);
    assert!(changed["differ"].as_u64() > Some(10), "{changed}");
    assert!(changed["planned_now"].as_u64() < changed["planned_then"].as_u64(), "{changed}");

    let text = printed(&[RECORD, "--set", "min_amount=512"]);
    assert!(text.contains("\n  recorded: ") && text.contains("\n  now:      nothing\n"), "{text}");
    assert!(text.contains("min_amount=64, worth=256; now min_amount=512, worth=256\n"), "{text}");
}

#[test]
fn every_flow_is_explained() {
    let text = printed(&[RECORD, "--explain", "--json"]);
    let mut flows = 0;
    for line in text.lines().filter(|line| line.contains("\"why\"")) {
        let round: Value = serde_json::from_str(line).expect("JSON");
        let (now, why) = (round["now"].as_array().expect("flows"), round["why"].as_array().expect("sentences"));
        for (flow, why) in now.iter().zip(why) {
            let begin = format!("{} -> {}: ", flow["src"], flow["dst"]);
            assert!(why.as_str().is_some_and(|why| why.starts_with(&begin)), "{flow} is explained by {why}");
        }
        assert!(why.len() >= now.len());
        flows += now.len();
    }
    assert!(flows > 20, "{flows} flows");
    let text = printed(&[RECORD, "--explain"]);
    assert!(text.contains("\ndomain 3: CPUs 6-7, node 1\n"), "{text}");
    for words in
        [" for what its tasks have lost before", "the nearest with room, on the same node", "It gives nothing: "]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn a_record_cut_off_by_a_kill_is_replayed() {
    let folder = tempfile::tempdir().expect("a folder");
    let cut = folder.path().join("cut");
    let whole = std::fs::read(RECORD).expect("the record");
    std::fs::write(&cut, &whole[..whole.len() - 40]).expect("a file");
    let text = printed(&[cut.to_str().expect("a path")]);
    assert!(text.contains("the record's last line was cut off") && text.contains("47 rounds, 0 differ"), "{text}");
}

#[test]
fn what_cannot_be_replayed_is_told_in_a_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let made = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.to_str().expect("a path").to_owned()
    };
    let whole = std::fs::read_to_string(RECORD).expect("the record");
    let other_format = made("format", &whole.replacen("\"format\":1", "\"format\":2", 1));
    let damaged = made("damaged", &whole.replacen("{\"load\":", "{\"lead\":", 1));
    let empty = made("empty", "");
    for (args, words) in [
        (vec![empty.as_str()], "is not a record: make one with `scx_domains --record FILE`"),
        (vec![concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")], "is not a record"),
        (vec![other_format.as_str()], "format 2, and this scx_domains reads format 1"),
        (vec![damaged.as_str()], "line 2 is damaged"),
        (vec!["/nowhere/record"], "No such file"),
        (vec![RECORD, "--set", "least=3"], "Known are: "),
        (vec![RECORD, "--set", "min_amount=many"], "`many` is no value for min_amount, which is 64"),
    ] {
        let output = replay(&args);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {error}");
        assert!(error.lines().count() == 1 && error.contains(words), "{args:?}: {error}");
    }
}
