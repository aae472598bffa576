//! A table of the domains.

use super::{Lines, ms, percent, shortened};
use crate::stats::Area;
use crate::top::data::Data;
use crate::top::theme::Theme;
use crate::top::ui::{Sort, Ui};
use crate::units::DomainId;
use ratatui::text::{Line, Span};

const HEADING: &str = " ID NODE LLC CLASS CPUS         UTIL    LOAD   SHARE    OVER   RUN WAIT P99 ms";
/// Behind it, where there is room: per second, tasks that came to run here from another domain, and that it stole.
const WIDE_HEADING: &str = "  CAME/s STOLE/s  TAKEN";
const WIDE: usize = HEADING.len() + WIDE_HEADING.len();

/// The lines.
pub fn lines(data: &Data, ui: &Ui, theme: &Theme, width: usize) -> Lines {
    let wide = width >= WIDE;
    let heading = if wide { format!("{HEADING}{WIDE_HEADING}") } else { HEADING.to_owned() };
    let mut lines = Lines { heading: vec![Line::styled(heading, theme.heading())], ..Lines::default() };
    for (id, area) in sorted(&data.report.domains, ui) {
        let line = line(data, id, area, theme, wide);
        if ui.shows(&line.to_string()) {
            lines.row(line, Some(id));
        }
    }
    lines
}

/// The domains in the order that the user wants.
fn sorted<'a>(domains: &'a [Area], ui: &Ui) -> Vec<(DomainId, &'a Area)> {
    let mut all: Vec<(DomainId, &Area)> = (0..).map(DomainId).zip(domains).collect();
    let key = |area: &Area| match ui.sort {
        Sort::Id => 0.0,
        Sort::Util => area.stats.util,
        Sort::Load => area.stats.load,
        Sort::Over => area.stats.over,
        Sort::Runnable => area.stats.runnable,
        Sort::Waiting => area.stats.waiting as f64,
        Sort::Delay => area.stats.delay_p99,
    };
    all.sort_by(|(_, one), (_, other)| key(other).total_cmp(&key(one)));
    if ui.reversed {
        all.reverse();
    }
    all
}

fn line(data: &Data, id: DomainId, area: &Area, theme: &Theme, wide: bool) -> Line<'static> {
    let stats = &area.stats;
    let number = |id: Option<u32>| id.map_or("-".to_owned(), |id| id.to_string());
    let mut spans = vec![
        Span::raw(format!(
            "{id:>3} {:>4} {:>3} {:<5} {:<11} ",
            number(area.node.map(|node| node.0)),
            number(area.llc.map(|llc| llc.0)),
            area.class.as_deref().unwrap_or("-"),
            shortened(&area.cpus.to_string(), 11),
        )),
        Span::styled(percent(stats.util), theme.used(stats.util)),
        Span::raw(format!(" {:7.2} {:7.2} ", stats.load, stats.share)),
        // What is more than a tenth of a share, and half a task, is worth a look.
        Span::styled(
            format!("{:+7.2}", stats.over),
            if stats.over > 0.5 && stats.over > stats.share / 10.0 { theme.alarm() } else { theme.quiet() },
        ),
        Span::raw(format!(" {:5.1} {:4} {}", stats.runnable, stats.waiting, ms(stats.delay_p99))),
    ];
    if wide {
        let rate = |counter: &dyn Fn(&Area) -> u64| {
            let rate = data.rate(|report| report.domains.get(id.index()).map(counter));
            rate.map_or("-".to_owned(), |rate| format!("{rate:.1}"))
        };
        let came = rate(&|area| area.counters.changed_domain);
        let stole = rate(&|area| area.counters.stolen_llc + area.counters.stolen_node + area.counters.stolen_remote);
        spans.push(Span::raw(format!(" {came:>8} {stole:>7} {:>6.2}", stats.taken)));
    }
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_fits_80_columns() {
        assert!(HEADING.len() <= 80 && WIDE <= 120);
        assert_eq!([shortened("0-3", 11), shortened("0-3,8-11,16-19", 11)], ["0-3", "0-3,8-11,.."]);
    }

    #[test]
    fn the_largest_come_first() {
        let area = |load: f64| {
            let mut area = Area::default();
            area.stats.load = load;
            area
        };
        let order = |sort, reversed| {
            let ui = Ui { sort, reversed, ..Ui::default() };
            sorted(&[area(1.0), area(3.0), area(2.0)], &ui).iter().map(|(id, _)| id.0).collect::<Vec<_>>()
        };
        assert_eq!(order(Sort::Id, false), [0, 1, 2]);
        assert_eq!(order(Sort::Load, false), [1, 2, 0]);
        assert_eq!(order(Sort::Load, true), [0, 2, 1]);
    }
}
