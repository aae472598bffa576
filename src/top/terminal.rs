//! The terminal: taken over, and given back whatever happens.

use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use std::io::{self, IsTerminal};
use std::time::Duration;

/// A terminal that shows screens. Dropping it gives it back, and so does a panic: ratatui's hook sees to that.
pub struct Screen {
    pub terminal: DefaultTerminal,
}

/// What has come from the terminal.
pub enum Input {
    Key(KeyCode),
    /// Ctrl-C.
    Interrupt,
    /// Nothing in the time, or what only makes a new drawing necessary.
    Nothing,
}

impl Screen {
    /// Take the terminal over.
    ///
    /// # Errors
    /// It cannot be made to show screens.
    pub fn new() -> io::Result<Self> {
        Ok(Self { terminal: ratatui::try_init()? })
    }

    /// The next key, if it comes in this time.
    ///
    /// # Errors
    /// The terminal has gone.
    pub fn input(&self, wait: Duration) -> io::Result<Input> {
        if !event::poll(wait)? {
            return Ok(Input::Nothing);
        }
        Ok(match event::read()? {
            Event::Key(key) if key.kind == KeyEventKind::Release => Input::Nothing,
            Event::Key(key) if key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL) => {
                Input::Interrupt
            }
            Event::Key(key) => Input::Key(key.code),
            _ => Input::Nothing,
        })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

/// Can screens be shown? Not where the output goes elsewhere, and not on a terminal that only prints.
#[must_use]
pub fn is_capable() -> bool {
    let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
    !dumb && io::stdout().is_terminal() && io::stdin().is_terminal()
}

/// How many columns text may have: the terminal's, or 120 where it goes elsewhere.
#[must_use]
pub fn text_width() -> usize {
    if !io::stdout().is_terminal() {
        return 120;
    }
    ratatui::crossterm::terminal::size().map_or(80, |(width, _)| usize::from(width))
}
