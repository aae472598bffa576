//! The keys.

use crate::top::theme::Theme;
use ratatui::text::Line;

const KEYS: &str = "\
1 to 6, Tab    domains, machine, flows, rounds, tasks, heat
up, down       select (also k and j, PgUp and PgDn, Home and End)
Enter          zoom into the selected domain, and out again
/              show only lines with a text; Enter keeps it, Esc ends it
s              sort domains by another column; r the other way round
m              another measure in the matrix of flows; left and right scroll it
p, Space       pause: what is shown stays as it is
?, h           this help
q, Ctrl-C      quit

load, share, over are in tasks at nice 0 that always want to run.
A domain that is over its share gives, one that is under it takes.
Tasks: WANTS is the part of its time that a task wants to run, MOVED how long
ago a flow moved it, WHY HERE what keeps it in its domain or brought it there.
Flows move tasks as planned; idle CPUs steal by themselves.
Machine: a CPU with a z is left asleep; one with a ! runs a task that should be
on a faster one, of which none is idle. Heat: asked is what the scheduler asks
of frequencies.";

/// The lines.
#[must_use]
pub fn help(theme: &Theme) -> Vec<Line<'static>> {
    let title = Line::styled("Keys (any key goes back)", theme.heading());
    std::iter::once(title).chain(KEYS.lines().map(Line::raw)).collect()
}
