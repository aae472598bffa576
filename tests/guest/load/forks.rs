//! Processes that are born, do next to nothing and end.

use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Args;

use crate::children;
use crate::clock;
use crate::report::{Report, Thread};
use crate::task;

#[derive(Args)]
pub struct Options {
    /// Processes in all
    #[arg(long, default_value_t = 100)]
    pub count: usize,
    /// Processes at a time
    #[arg(long, default_value_t = 4)]
    pub parallel: usize,
}

pub fn main(options: &Options) -> Report {
    let begin = clock::now();
    let started = AtomicUsize::new(0);
    let threads = std::thread::scope(|scope| {
        let parents: Vec<_> = (0..options.parallel).map(|_| scope.spawn(|| parent(options.count, &started))).collect();
        parents.into_iter().map(|p| p.join().expect("every child ends well")).collect()
    });
    Report::new("forks", threads, clock::now() - begin).with("children", options.count as f64)
}

/// Start children one after the other until `count` have been started by all parents together.
fn parent(count: usize, started: &AtomicUsize) -> Thread {
    let mut longest = 0;
    while started.fetch_add(1, Ordering::Relaxed) < count {
        let born = clock::now();
        let mut child = children::load(&["hogs", "--cpu-ms", "1"]);
        let status = child.stdout(Stdio::null()).status().expect("this program can start itself");
        assert!(status.success(), "a child failed: {status}");
        longest = longest.max(clock::now() - born);
    }
    Thread {
        tid: task::tid().as_raw_nonzero().get(),
        cpu_ms: clock::ms(clock::thread_cpu()),
        // From fork to reaping: the whole life of the slowest child.
        max_gap_ms: clock::ms(longest),
        ..Thread::default()
    }
}
