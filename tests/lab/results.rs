use std::fs::OpenOptions;
use std::io::Write;

use crate::lab::results::*;

pub fn record(seed: u64, outcome: Outcome) -> Record {
    Record {
        machine: "8c2n".into(),
        kernel: "7.3.4".into(),
        contestant: "eevdf".into(),
        version: "7.3.4".into(),
        suite: "hogs".into(),
        scenario: "hogs-few".into(),
        seed,
        after: None,
        parameters: Parameters {
            shape: "2x1x4x1".into(),
            scenario: serde_json::Value::Null,
            model: "0".into(),
            load: "0".into(),
            qemu: "10.0.2".into(),
            packages: std::collections::BTreeMap::new(),
            hash: "0".into(),
        },
        outcome,
        note: String::new(),
        measures: Measures::new(),
        series: Series::new(),
    }
}

#[test]
fn a_file_that_was_cut_off_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/results.jsonl");
    let (first, mut second) = (record(1, Outcome::Ok), record(2, Outcome::Ok));
    second.measures.insert("delivered_percent".into(), 99.5);
    second.series.insert("wake_ms_by_percentile".into(), vec![(50.0, 1.5), (100.0, 7.0)]);
    Results::open(&path, false).unwrap().add(&first).unwrap();
    OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"machine\":\"8c").unwrap();

    let mut results = Results::open(&path, false).unwrap();
    assert!(results.has(&first.key()) && !results.has(&second.key()));
    results.add(&second).unwrap();
    assert_eq!(read(&path).unwrap(), [first, second]);
}

#[test]
fn failures_are_results_unless_they_are_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("results.jsonl");
    let failed = record(1, Outcome::Stalled);
    Results::open(&path, false).unwrap().add(&failed).unwrap();
    assert!(Results::open(&path, false).unwrap().has(&failed.key()));
    assert!(!Results::open(&path, true).unwrap().has(&failed.key()));
}

#[test]
fn a_file_of_something_else_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "dear diary\n").unwrap();
    let said = Results::open(&path, false).err().unwrap();
    assert!(said.starts_with("line 1 of ") && said.contains("is no result"), "{said}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "dear diary\n");
}
