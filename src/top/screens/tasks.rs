//! The tasks that ran most lately, by the domain that they belong to.

use super::{Lines, shortened};
use crate::top::data::{Data, Task};
use crate::top::theme::Theme;
use crate::top::ui::Ui;
use ratatui::text::{Line, Span};

const HEADING: &str = "    PID NAME            DOM CLASS   LOAD WANTS  MOVED WHY HERE CPUS       CGROUP";

/// Columns before the last.
const BEFORE_CGROUP: usize = HEADING.len() - "CGROUP".len();

/// The lines.
pub fn lines(data: &Data, ui: &Ui, theme: &Theme, width: usize) -> Lines {
    let mut lines = Lines { heading: vec![Line::styled(HEADING, theme.heading())], ..Lines::default() };
    let mut tasks: Vec<&Task> =
        data.tasks.iter().filter(|task| ui.zoom.is_none_or(|domain| domain == task.home)).collect();
    tasks.sort_by_key(|task| (task.home, std::cmp::Reverse(task.load), task.id));
    if ui.reversed {
        tasks.reverse();
    }
    for task in tasks {
        let line = line(data, task, theme, width);
        if ui.shows(&line.to_string()) {
            lines.row(line, Some(task.home));
        }
    }
    if lines.rows.is_empty() {
        lines.body.push(Line::raw("No task of the scheduler ran between the last two looks."));
    }
    lines
}

fn line(data: &Data, task: &Task, theme: &Theme, width: usize) -> Line<'static> {
    let class = data.report.domains.get(task.home.index()).and_then(|area| area.class.as_deref()).unwrap_or("-");
    let load = format!(" {:6.2}", crate::stats::tasks(task.load));
    Line::from(vec![
        Span::raw(format!("{:>7} {:<15} {:>3} {class:<5}", task.id, task.name, task.home)),
        Span::styled(load, theme.used(task.duty as f64 / 1024.0)),
        Span::raw(format!(
            "  {:3.0}% {:>6} {:<8} {:<10} {}",
            task.duty as f64 / 10.24,
            task.moved_ago_ns.map_or("-".to_owned(), ago),
            why(task),
            shortened(&task.cpus, 10),
            shortened(&task.cgroup, width.saturating_sub(BEFORE_CGROUP)),
        )),
    ])
}

/// What keeps it there, or brought it.
fn why(task: &Task) -> &'static str {
    match task {
        Task { pinned: true, .. } => "one CPU",
        Task { home_only: true, .. } => "affinity",
        Task { moved_ago_ns: Some(_), .. } => "a flow",
        _ => "ran here",
    }
}

/// A time that has passed, in one unit.
fn ago(ns: u64) -> String {
    match ns / 1_000_000 {
        ms @ 0..1000 => format!("{ms}ms"),
        ms @ 1000..120_000 => format!("{}s", ms / 1000),
        ms @ 120_000..7_200_000 => format!("{}m", ms / 60_000),
        ms => format!("{}h", ms / 3_600_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_one_unit() {
        let times = [5_000_000, 61_000_000_000, 125_000_000_000, 9_000_000_000_000].map(ago);
        assert_eq!(times, ["5ms", "61s", "2m", "2h"]);
    }

    #[test]
    fn what_binds_most_is_the_reason() {
        let free = Task { moved_ago_ns: Some(1), ..Task::default() };
        let bound = Task { home_only: true, ..free.clone() };
        let pinned = Task { pinned: true, ..bound.clone() };
        assert_eq!([&Task::default(), &free, &bound, &pinned].map(why), ["ran here", "a flow", "affinity", "one CPU"]);
    }
}
