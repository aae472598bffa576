//! What flows moved: a matrix, from the domain of the row to the domain of the column, since the scheduler was attached.

use super::Lines;
use crate::stats::Pair;
use crate::top::data::Data;
use crate::top::theme::Theme;
use crate::top::ui::{Measure, Ui};
use crate::units::DomainId;
use ratatui::text::{Line, Span};
use std::collections::BTreeMap;

const CELL: usize = 9;
const FIRST: usize = 7;

/// The lines.
pub fn lines(data: &Data, ui: &Ui, theme: &Theme, width: usize) -> Lines {
    let count = data.report.domains.len();
    let fitting = (width.saturating_sub(FIRST) / CELL).max(1);
    let first = ui.column.min(count.saturating_sub(fitting));
    let columns = first..count.min(first + fitting);
    let mut lines = Lines { heading: heading(ui.measure, columns.clone(), count, theme), ..Lines::default() };
    let cells: BTreeMap<(DomainId, DomainId), f64> =
        data.report.flows.iter().map(|pair| ((pair.src, pair.dst), value(pair, ui.measure))).collect();
    for src in (0..count as u32).map(DomainId) {
        let mut spans = vec![Span::styled(format!("{src:>5}  "), theme.heading())];
        for dst in columns.clone().map(|dst| DomainId(dst as u32)) {
            let value = cells.get(&(src, dst)).copied().unwrap_or(0.0);
            let style = if value > 0.0 { ratatui::style::Style::new() } else { theme.quiet() };
            spans.push(Span::styled(format!("{:>CELL$}", cell(src == dst, value, ui.measure)), style));
        }
        lines.row(Line::from(spans), Some(src));
    }
    lines.body.extend(summary(data));
    lines
}

fn heading(measure: Measure, columns: std::ops::Range<usize>, count: usize, theme: &Theme) -> Vec<Line<'static>> {
    let what = match measure {
        Measure::Moved => "tasks that flows moved",
        Measure::Planned => "load that flows were planned for",
        Measure::Applied => "load that flows moved",
        Measure::Expired => "load that flows left unmoved in their time",
        Measure::Refused => "times that a task would have fit and may not run there",
    };
    let more = if columns.len() < count {
        format!(" (domains {} to {} of {count}; left and right for others)", columns.start, columns.end - 1)
    } else {
        String::new()
    };
    let numbers: String = columns.map(|dst| format!("{dst:>CELL$}")).collect();
    vec![
        Line::raw(format!("Since the start, from row to column: {what}{more}")),
        Line::styled(format!("{:<FIRST$}{numbers}", "from\\to"), theme.heading()),
    ]
}

fn value(pair: &Pair, measure: Measure) -> f64 {
    match measure {
        Measure::Moved => pair.stats.moved as f64,
        Measure::Planned => pair.stats.planned,
        Measure::Applied => pair.stats.applied,
        Measure::Expired => pair.stats.expired,
        Measure::Refused => pair.stats.refused as f64,
    }
}

fn cell(diagonal: bool, value: f64, measure: Measure) -> String {
    match measure {
        _ if diagonal => "-".to_owned(),
        _ if value == 0.0 => ".".to_owned(),
        Measure::Moved | Measure::Refused => format!("{value:.0}"),
        _ => format!("{value:.2}"),
    }
}

fn summary(data: &Data) -> Vec<Line<'static>> {
    let (flows, machine) = (data.report.all_flows(), &data.report.machine.counters);
    [
        String::new(),
        format!(
            "flows: planned {:.2}, applied {:.2}, expired {:.2}; {} tasks moved, {} refused",
            flows.planned, flows.applied, flows.expired, flows.moved, flows.refused
        ),
        format!(
            "stolen by idle CPUs: {} in their LLC, {} in their node, {} from other nodes",
            machine.stolen_llc, machine.stolen_node, machine.stolen_remote
        ),
    ]
    .map(Line::raw)
    .to_vec()
}
