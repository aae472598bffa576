//! The log of rounds, the newest first: what was planned, why, and what came of it.

use super::Lines;
use crate::balance::FlowTotals;
use crate::record::{LoggedFlow, LoggedRound};
use crate::top::data::Data;
use crate::top::theme::Theme;
use crate::top::ui::Ui;
use ratatui::text::{Line, Span};

const INDENT: usize = 4;

/// The lines.
pub fn lines(data: &Data, ui: &Ui, theme: &Theme, width: usize) -> Lines {
    let heading = Line::styled("     AT s  ROUND'S FLOWS, WHY, AND WHAT CAME OF THEM", theme.heading());
    let mut lines = Lines { heading: vec![heading], ..Lines::default() };
    for round in data.rounds.iter().rev() {
        add(&mut lines, round, ui, theme, width);
    }
    if lines.rows.is_empty() {
        let none = if ui.filter.is_empty() {
            "No round has planned anything: no domain has more to run than it can, or balancing is off."
        } else {
            "Nothing here has the text of the filter."
        };
        lines.body.push(Line::raw(none));
    }
    lines
}

fn add(lines: &mut Lines, round: &LoggedRound, ui: &Ui, theme: &Theme, width: usize) {
    for flow in &round.flows {
        let came = flow.came.map_or("in force".to_owned(), came);
        let pair = format!("{} -> {}", flow.src, flow.dst);
        let what = format!("  {:>6.2} planned; {came}", tasks(flow.planned));
        if !ui.shows(&format!("{pair} {what} {}", flow.why)) {
            continue;
        }
        let at = format!("{:>9.1}  ", round.at_ms as f64 / 1000.0);
        lines.row(Line::from(vec![Span::raw(at), Span::styled(pair, theme.heading()), Span::raw(what)]), None);
        let why = wrapped(reason(flow), width.saturating_sub(INDENT + 1).max(20));
        let indented = |line: String| Line::styled(format!("{:INDENT$}{line}", ""), theme.quiet());
        lines.body.extend(why.into_iter().map(indented));
    }
}

/// The sentence without its beginning, "0 -> 1: 2.00. ", which stands above it.
fn reason(flow: &LoggedFlow) -> &str {
    let begin = format!("{} -> {}: {:.2}. ", flow.src, flow.dst, tasks(flow.planned));
    flow.why.strip_prefix(&begin).unwrap_or(&flow.why)
}

fn came(totals: FlowTotals) -> String {
    let FlowTotals { applied, expired, moved, refused, .. } = totals;
    let refused = if refused > 0 { format!(", {refused} refused") } else { String::new() };
    format!("{:.2} moved ({moved} tasks), {:.2} expired{refused}", tasks(applied), tasks(expired))
}

fn tasks(load: u64) -> f64 {
    crate::stats::tasks(load)
}

/// In lines of at most so many characters, where words allow it.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn words_stay_whole() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("incomprehensible", 5), ["incomprehensible"]);
        assert!(wrapped("", 5).is_empty());
    }
}
