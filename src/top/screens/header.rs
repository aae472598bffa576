//! The first line: the machine in short.

use super::{ms, percent};
use crate::top::data::Data;
use crate::top::theme::Theme;
use ratatui::text::{Line, Span};

/// The line.
#[must_use]
pub fn header(data: &Data, theme: &Theme) -> Line<'static> {
    let report = &data.report;
    let machine = &report.machine.stats;
    let mut spans = vec![
        Span::styled(report.scheduler.clone(), theme.heading()),
        Span::raw(format!(
            " up {}  {} CPUs in {} domains  util {}  load {:.2}  waiting {}  late p99 {} ms",
            uptime(report.daemon.uptime),
            machine.online,
            report.domains.len(),
            percent(machine.util).trim_start(),
            machine.load,
            machine.waiting,
            ms(report.daemon.late_p99).trim_start(),
        )),
    ];
    if !report.measured {
        spans.push(Span::raw("  (no round yet)"));
    }
    Line::from(spans)
}

/// "1d 2h", "3h 4m", "5m 6s": two units are enough.
fn uptime(seconds: f64) -> String {
    let seconds = seconds as u64;
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m {}s", seconds / 60, seconds % 60),
        3600..86400 => format!("{}h {}m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{}d {}h", seconds / 86400, seconds / 3600 % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::uptime;

    #[test]
    fn times_have_two_units() {
        assert_eq!([5.9, 65.0, 3700.0, 90_000.0].map(uptime), ["5s", "1m 5s", "1h 1m", "1d 1h"]);
    }
}
