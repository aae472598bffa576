//! How often we win, tie and lose.

use super::contestant::{OURS, Role, role};
use super::grid::{Grid, Machine, Scenario};
use super::machine_page;
use super::markdown::Align::{Left, Right};
use super::markdown::table;
use super::measure::Better;
use super::tables::Row;
use super::verdict::{Verdict, compare};

/// Verdicts of one kind each.
#[derive(Default)]
struct Tally {
    losses: usize,
    ties: usize,
    wins: usize,
    none: usize,
}

impl Tally {
    fn of<'a>(verdicts: impl Iterator<Item = &'a Verdict>) -> Self {
        let mut tally = Self::default();
        for verdict in verdicts {
            *match verdict {
                Verdict::Loss => &mut tally.losses,
                Verdict::Tie => &mut tally.ties,
                Verdict::Win => &mut tally.wins,
                Verdict::None(_) => &mut tally.none,
            } += 1;
        }
        tally
    }

    fn cells(&self) -> [String; 4] {
        [self.losses, self.ties, self.wins, self.none].map(|count| count.to_string())
    }
}

/// Against EEVDF and the best peer of each row: the best of all peers at once, another one from row to row.
pub fn against_the_best(grid: &Grid, all: &[Row]) -> String {
    let mut rows = Vec::new();
    for machine in &grid.machines {
        let here = || all.iter().filter(|row| std::ptr::eq(row.machine, machine));
        let no_peer = Verdict::None("");
        let to_peer = here().map(|row| row.peer.as_ref().map_or(&no_peer, |peer| &peer.compared.verdict));
        let tallies =
            [("EEVDF", Tally::of(here().map(|row| &row.to_reference.verdict))), ("the best peer", Tally::of(to_peer))];
        let row = |(whom, tally): (&str, Tally)| [link(machine), whom.to_owned()].into_iter().chain(tally.cells());
        rows.extend(tallies.map(row).map(Iterator::collect));
    }
    let head = [
        ("machine", Left),
        ("against", Left),
        ("losses", Right),
        ("ties", Right),
        ("wins", Right),
        ("no verdict", Right),
    ];
    table(&head, &rows)
}

/// Against each of the others alone: losses, ties and wins.
pub fn against_each(grid: &Grid) -> String {
    let others: Vec<&String> =
        grid.contestants.iter().filter(|name| matches!(role(name), Role::Reference | Role::Peer)).collect();
    let mut head = vec![("machine", Left)];
    head.extend(others.iter().map(|name| (name.as_str(), Right)));
    let row = |machine: &Machine| {
        let cells = others.iter().map(|name| {
            let Tally { losses, ties, wins, .. } = Tally::of(verdicts(machine, name).iter());
            format!("{losses} / {ties} / {wins}")
        });
        [link(machine)].into_iter().chain(cells).collect()
    };
    table(&head, &grid.machines.iter().map(row).collect::<Vec<_>>())
}

/// Ours against one of the others, in each measure that somebody is better in.
fn verdicts(machine: &Machine, whom: &str) -> Vec<Verdict> {
    let of_scenario = |scenario: &Scenario| {
        let judged = scenario.measures().into_iter().filter(|measure| measure.better != Better::Unknown);
        let verdict = |measure| {
            let [ours, theirs] = [OURS, whom].map(|name| scenario.cell(name, &measure));
            compare(&ours, &theirs, &measure).verdict
        };
        judged.map(verdict).collect::<Vec<_>>()
    };
    machine.scenarios.iter().flat_map(of_scenario).collect()
}

fn link(machine: &Machine) -> String {
    format!("[{}]({})", machine.title(), machine_page::file(machine))
}
