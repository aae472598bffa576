//! The machine as a picture: nodes, in them LLCs, in them domains by class, in them CPUs, with bars. Or one domain only, with
//! what flows did to it.

use super::{Lines, ms, percent};
use crate::stats::{Area, Cpu, Pair};
use crate::top::data::Data;
use crate::top::theme::Theme;
use crate::top::ui::Ui;
use crate::units::DomainId;
use ratatui::text::{Line, Span};

const BAR: usize = 5;
/// A CPU: its number, its bar, its percentage, and a gap.
const CELL: usize = 4 + 1 + BAR + 1 + 4 + 2;
const INDENT: usize = 4;

/// The lines.
pub fn lines(data: &Data, ui: &Ui, theme: &Theme, width: usize) -> Lines {
    let mut lines = Lines::default();
    let (mut node, mut llc) = (None, None);
    // Domains come by node, then LLC, then class.
    for (id, area) in (0..).map(DomainId).zip(&data.report.domains) {
        let title = title(id, area, theme);
        if ui.zoom.is_some_and(|zoom| zoom != id) || !ui.shows(&title.to_string()) {
            continue;
        }
        if node.replace(area.node) != Some(area.node) {
            lines.body.push(node_line(data, area, theme));
            llc = None;
        }
        if llc.replace(area.llc) != Some(area.llc) {
            let name = area.llc.map_or("?".to_owned(), |llc| llc.to_string());
            lines.body.push(Line::styled(format!("  LLC {name}"), theme.heading()));
        }
        lines.row(title, Some(id));
        let cpus: Vec<&Cpu> = data.report.cpus.iter().filter(|cpu| cpu.domain == id).collect();
        let a_line = (width.saturating_sub(INDENT) / CELL).max(1);
        lines.body.extend(cpus.chunks(a_line).map(|some| cpu_line(some, theme)));
    }
    if let Some(zoom) = ui.zoom {
        lines.heading.push(Line::styled(format!("Domain {zoom} (Esc: all)"), theme.heading()));
        lines.body.extend(details(data, zoom));
    }
    lines
}

fn node_line(data: &Data, of: &Area, theme: &Theme) -> Line<'static> {
    let name = of.node.map_or("?".to_owned(), |node| node.to_string());
    let stats = data.report.nodes.iter().find(|node| node.id == name).map(|node| &node.stats);
    let told = stats.map_or(String::new(), |stats| {
        format!("  util {}  load {:.2} of {:.2}", percent(stats.util).trim_start(), stats.load, stats.share)
    });
    Line::from(vec![Span::styled(format!("node {name}"), theme.heading()), Span::raw(told)])
}

fn title(id: DomainId, area: &Area, theme: &Theme) -> Line<'static> {
    let stats = &area.stats;
    // A bar that is full when the load is twice the share: half of it is what is due.
    let part = if stats.share > 0.0 { stats.load / stats.share / 2.0 } else { 0.0 };
    let class = area.class.as_deref().unwrap_or("?");
    Line::from(vec![
        Span::raw(format!("    domain {id} {class} ")),
        Span::styled(theme.bar(part, 2 * BAR), theme.used(part)),
        Span::raw(format!(
            " load {:.2} of {:.2} ({:+.2})  {:.1} runnable  {} waiting",
            stats.load, stats.share, stats.over, stats.runnable, stats.waiting
        )),
    ])
}

fn cpu_line(cpus: &[&Cpu], theme: &Theme) -> Line<'static> {
    let mut spans = vec![Span::raw(" ".repeat(INDENT))];
    for cpu in cpus {
        spans.push(Span::raw(format!("{:>4} ", cpu.id)));
        if cpu.stats.online == 0 {
            spans.push(Span::styled(format!("{:<width$}", "offline", width = CELL - 5), theme.quiet()));
            continue;
        }
        spans.push(Span::styled(theme.bar(cpu.stats.util, BAR), theme.used(cpu.stats.util)));
        spans.push(Span::raw(format!(" {}", percent(cpu.stats.util))));
        spans.push(mark(cpu, theme));
    }
    Line::from(spans)
}

/// In the gap after a CPU: `!` where a task wants a faster one, `z` where it is left asleep.
fn mark(cpu: &Cpu, theme: &Theme) -> Span<'static> {
    match (cpu.stats.misfit, cpu.stats.parked) {
        (0, 0) => Span::raw("  "),
        (0, _) => Span::styled("z ", theme.quiet()),
        _ => Span::styled("! ", theme.alarm()),
    }
}

/// More of one domain.
fn details(data: &Data, id: DomainId) -> Vec<Line<'static>> {
    let Some(area) = data.report.domains.get(id.index()) else {
        return vec![Line::raw("There is no such domain any more.")];
    };
    let (stats, counters) = (&area.stats, &area.counters);
    let sum = |of: fn(&Pair) -> DomainId| {
        let pairs = data.report.flows.iter().filter(|pair| of(pair) == id);
        pairs.fold((0, 0.0), |(moved, applied), pair| (moved + pair.stats.moved, applied + pair.stats.applied))
    };
    let ((given, given_load), (taken, taken_load)) = (sum(|pair| pair.src), sum(|pair| pair.dst));
    [
        String::new(),
        format!("    CPUs {}, capacity {}", area.cpus, stats.capacity),
        format!(
            "    load {:.2}, of it pinned {:.2}; share {:.2}; owed {:+.2}",
            stats.load, stats.pinned, stats.share, stats.owed
        ),
        format!("    taken by real-time and deadline tasks: {:.2} CPUs", stats.taken),
        format!("    waits: p50 {} ms, p99 {} ms", ms(stats.delay_p50).trim_start(), ms(stats.delay_p99).trim_start()),
        format!("    flows gave {given} tasks away (load {given_load:.2}) and brought {taken} (load {taken_load:.2})"),
        format!(
            "    stolen by its idle CPUs: {} in their LLC, {} in their node, {} from other nodes",
            counters.stolen_llc, counters.stolen_node, counters.stolen_remote
        ),
        format!(
            "    turns {}, kept {}, preempted {}, rescued {}",
            stats.turns, counters.kept, counters.preempted, counters.rescued
        ),
    ]
    .map(Line::raw)
    .to_vec()
}
