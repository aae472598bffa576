//! What all pictures share: the ground, the letters, and a colour and a mark for each contestant.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::super::contestant::{Role, role};
use super::super::grid::Machine;
use super::super::markdown::slug;
use super::Picture;
use crate::lab::catalogue::Failure;

pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub type Drawn = Result<(), Box<dyn std::error::Error>>;

pub const GROUND: RGBColor = RGBColor(0xfc, 0xfc, 0xfa);
pub const INK: RGBColor = RGBColor(0x22, 0x22, 0x22);
pub const FAINT: RGBColor = RGBColor(0x6e, 0x6e, 0x6e);
pub const RULE: RGBColor = RGBColor(0xd8, 0xd8, 0xd8);

pub const LETTER: i32 = 13;
/// About what a letter is wide: the SVG's reader has the fonts, not we.
pub const LETTER_WIDTH: f64 = 7.2;

/// Okabe and Ito's colours without yellow, which is lost on a light ground, and one more.
const PEERS: [RGBColor; 6] = [
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0xe6, 0x9f, 0x00),
    RGBColor(0x56, 0xb4, 0xe9),
    RGBColor(0x7a, 0x52, 0x2f),
];
const OURS: RGBColor = RGBColor(0xd5, 0x5e, 0x00);

/// How a contestant's line looks, the same in all pictures.
#[derive(Clone, Copy)]
pub struct Look {
    pub colour: RGBColor,
    pub width: u32,
    mark: usize,
}

/// The look of `contestants[index]`.
pub fn look(contestants: &[String], index: usize) -> Look {
    let name = &contestants[index];
    let place = contestants[..index].iter().filter(|other| role(other) == role(name)).count();
    let (colour, width, mark) = match role(name) {
        Role::Ours => (OURS, 3, 0),
        Role::Reference => (INK, 3, 1),
        Role::Variant => (OURS, 1, 2 + place),
        Role::Peer => (PEERS[place % PEERS.len()], 2, 2 + place),
    };
    Look { colour, width, mark }
}

/// The mark of a look at a point of the picture.
pub fn mark(area: &Area, at: (i32, i32), look: Look) -> Drawn {
    let (colour, size) = (look.colour.filled(), 4);
    let (x, y) = at;
    let outline = look.colour.stroke_width(2);
    let hollow = |corners: [(i32, i32); 5]| PathElement::new(corners, outline);
    match look.mark % 8 {
        0 => area.draw(&Circle::new(at, size, colour))?,
        1 => area.draw(&Rectangle::new([(x - size, y - size), (x + size, y + size)], colour))?,
        2 => area.draw(&TriangleMarker::new(at, size + 2, colour))?,
        3 => area.draw(&Cross::new(at, size, outline))?,
        4 => area.draw(&Polygon::new([(x - 6, y), (x, y - 6), (x + 6, y), (x, y + 6)], colour))?,
        5 => area.draw(&Circle::new(at, size, outline))?,
        6 => area.draw(&hollow([(x - 4, y - 4), (x + 4, y - 4), (x + 4, y + 4), (x - 4, y + 4), (x - 4, y - 4)]))?,
        _ => area.draw(&hollow([(x - 5, y), (x, y - 5), (x + 5, y), (x, y + 5), (x - 5, y)]))?,
    }
    Ok(())
}

/// Letters at a point; `across` and `down` say which part of them is there.
pub fn write(area: &Area, text: &str, at: (i32, i32), size: i32, colour: RGBColor, across: HPos, down: VPos) -> Drawn {
    let style = TextStyle::from(("sans-serif", size).into_font()).color(&colour).pos(Pos::new(across, down));
    area.draw(&Text::new(text.to_owned(), at, style))?;
    Ok(())
}

/// A picture with its ground and what `draw` puts on it.
pub fn picture(
    machine: &Machine,
    what: &str,
    title: String,
    size: (u32, u32),
    draw: impl FnOnce(&Area) -> Drawn,
) -> Result<Picture, Failure> {
    let file = format!("{}-{}.svg", slug(what), machine.slug());
    let mut svg = String::new();
    let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
    let drawn = area.fill(&GROUND).map_err(Into::into).and_then(|()| draw(&area)).and_then(|()| Ok(area.present()?));
    drop(area);
    drawn.map_err(|e| format!("the picture {file} cannot be drawn: {e}"))?;
    Ok(Picture { machine: machine.title(), file, title, svg })
}
