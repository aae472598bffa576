//! What the user wants to see, and what keys do to that. Pure.

use crate::units::DomainId;
use clap::ValueEnum;
use ratatui::crossterm::event::KeyCode;

/// The screens, in the order of their numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Screen {
    /// A table of the domains.
    #[default]
    Domains,
    /// The machine as a picture: nodes, LLCs, domains and CPUs, with bars.
    Machine,
    /// What flows moved from where to where.
    Flows,
    /// What rounds planned, why, and what came of it.
    Rounds,
    /// The tasks that ran most lately, by domain.
    Tasks,
    /// Frequencies and temperatures.
    Heat,
}

/// What domains are sorted by; the largest first, but for ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Sort {
    #[default]
    Id,
    Util,
    Load,
    Over,
    Runnable,
    Waiting,
    Delay,
}

/// What the matrix of flows shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Measure {
    #[default]
    Moved,
    Planned,
    Applied,
    Expired,
    Refused,
}

/// The state of the user interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ui {
    pub screen: Screen,
    pub sort: Sort,
    /// The other way round?
    pub reversed: bool,
    pub measure: Measure,
    /// Only lines with this text, whatever the case, are shown.
    pub filter: String,
    /// Do keys go into the filter?
    pub typing: bool,
    /// Does what is shown stay as it is?
    pub paused: bool,
    /// The line that is selected, of those that can be; lines before it scroll away where there is no room.
    pub selected: usize,
    /// The first column of the matrix.
    pub column: usize,
    /// Only this domain, with its CPUs.
    pub zoom: Option<DomainId>,
    pub help: bool,
    /// Is it over?
    pub quit: bool,
}

impl Ui {
    /// A key was pressed, while `rows` lines can be selected and `domain` is the one of the selected line, if it has one.
    pub fn press(&mut self, key: KeyCode, rows: usize, domain: Option<DomainId>) {
        if self.typing {
            return self.type_filter(key);
        }
        if self.help {
            self.help = false;
            self.quit = key == KeyCode::Char('q');
            return;
        }
        match key {
            KeyCode::Char('q') => self.quit = true,
            KeyCode::Char('?' | 'h') => self.help = true,
            KeyCode::Char('p' | ' ') => self.paused = !self.paused,
            KeyCode::Char('/') => self.typing = true,
            KeyCode::Char('s') => self.sort = next(self.sort),
            KeyCode::Char('r') => self.reversed = !self.reversed,
            KeyCode::Char('m') => self.measure = next(self.measure),
            KeyCode::Char(digit @ '1'..='9') => self.show(digit as usize - '1' as usize),
            KeyCode::Tab => self.show((self.screen as usize + 1) % Screen::value_variants().len()),
            KeyCode::BackTab => {
                let count = Screen::value_variants().len();
                self.show((self.screen as usize + count - 1) % count);
            }
            KeyCode::Esc if self.zoom.is_some() => self.zoom = None,
            KeyCode::Esc => self.filter.clear(),
            KeyCode::Enter => self.zoom = if self.zoom.is_some() { None } else { domain },
            KeyCode::Left => self.column = self.column.saturating_sub(1),
            KeyCode::Right => self.column += 1,
            _ => self.select(key, rows),
        }
    }

    fn show(&mut self, number: usize) {
        if let Some(screen) = Screen::value_variants().get(number) {
            (self.screen, self.selected) = (*screen, 0);
        }
    }

    fn select(&mut self, key: KeyCode, rows: usize) {
        const PAGE: usize = 10;
        let to = match key {
            KeyCode::Up | KeyCode::Char('k') => self.selected.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => self.selected + 1,
            KeyCode::PageUp => self.selected.saturating_sub(PAGE),
            KeyCode::PageDown => self.selected + PAGE,
            KeyCode::Home => 0,
            KeyCode::End => usize::MAX,
            _ => return,
        };
        self.selected = to.min(rows.saturating_sub(1));
    }

