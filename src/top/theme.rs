//! How things look: with colours or without, in Unicode or in ASCII. Pure.

use ratatui::style::{Color, Modifier, Style};

/// Eighths of a character, for bars.
const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/// What the terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Colours? Without, what matters is bold.
    pub colour: bool,
    /// Block characters?
    pub unicode: bool,
}

impl Theme {
    /// What the environment asks for: `NO_COLOR` set to anything (no-color.org), a character set that is not UTF-8.
    #[must_use]
    pub fn of(no_color_flag: bool, variable: impl Fn(&str) -> Option<String>) -> Self {
        let no_color = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|n| variable(n).filter(|v| !v.is_empty()));
        let unicode = locale.is_some_and(|locale| locale.to_ascii_uppercase().replace('-', "").contains("UTF8"));
        Self { colour: !no_color_flag && !no_color, unicode }
    }

    /// Of headings.
    #[must_use]
    pub fn heading(&self) -> Style {
        let bold = Style::new().add_modifier(Modifier::BOLD);
        if self.colour { bold.fg(Color::Cyan) } else { bold }
    }

    /// Of what is in its place but not what one looks for.
    #[must_use]
    pub fn quiet(&self) -> Style {
        if self.colour { Style::new().fg(Color::DarkGray) } else { Style::new() }
    }

    /// Of what somebody should look at.
    #[must_use]
    pub fn alarm(&self) -> Style {
        let bold = Style::new().add_modifier(Modifier::BOLD);
        if self.colour { bold.fg(Color::Red) } else { bold }
    }

    /// Of a part that is used: green, yellow from three quarters on, red at nearly all.
    #[must_use]
    pub fn used(&self, part: f64) -> Style {
        let colour = match part {
            part if part >= 0.95 => Color::Red,
            part if part >= 0.75 => Color::Yellow,
            _ => Color::Green,
        };
        if self.colour { Style::new().fg(colour) } else { Style::new() }
    }

    /// Of the row that is selected.
    #[must_use]
    pub fn selected(&self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// A bar of `width` characters of which `part` (0 to 1) is filled.
    #[must_use]
    pub fn bar(&self, part: f64, width: usize) -> String {
        let part = if part.is_finite() { part.clamp(0.0, 1.0) } else { 0.0 };
        if !self.unicode {
            let full = (part * width as f64).round() as usize;
            return "#".repeat(full) + &".".repeat(width - full);
        }
        let eighths = (part * width as f64 * 8.0).round() as usize;
        let full = eighths / 8;
        let mut bar = "█".repeat(full);
        if full < width {
            bar.push(EIGHTHS[eighths % 8]);
            bar += &" ".repeat(width - full - 1);
        }
        bar
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASCII: Theme = Theme { colour: false, unicode: false };
    const UNICODE: Theme = Theme { colour: true, unicode: true };

    #[test]
    fn bars_are_as_wide_as_asked_for() {
        assert_eq!(
            [0.0, 0.5, 1.0, 7.0, f64::NAN].map(|part| ASCII.bar(part, 4)),
            ["....", "##..", "####", "####", "...."]
        );
        assert_eq!([0.0, 0.5, 0.53, 1.0].map(|part| UNICODE.bar(part, 4)), ["    ", "██  ", "██▏ ", "████"]);
        assert_eq!(UNICODE.bar(0.5, 0), "");
    }

    #[test]
    fn the_environment_says_what_can_be_shown() {
        let theme = |flag, set: &'static [(&str, &str)]| {
            Theme::of(flag, |name| set.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(theme(false, &[("LANG", "en_US.UTF-8")]), Theme { colour: true, unicode: true });
        assert_eq!(theme(false, &[("LANG", "C.utf8"), ("NO_COLOR", "1")]), Theme { colour: false, unicode: true });
        assert_eq!(theme(true, &[("LC_ALL", "C"), ("LANG", "C.UTF-8")]), Theme { colour: false, unicode: false });
        assert!(theme(false, &[("NO_COLOR", "")]).colour, "empty is unset, says no-color.org");
    }

    #[test]
    fn without_colour_there_is_none() {
        for style in [ASCII.heading(), ASCII.quiet(), ASCII.alarm(), ASCII.used(1.0), ASCII.selected()] {
            assert_eq!((style.fg, style.bg), (None, None));
        }
        assert_ne!(UNICODE.used(0.1), UNICODE.used(0.99));
    }
}
