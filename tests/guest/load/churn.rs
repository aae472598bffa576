//! Hogs whose affinity, nice value or cpuset someone else keeps changing, whatever they are doing at the time.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use serde::Deserialize;

use crate::children;
use crate::choices::Choices;
use crate::clock::{self, NS_PER_MS};
use crate::hogs::{self, Hog, Until};
use crate::report::{Report, Thread};
use crate::task::{self, CpuList};

#[derive(Args)]
pub struct Options {
    #[arg(long, default_value_t = 12)]
    pub threads: usize,
    /// Changes in all
    #[arg(long, default_value_t = 200)]
    pub changes: usize,
    /// Guest time between two changes
    #[arg(long, default_value_t = 2)]
    pub every_ms: u64,
}

/// Set a random hog to a random range of CPUs, over and over.
pub fn affinity(options: &Options) -> Report {
    let online = CpuList::online();
    with_hogs("affinity-churn", options, |hogs, choices| {
        let hog = &hogs[choices.below(hogs.len())];
        task::set_affinity(hog.tid, some_of(online.as_slice(), choices));
    })
}

/// Set a random hog to a random nice value, over and over.
pub fn nice(options: &Options) -> Report {
    with_hogs("nice-churn", options, |hogs, choices| {
        let hog = &hogs[choices.below(hogs.len())];
        task::set_nice(hog.tid, choices.below(40) as i32 - 20);
    })
}

fn with_hogs(load: &'static str, options: &Options, mut change: impl FnMut(&[Hog], &mut Choices)) -> Report {
    let begin = clock::now();
    let stop = Arc::new(AtomicBool::new(false));
    let hogs = hogs::start(&[0], options.threads, &Until::Told(stop.clone()), None, false);
    let mut choices = Choices::new();
    every(options, || change(&hogs, &mut choices));
    stop.store(true, Ordering::Relaxed);
    let threads = hogs.into_iter().map(Hog::join).collect();
    Report::new(load, threads, clock::now() - begin).with("changes", options.changes as f64)
}

fn every(options: &Options, mut change: impl FnMut()) {
    // The one who makes the changes must not wait in line behind those it makes them to.
    task::set_nice(task::tid(), -20);
    for _ in 0..options.changes {
        clock::sleep_until(clock::now() + options.every_ms * NS_PER_MS);
        change();
    }
}

/// A stretch of `cpus`, at least one long.
fn some_of<'a>(cpus: &'a [usize], choices: &mut Choices) -> &'a [usize] {
    let first = choices.below(cpus.len());
    let length = 1 + choices.below(cpus.len() - first);
    &cpus[first..first + length]
}

/// Move processes between two cpusets, and change the cpusets' CPUs under them.
pub fn cpuset(options: &Options) -> Report {
    let begin = clock::now();
    let root = Path::new("/sys/fs/cgroup");
    write(&root.join("cgroup.subtree_control"), "+cpuset");
    let groups = [root.join("churn-a"), root.join("churn-b")].map(Group::create);

    // Threads of one process cannot lie in two cgroups, so each hog is a process.
    let cpu_ms = (options.changes as u64 * options.every_ms / 2).max(1).to_string();
    let children: Vec<_> = (0..options.threads)
        .map(|_| children::load(&["hogs", "--cpu-ms", &cpu_ms]).stdout(Stdio::piped()).spawn().expect("a child"))
        .collect();
    let online = CpuList::online();
    let mut choices = Choices::new();
    every(options, || {
        let group = &groups[choices.below(groups.len())];
        if choices.below(2) == 0 {
            group.set_cpus(some_of(online.as_slice(), &mut choices));
        } else {
            group.take(&children[choices.below(children.len())]);
        }
    });
    for group in &groups {
        group.set_cpus(online.as_slice());
    }
    let threads = children.into_iter().map(reap).collect();
    Report::new("cpuset-churn", threads, clock::now() - begin).with("changes", options.changes as f64)
}

struct Group(PathBuf);

impl Group {
    fn create(path: PathBuf) -> Self {
        std::fs::create_dir(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        Group(path)
    }

    fn set_cpus(&self, cpus: &[usize]) {
        let list: Vec<_> = cpus.iter().map(usize::to_string).collect();
        write(&self.0.join("cpuset.cpus"), &list.join(","));
    }

    fn take(&self, child: &Child) {
        write(&self.0.join("cgroup.procs"), &child.id().to_string());
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // All its processes have ended by now.
        std::fs::remove_dir(&self.0).ok();
    }
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap_or_else(|e| panic!("writing '{text}' to {}: {e}", path.display()));
}

/// Wait for a child and take over the one thread of its report.
fn reap(mut child: Child) -> Thread {
    #[derive(Deserialize)]
    struct ChildReport {
        threads: [Thread; 1],
    }
    let mut text = String::new();
    child.stdout.take().expect("stdout is a pipe").read_to_string(&mut text).expect("the child's report is text");
    let status = child.wait().expect("the child can be waited for");
    assert!(status.success(), "a child failed: {status}");
    let ChildReport { threads: [thread] } = serde_json::from_str(&text).expect("a child prints its report");
    thread
}
