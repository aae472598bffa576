//! `scx_domains task`: what the scheduler knows of a task, beside what the kernel tells of it to everybody.

use super::{ask_once, print, unexpected};
use crate::cli::TaskArgs;
use crate::control::{Reply, Request, TaskShown};
use crate::failure::Failure;
use crate::stats::tasks;
use crate::top::threads::{Told, told};
use serde_json::json;
use std::path::Path;
use std::time::Duration;

/// Do it.
///
/// # Errors
/// [`Failure`]: the daemon cannot be asked, or there is no such task.
pub fn task(args: &TaskArgs) -> Result<(), Failure> {
    let task = match ask_once(&args.client, &Request::Task { pid: args.pid })? {
        Reply::Task(task) => task,
        other => return Err(unexpected(&other)),
    };
    let told = told(Path::new("/proc"), args.pid);
    if args.client.json {
        return print(&format!("{}\n", json!({ "scheduler": task, "proc": told, "why": why(&task, &told) })));
    }
    print(&text(&task, &told))
}

fn text(task: &TaskShown, told: &Told) -> String {
    let TaskShown { pid, home, home_cpus, node, cpu, .. } = task;
    let ms = |ns: i64| ns as f64 / 1e6;
    let does = match task.waited_ns {
        Some(ns) => format!("waits in a queue, for {:.1} ms now", ms(ns.cast_signed())),
        None if task.member => "runs, or is about to".to_owned(),
        None => "sleeps".to_owned(),
    };
    format!(
        "task {pid} ({})\n\
         load      {:.2}: weight {:.2}, wants to run {:.0} % of the time\n\
         state     {does}; {:.1} ms of run time are owed to it\n\
         domain    {home} (node {node}, CPUs {home_cpus}), last on CPU {cpu}\n\
         affinity  {}\n\
         cgroup    {}{}\n\
         here      {}\n",
        told.name,
        tasks(task.load),
        tasks(task.weight),
        task.duty as f64 / 10.24,
        ms(task.lag_ns),
        told.affinity,
        told.cgroup,
        if task.weight == task.own_weight {
            String::new()
        } else {
            format!(", which makes a weight of {:.2} of one of {:.2}", tasks(task.weight), tasks(task.own_weight))
        },
        why(task, told),
    )
}

/// Why it is where it is.
fn why(task: &TaskShown, told: &Told) -> String {
    if task.pinned {
        return format!("it can run on CPU {} only", task.cpu);
    }
    let moved = task.moved_ago_ns.map(|ns| humantime::format_duration(Duration::from_millis(ns / 1_000_000)));
    let moved = moved.map_or(String::new(), |ago| format!("; a flow last moved it {ago} ago"));
    if !told.affinity.is_empty() && told.affinity == task.home_cpus {
        return format!("it can run in this domain only{moved}");
    }
    format!("it belongs to the domain where it last ran{moved}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task() -> TaskShown {
        TaskShown {
            pid: 7,
            home: 1,
            home_cpus: "2-3".to_owned(),
            node: 0,
            member: true,
            pinned: false,
            cpu: 2,
            load: 512,
            weight: 1024,
            own_weight: 2048,
            duty: 512,
            lag_ns: -1_500_000,
            waited_ns: Some(2_500_000),
            moved_ago_ns: Some(61_000_000_000),
        }
    }

    #[test]
    fn a_task_is_told_in_lines() {
        let told = Told { name: "hog".to_owned(), affinity: "0-7".to_owned(), cgroup: "/a".to_owned() };
        assert_eq!(
            text(&task(), &told),
            "task 7 (hog)\n\
             load      0.50: weight 1.00, wants to run 50 % of the time\n\
             state     waits in a queue, for 2.5 ms now; -1.5 ms of run time are owed to it\n\
             domain    1 (node 0, CPUs 2-3), last on CPU 2\n\
             affinity  0-7\n\
             cgroup    /a, which makes a weight of 1.00 of one of 2.00\n\
             here      it belongs to the domain where it last ran; a flow last moved it 1m 1s ago\n"
        );
    }

    #[test]
    fn affinity_is_a_reason() {
        let told = Told { affinity: "2-3".to_owned(), ..Told::default() };
        assert!(why(&task(), &told).starts_with("it can run in this domain only; a flow"));
        let pinned = TaskShown { pinned: true, moved_ago_ns: None, ..task() };
        assert_eq!(why(&pinned, &told), "it can run on CPU 2 only");
    }
}