    fn type_filter(&mut self, key: KeyCode) {
        match key {
            KeyCode::Enter => self.typing = false,
            KeyCode::Esc => {
                self.typing = false;
                self.filter.clear();
            }
            KeyCode::Backspace => {
                self.filter.pop();
            }
            KeyCode::Char(c) => self.filter.push(c),
            _ => {}
        }
        self.selected = 0;
    }

    /// Does the filter let this text through?
    #[must_use]
    pub fn shows(&self, text: &str) -> bool {
        text.to_lowercase().contains(&self.filter.to_lowercase())
    }
}

/// The variant after this one, the first after the last.
fn next<T: ValueEnum + PartialEq + Clone>(now: T) -> T {
    let all = T::value_variants();
    let at = all.iter().position(|one| *one == now).unwrap_or(0);
    all[(at + 1) % all.len()].clone()
}

/// What an enum's variant is called on the command line and on the screen.
pub(super) fn name(variant: &impl ValueEnum) -> String {
    variant.to_possible_value().map_or(String::new(), |value| value.get_name().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(keys: &[KeyCode]) -> Ui {
        let mut ui = Ui::default();
        keys.iter().for_each(|key| ui.press(*key, 3, Some(DomainId(1))));
        ui
    }

    fn typed(text: &str) -> Vec<KeyCode> {
        text.chars().map(KeyCode::Char).collect()
    }

    #[test]
    fn screens_have_numbers_and_an_order() {
        assert_eq!(pressed(&typed("4")).screen, Screen::Rounds);
        assert_eq!(pressed(&typed("49")).screen, Screen::Rounds, "there is no ninth");
        assert_eq!(pressed(&[KeyCode::Tab, KeyCode::Tab]).screen, Screen::Flows);
        assert_eq!(pressed(&[KeyCode::BackTab]).screen, Screen::Heat);
    }

    #[test]
    fn the_selection_stays_in_the_list() {
        assert_eq!(pressed(&[KeyCode::Up]).selected, 0);
        assert_eq!(pressed(&[KeyCode::Down; 9]).selected, 2);
        assert_eq!(pressed(&[KeyCode::End, KeyCode::Home, KeyCode::Char('j')]).selected, 1);
        let mut none = Ui::default();
        none.press(KeyCode::Down, 0, None);
        assert_eq!(none.selected, 0);
    }

    #[test]
    fn a_filter_takes_all_keys_until_it_is_done() {
        let mut keys = typed("/q1");
        assert_eq!((pressed(&keys).filter.as_str(), pressed(&keys).quit), ("q1", false));
        keys.extend([KeyCode::Backspace, KeyCode::Enter, KeyCode::Char('2')]);
        let ui = pressed(&keys);
        assert_eq!((ui.filter.as_str(), ui.screen), ("q", Screen::Machine));
        assert!(ui.shows("a Quiet line") && !ui.shows("another"));
        keys.push(KeyCode::Esc);
        assert_eq!(pressed(&keys).filter, "");
    }

    #[test]
    fn zoom_goes_in_and_out() {
        assert_eq!(pressed(&[KeyCode::Enter]).zoom, Some(DomainId(1)));
        assert_eq!(pressed(&[KeyCode::Enter, KeyCode::Enter]).zoom, None);
        assert_eq!(pressed(&[KeyCode::Enter, KeyCode::Esc]).zoom, None);
    }

    #[test]
    fn help_goes_with_any_key() {
        assert!(pressed(&typed("?")).help);
        assert_eq!(pressed(&typed("?2")).screen, Screen::Domains, "that key did no more");
        assert!(pressed(&typed("?q")).quit);
    }

    #[test]
    fn choices_go_round() {
        assert_eq!(pressed(&typed("sss")).sort, Sort::Over);
        assert_eq!(pressed(&typed("mmmmm")).measure, Measure::Moved);
        assert!(pressed(&typed("pr ")).reversed && !pressed(&typed("p ")).paused);
    }
}
