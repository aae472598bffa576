//! The lab is cut off as a terminal does it, and started again.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

use crate::lab::results::{self, Outcome};

/// `make bench` in the profile of the tests, in a process group of its own as under a shell.
fn bench(results: &Path) -> Child {
    let mut bench = Command::new(env!("CARGO"));
    bench.args(["test", "--quiet", "--bench", "lab", "--"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    bench.args("--machine 8c2n --only cost --vs eevdf --kernel 7.3 --seeds 1 --jobs 1 --results".split(' '));
    bench.arg(results).stderr(Stdio::null()).stdout(Stdio::null()).process_group(0).spawn().unwrap()
}

#[test]
fn what_is_cut_off_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let results = folder.path().join("results.jsonl");
    let there = || fs::read(&results).unwrap_or_default();

    let mut first = bench(&results);
    let group = Pid::from_child(&first);
    while !there().contains(&b'\n') {
        assert_eq!(first.try_wait().unwrap(), None, "it ended before it had a result");
        std::thread::sleep(Duration::from_millis(20));
    }
    kill_process_group(group, Signal::INT).unwrap();
    assert!(!first.wait().unwrap().success());
    // Its guests end with it.
    while test_kill_process_group(group).is_ok() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let kept = there();
    let before = results::read(&results).unwrap().len();
    assert!((1..4).contains(&before), "it was cut off too late: {before} of 4 runs were there");

    assert!(bench(&results).wait().unwrap().success());
    assert!(there().starts_with(&kept[..=kept.iter().rposition(|&byte| byte == b'\n').unwrap()]), "a line is gone");
    let records = results::read(&results).unwrap();
    let mut runs: Vec<_> =
        records.iter().map(|record| (record.contestant.as_str(), record.scenario.as_str())).collect();
    runs.sort_unstable();
    let all = [("eevdf", "idle"), ("eevdf", "switch-cost"), ("scx_domains", "idle"), ("scx_domains", "switch-cost")];
    assert_eq!(runs, all);
    assert!(records.iter().all(|record| record.outcome == Outcome::Ok));
}
