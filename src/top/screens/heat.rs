//! Frequencies by domain, and temperatures, where the machine tells them.

use super::Lines;
use crate::top::data::{Data, Frequency, Heat};
use crate::top::theme::Theme;
use crate::top::ui::Ui;
use crate::units::DomainId;
use ratatui::text::{Line, Span};

/// The bar of a temperature is full here, degrees Celsius: most chips slow down at 95 to 105.
const HOT: f64 = 100.0;

/// The lines.
pub fn lines(data: &Data, ui: &Ui, theme: &Theme) -> Lines {
    let mut lines = Lines::default();
    if data.heat == Heat::default() {
        lines
            .body
            .push(Line::raw("This machine tells neither frequencies nor temperatures (a virtual one seldom does)."));
        return lines;
    }
    if !data.heat.frequencies.is_empty() {
        let heading = " ID CLASS    MHz: least  mean  most   of    asked    slowed by heat, times";
        lines.heading.push(Line::styled(heading, theme.heading()));
    }
    for (id, area) in (0..).map(DomainId).zip(&data.report.domains) {
        let here: Vec<&Frequency> = data.heat.frequencies.iter().filter(|f| area.cpus.contains(f.cpu)).collect();
        let class = area.class.as_deref().unwrap_or("-");
        let asked = area.stats.frequency_target;
        if let Some(line) = frequency_line(id, class, &here, asked, theme).filter(|line| ui.shows(&line.to_string())) {
            lines.row(line, Some(id));
        }
    }
    for (name, degrees) in &data.heat.temperatures {
        let part = degrees / HOT;
        lines.body.push(Line::from(vec![
            Span::raw(format!("{name:<24} {degrees:6.1} C  ")),
            Span::styled(theme.bar(part, 20), theme.used(part)),
        ]));
    }
    lines
}

/// `asked` is the part of their highest frequency that the scheduler asks for; 0 if it does not.
fn frequency_line(id: DomainId, class: &str, cpus: &[&Frequency], asked: f64, theme: &Theme) -> Option<Line<'static>> {
    let mhz = |khz: u64| khz as f64 / 1000.0;
    let least = mhz(cpus.iter().map(|cpu| cpu.now).min()?);
    let fastest = mhz(cpus.iter().map(|cpu| cpu.now).max()?);
    let most = mhz(cpus.iter().map(|cpu| cpu.most).max()?);
    let mean = mhz(cpus.iter().map(|cpu| cpu.now).sum::<u64>()) / cpus.len() as f64;
    let throttled: u64 = cpus.iter().filter_map(|cpu| cpu.throttled).sum();
    let part = if most > 0.0 { mean / most } else { 0.0 };
    let asked = if asked > 0.0 { format!("{:.0}", asked * most) } else { "-".to_owned() };
    Some(Line::from(vec![
        Span::raw(format!("{id:>3} {class:<5} ")),
        Span::styled(theme.bar(part, 10), theme.used(part)),
        Span::raw(format!(" {least:5.0} {mean:5.0} {fastest:5.0} {most:5.0}    {asked:>5}    ")),
        Span::styled(format!("{throttled}"), if throttled > 0 { theme.alarm() } else { theme.quiet() }),
    ]))
}
