//! Curves, side by side: the median of the runs, and the worst of them, on the same axes.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::Axis;
use super::gather::Chart;
use super::paint::{Area, Drawn, FAINT, INK, LETTER, LETTER_WIDTH, Look, RULE, look, mark, write};

const PANEL: (i32, i32) = (420, 320);
const TOP: i32 = 70;
const LEFT: i32 = 70;
const GAP: i32 = 30;
const BOTTOM: i32 = 56;
const LEGEND_LINE: i32 = 22;

pub fn size(chart: &Chart) -> (u32, u32) {
    let letters = chart.curves.iter().map(|curve| curve.legend.chars().count()).max().unwrap_or(0);
    let width = LEFT + 2 * PANEL.0 + 2 * GAP + 40 + (letters as f64 * LETTER_WIDTH) as i32;
    let height = TOP + (PANEL.1 + BOTTOM).max(LEGEND_LINE * chart.curves.len() as i32 + 20);
    (width.unsigned_abs(), height.unsigned_abs())
}

pub fn draw(chart: &Chart, area: &Area) -> Drawn {
    write(area, &chart.title, (20, 16), LETTER + 4, INK, HPos::Left, VPos::Top)?;
    let points = || chart.curves.iter().flat_map(|curve| curve.median.iter().chain(&curve.worst));
    let x = Axis::around(chart.x.0.clone(), chart.x.1, points().map(|point| point.0));
    let y = Axis::around(chart.y.0.clone(), chart.y.1, points().map(|point| point.1));
    for (number, name) in (0..).zip(["median of the runs", "worst of the runs"]) {
        let corner = (LEFT + number * (PANEL.0 + GAP), TOP);
        frame(area, corner, &x, &y, name, number == 0)?;
        // Ours and EEVDF's come last, on top of the others.
        for (index, curve) in chart.curves.iter().enumerate().rev() {
            let points = if number == 0 { &curve.median } else { &curve.worst };
            line(area, corner, (&x, &y), points, look(&chart.contestants, index))?;
        }
    }
    legend(area, chart)
}

fn frame(area: &Area, corner: (i32, i32), x: &Axis, y: &Axis, name: &str, with_labels: bool) -> Drawn {
    let (left, top) = corner;
    let (right, bottom) = (left + PANEL.0, top + PANEL.1);
    write(area, name, (left, top - 8), LETTER, INK, HPos::Left, VPos::Bottom)?;
    for (position, text) in y.ticks() {
        let at = place(corner, x, y, (x.ends.0, position)).1;
        area.draw(&PathElement::new([(left, at), (right, at)], RULE))?;
        if with_labels {
            write(area, &text, (left - 8, at), LETTER - 1, INK, HPos::Right, VPos::Center)?;
        }
    }
    for (position, text) in x.ticks() {
        let at = place(corner, x, y, (position, y.ends.0)).0;
        area.draw(&PathElement::new([(at, top), (at, bottom)], RULE))?;
        write(area, &text, (at, bottom + 8), LETTER - 1, INK, HPos::Center, VPos::Top)?;
    }
    area.draw(&Rectangle::new([corner, (right, bottom)], FAINT))?;
    write(area, &x.label, ((left + right) / 2, bottom + 30), LETTER, INK, HPos::Center, VPos::Top)?;
    if with_labels {
        let turned = ("sans-serif", LETTER).into_font().transform(FontTransform::Rotate270);
        let style = TextStyle::from(turned).color(&INK);
        let letters = (y.label.chars().count() as f64 * LETTER_WIDTH) as i32;
        area.draw(&Text::new(y.label.clone(), (12, (top + bottom + letters) / 2), style))?;
    }
    Ok(())
}

/// Where a point, given by its positions on the axes, is in the picture.
fn place(corner: (i32, i32), x: &Axis, y: &Axis, point: (f64, f64)) -> (i32, i32) {
    let part = |axis: &Axis, position: f64| (position - axis.ends.0) / (axis.ends.1 - axis.ends.0);
    let across = part(x, point.0) * f64::from(PANEL.0);
    let up = part(y, point.1) * f64::from(PANEL.1);
    (corner.0 + across.round() as i32, corner.1 + PANEL.1 - up.round() as i32)
}

fn line(area: &Area, corner: (i32, i32), (x, y): (&Axis, &Axis), points: &[(f64, f64)], look: Look) -> Drawn {
    let positions = points.iter().map(|point| (x.scale.position(point.0), y.scale.position(point.1)));
    let places: Vec<(i32, i32)> = positions.map(|position| place(corner, x, y, position)).collect();
    area.draw(&PathElement::new(places.clone(), look.colour.stroke_width(look.width)))?;
    // A mark on each of many points would be a caterpillar.
    let every = places.len().div_ceil(8).max(1);
    for at in places.iter().step_by(every) {
        mark(area, *at, look)?;
    }
    Ok(())
}

fn legend(area: &Area, chart: &Chart) -> Drawn {
    let left = LEFT + 2 * PANEL.0 + 2 * GAP;
    for (index, curve) in chart.curves.iter().enumerate() {
        let y = TOP + 8 + LEGEND_LINE * index as i32;
        let look = look(&chart.contestants, index);
        let absent = curve.median.is_empty();
        if !absent {
            area.draw(&PathElement::new([(left, y), (left + 24, y)], look.colour.stroke_width(look.width)))?;
            mark(area, (left + 12, y), look)?;
        }
        write(area, &curve.legend, (left + 32, y), LETTER, if absent { FAINT } else { INK }, HPos::Left, VPos::Center)?;
    }
    Ok(())
}
