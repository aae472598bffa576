//! The heat map of a machine: contestants across, what was measured in each scenario down, coloured by how much better
//! or worse than EEVDF.
//!
//! Blue is better, orange is worse, by powers of two; ties are left white. The number is the ratio of the medians.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::super::contestant::{Role, role};
use super::super::figure::{MIN_RUNS, number, times};
use super::super::grid::{Cell, Grid, Machine};
use super::super::measure::{Better, Measure};
use super::super::verdict::{Verdict, compare};
use super::paint::{Area, Drawn, FAINT, INK, LETTER, LETTER_WIDTH, RULE, write};

const BETTER: RGBColor = RGBColor(0x1f, 0x5f, 0xa8);
const WORSE: RGBColor = RGBColor(0xc9, 0x59, 0x08);
const NEUTRAL: RGBColor = RGBColor(0xff, 0xff, 0xff);
/// Of cells without a verdict.
const BLANK: RGBColor = RGBColor(0xe6, 0xe6, 0xe4);

/// The ratio at which a colour is at its fullest: 8 times as good, or as bad.
const FULL: f64 = 3.0;

const CELL: (i32, i32) = (118, 22);
const TOP: i32 = 96;
const BOTTOM: i32 = 56;

pub struct HeatMap {
    pub title: String,
    columns: Vec<String>,
    rows: Vec<(String, Vec<Square>)>,
}

struct Square {
    text: String,
    /// Powers of two better than EEVDF; none without a verdict.
    better: Option<f64>,
}

impl HeatMap {
    /// None where EEVDF has nothing to compare with.
    pub fn of(grid: &Grid, machine: &Machine) -> Option<Self> {
        let reference = grid.contestants.iter().find(|name| role(name) == Role::Reference)?;
        let columns: Vec<String> = grid.contestants.iter().filter(|name| *name != reference).cloned().collect();
        let mut rows = Vec::new();
        for scenario in &machine.scenarios {
            let mut measures = scenario.measures();
            measures.retain(|measure| measure.in_heat_map);
            for measure in measures {
                let theirs = scenario.cell(reference, &measure);
                let square = |name: &String| Square::of(&scenario.cell(name, &measure), &theirs, &measure);
                let label = format!("{}: {}{}", scenario.name, measure.label, measure.better.arrow());
                rows.push((label, columns.iter().map(square).collect()));
            }
        }
        let title = format!("Ratio to EEVDF, median of the runs: {}", machine.title());
        if rows.is_empty() || columns.is_empty() { None } else { Some(Self { title, columns, rows }) }
    }

    fn left(&self) -> i32 {
        let letters = self.rows.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
        30 + (letters as f64 * LETTER_WIDTH) as i32
    }

    pub fn size(&self) -> (u32, u32) {
        let width = self.left() + CELL.0 * self.columns.len() as i32 + 20;
        let height = TOP + CELL.1 * self.rows.len() as i32 + BOTTOM;
        (width.max(760).unsigned_abs(), height.unsigned_abs())
    }

    pub fn draw(&self, area: &Area) -> Drawn {
        write(area, &self.title, (20, 16), LETTER + 4, INK, HPos::Left, VPos::Top)?;
        let corner = |row: usize, column: usize| (self.left() + CELL.0 * column as i32, TOP + CELL.1 * row as i32);
        for (column, name) in self.columns.iter().enumerate() {
            let (x, y) = corner(0, column);
            // Two lines for a variant: it is this scheduler, without a part of it.
            let (name, part) = name.split_once('-').unwrap_or((name, ""));
            let at = x + CELL.0 / 2;
            let up = if part.is_empty() { 6 } else { 21 };
            write(area, name, (at, y - up), LETTER, INK, HPos::Center, VPos::Bottom)?;
            write(area, part, (at, y - 6), LETTER - 1, INK, HPos::Center, VPos::Bottom)?;
        }
        for (row, (label, squares)) in self.rows.iter().enumerate() {
            let (x, y) = corner(row, 0);
            write(area, label, (x - 10, y + CELL.1 / 2), LETTER, INK, HPos::Right, VPos::Center)?;
            for (column, square) in squares.iter().enumerate() {
                square.draw(area, corner(row, column))?;
            }
        }
        self.key(area)
    }

    fn key(&self, area: &Area) -> Drawn {
        let y = TOP + CELL.1 * self.rows.len() as i32 + 20;
        let steps = [(-3.0, "8× worse"), (-1.0, "2× worse"), (0.0, "tie"), (1.0, "2× better"), (3.0, "8× better")];
        for (number, (better, text)) in (0..).zip(steps) {
            Square { text: text.into(), better: Some(better) }.draw(area, (20 + CELL.0 * number, y))?;
        }
        Square { text: "no verdict".into(), better: None }.draw(area, (20 + CELL.0 * 5, y))
    }
}

impl Square {
    fn of(cell: &Cell, reference: &Cell, measure: &Measure) -> Self {
        let (compared, better) = (compare(cell, reference, measure), measure.better);
        let Some(figure) = cell.figure() else {
            let failures = cell.failures();
            let outcome = failures.count.keys().next().map(ToString::to_string);
            return Self { text: outcome.unwrap_or_else(|| cell.text(better)), better: None };
        };
        let text = match compared.ratio {
            Some(ratio) => times(ratio),
            None => {
                format!("{} to {}", number(figure.median), reference.figure().map_or("–".into(), |f| number(f.median)))
            }
        };
        let powers =
            compared.ratio.map_or(0.0, |ratio| if better == Better::Lower { -ratio.log2() } else { ratio.log2() });
        // A win or a loss has some colour, however small it is.
        let (better, remark) = match compared.verdict {
            Verdict::Win => (Some(powers.max(0.2)), ""),
            Verdict::Loss if cell.failures().any() => (Some(powers.min(-0.2)), " (failed)"),
            Verdict::Loss => (Some(powers.min(-0.2)), ""),
            Verdict::Tie => (Some(0.0), ""),
            Verdict::None(_) if figure.runs < MIN_RUNS => (None, " (few runs)"),
            Verdict::None(_) => (None, ""),
        };
        Self { text: text + remark, better }
    }

    fn draw(&self, area: &Area, corner: (i32, i32)) -> Drawn {
        let (x, y) = corner;
        let (fill, ink) = match self.better {
            None => (BLANK, FAINT),
            Some(better) => {
                let full = (better.abs() / FULL).min(1.0);
                let end = if better >= 0.0 { BETTER } else { WORSE };
                (between(NEUTRAL, end, full), if full > 0.7 { WHITE } else { INK })
            }
        };
        let square = [(x + 1, y + 1), (x + CELL.0 - 1, y + CELL.1 - 1)];
        area.draw(&Rectangle::new(square, fill.filled()))?;
        area.draw(&Rectangle::new(square, RULE))?;
        write(area, &self.text, (x + CELL.0 / 2, y + CELL.1 / 2), LETTER - 1, ink, HPos::Center, VPos::Center)
    }
}

fn between(from: RGBColor, to: RGBColor, part: f64) -> RGBColor {
    let mix = |from: u8, to: u8| (f64::from(from) + (f64::from(to) - f64::from(from)) * part).round() as u8;
    RGBColor(mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
}
