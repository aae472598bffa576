//! The kernel's tracer of scheduling events, /sys/kernel/tracing.

use std::fs::File;
use std::io::{BufRead, BufReader};

use crate::waits::{Event, parse};

const EVENTS: [&str; 4] = ["sched_switch", "sched_wakeup", "sched_wakeup_new", "sched_migrate_task"];

/// Record from now on.
pub fn start() {
    write("buffer_size_kb", "8192");
    for event in EVENTS {
        write(&format!("events/sched/{event}/enable"), "1");
    }
    write("tracing_on", "1");
}

/// Record no more, and have what was recorded read, in the order of time.
pub fn stop(mut see: impl FnMut(u64, Event)) {
    write("tracing_on", "0");
    let file = path("trace");
    let lines = BufReader::new(File::open(&file).unwrap_or_else(|e| panic!("{file}: {e}"))).lines();
    for line in lines {
        let line = line.expect("the trace can be read");
        if let Some((_, counts)) = line.split_once("entries-in-buffer/entries-written: ") {
            let (kept, written) = counts.split_once('/').expect("two counts");
            assert!(written.starts_with(kept), "the trace did not fit into its buffer: {counts}");
        }
        if let Some((at, event)) = parse(&line) {
            see(at, event);
        }
    }
}

fn path(file: &str) -> String {
    format!("/sys/kernel/tracing/{file}")
}

fn write(file: &str, text: &str) {
    std::fs::write(path(file), text).unwrap_or_else(|e| panic!("writing '{text}' to {}: {e}", path(file)));
}
