//! Puts a screen on a terminal. Pure: onto a frame in memory.

use super::data::Data;
use super::screens::{Lines, header, help, lines};
use super::theme::Theme;
use super::ui::{Screen, Ui, name};
use clap::ValueEnum;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

/// The least that a terminal has to have for a screen to make sense.
pub const LEAST_WIDTH: u16 = 40;
pub const LEAST_HEIGHT: u16 = 8;

/// Draw. On a terminal that is too small, a sentence that says so.
pub fn draw(frame: &mut Frame<'_>, data: &Data, ui: &Ui, theme: &Theme) {
    let area = frame.area();
    if area.width < LEAST_WIDTH || area.height < LEAST_HEIGHT {
        let (width, height) = (area.width, area.height);
        let text = format!(
            "The terminal is {width}x{height}; this takes {LEAST_WIDTH}x{LEAST_HEIGHT}. Enlarge it, or press q."
        );
        return frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), area);
    }
    let [top, tabs, body, bottom] =
        Layout::vertical([Constraint::Length(1), Constraint::Length(1), Constraint::Min(1), Constraint::Length(1)])
            .areas(area);
    frame.render_widget(header(data, theme), top);
    frame.render_widget(tab_line(ui, theme), tabs);
    frame.render_widget(status_line(data, ui, theme), bottom);
    if ui.help {
        return frame.render_widget(Paragraph::new(help(theme)), body);
    }
    draw_body(frame, body, lines(data, ui, theme, body.width as usize), ui, theme);
}

/// The heading stays, the rest scrolls so that what is selected is seen.
fn draw_body(frame: &mut Frame<'_>, area: Rect, lines: Lines, ui: &Ui, theme: &Theme) {
    let Lines { heading, mut body, rows } = lines;
    let [top, rest] = Layout::vertical([Constraint::Length(heading.len() as u16), Constraint::Min(0)]).areas(area);
    frame.render_widget(Paragraph::new(heading), top);
    let selected = rows.get(ui.selected.min(rows.len().saturating_sub(1))).map(|(line, _)| *line);
    let height = rest.height as usize;
    let first = first_line(selected, body.len(), height, rows.len() < 2 || ui.selected + 1 >= rows.len());
    if let Some(line) = selected.and_then(|line| body.get_mut(line)) {
        *line = std::mem::take(line).patch_style(theme.selected());
    }
    let shown: Vec<Line<'_>> = body.into_iter().skip(first).take(height).collect();
    frame.render_widget(Paragraph::new(shown), rest);
}

/// Where the lines that are shown begin. What is selected comes into the middle, but there is no room wasted at the end.
/// `at_end`: is the last row selected? Then what is below it is shown too.
fn first_line(selected: Option<usize>, count: usize, height: usize, at_end: bool) -> usize {
    let most = count.saturating_sub(height);
    match selected {
        Some(line) if at_end => most.min(line),
        Some(line) => line.saturating_sub(height / 2).min(most),
        None => 0,
    }
}

fn tab_line(ui: &Ui, theme: &Theme) -> Line<'static> {
    let mut spans = Vec::new();
    for (number, screen) in (1..).zip(Screen::value_variants()) {
        let style = if *screen == ui.screen { theme.selected() } else { theme.quiet() };
        spans.push(Span::styled(format!(" {number} {} ", name(screen)), style));
    }
    spans.push(Span::styled("   ? help  q quit", theme.quiet()));
    if ui.paused {
        spans.push(Span::styled("  PAUSED", theme.alarm()));
    }
    Line::from(spans)
}

fn status_line(data: &Data, ui: &Ui, theme: &Theme) -> Line<'static> {
    if ui.typing {
        return Line::raw(format!("filter: {}_   (Enter keeps it, Esc ends it)", ui.filter));
    }
    if let Some(trouble) = &data.trouble {
        return Line::styled(trouble.clone(), theme.alarm());
    }
    let mut parts = Vec::new();
    if ui.screen == Screen::Domains {
        parts.push(format!("sorted by {}{}", name(&ui.sort), if ui.reversed { ", reversed" } else { "" }));
    }
    if ui.screen == Screen::Flows {
        parts.push(format!("showing {}", name(&ui.measure)));
    }
    if !ui.filter.is_empty() {
        parts.push(format!("only lines with \"{}\" (Esc: all)", ui.filter));
    }
    Line::styled(parts.join("; "), theme.quiet())
}

#[cfg(test)]
mod tests {
    use super::first_line;

    #[test]
    fn what_is_selected_is_seen() {
        for (count, height) in [(0, 5), (3, 5), (30, 5), (30, 1)] {
            for selected in 0..count {
                for at_end in [false, true] {
                    let first = first_line(Some(selected), count, height, at_end);
                    assert!((first..first + height).contains(&selected), "{selected} of {count} in {height}");
                }
            }
        }
        assert_eq!(first_line(None, 30, 5, false), 0);
    }
}
