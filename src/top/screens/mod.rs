//! The screens: a file each, with a function that makes lines of what is known.
//!
//! Loads are in tasks at nice 0 that always want to run, as everywhere: 1024 is shown as 1.00.

mod domains;
mod flows;
mod header;
mod heat;
mod help;
mod machine;
mod rounds;
mod tasks;

pub use header::header;
pub use help::help;

use super::data::Data;
use super::theme::Theme;
use super::ui::{Screen, Ui};
use crate::units::DomainId;
use ratatui::text::Line;

/// A screen: a heading that stays, and lines that scroll.
#[derive(Default)]
pub struct Lines {
    pub heading: Vec<Line<'static>>,
    pub body: Vec<Line<'static>>,
    /// By line of the body that can be selected: where it is in the body, and its domain, if it has one.
    pub rows: Vec<(usize, Option<DomainId>)>,
}

impl Lines {
    /// Add a line that can be selected.
    fn row(&mut self, line: Line<'static>, domain: Option<DomainId>) {
        self.rows.push((self.body.len(), domain));
        self.body.push(line);
    }
}

/// The screen that the user wants to see, for so many columns.
#[must_use]
pub fn lines(data: &Data, ui: &Ui, theme: &Theme, width: usize) -> Lines {
    match ui.screen {
        Screen::Domains if ui.zoom.is_none() => domains::lines(data, ui, theme, width),
        Screen::Domains | Screen::Machine => machine::lines(data, ui, theme, width),
        Screen::Flows => flows::lines(data, ui, theme, width),
        Screen::Rounds => rounds::lines(data, ui, theme, width),
        Screen::Tasks => tasks::lines(data, ui, theme, width),
        Screen::Heat => heat::lines(data, ui, theme),
    }
}

/// The whole screen as text, for `--once` and `--batch`.
#[must_use]
pub fn text(data: &Data, ui: &Ui, theme: &Theme, width: usize) -> String {
    let Lines { heading, body, .. } = lines(data, ui, theme, width);
    let all = std::iter::once(header(data, theme)).chain(heading).chain(body);
    all.map(|line| line.to_string().trim_end().to_owned() + "\n").collect()
}

/// Seconds as milliseconds, in six characters.
fn ms(seconds: f64) -> String {
    let ms = seconds * 1000.0;
    if ms >= 1000.0 { format!("{ms:6.0}") } else { format!("{ms:6.2}") }
}

/// At most so many characters of what is ASCII, with dots at the end of what is longer.
fn shortened(text: &str, most: usize) -> String {
    match text.get(..most.saturating_sub(2)) {
        Some(begin) if text.len() > most => format!("{begin}.."),
        _ => text.to_owned(),
    }
}

/// A part as a percentage, in four characters.
fn percent(part: f64) -> String {
    format!("{:3.0}%", part * 100.0)
}
