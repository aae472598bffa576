//! The pictures: a heat map a machine, latency distributions, convergence over time.
//!
//! Each stands on a light ground of its own, so that it reads on a dark page too; colours are told apart by the
//! colour-blind, and whatever a colour says is also said by a number, a mark or a word.

pub mod axis;
pub mod curves;
pub mod gather;
pub mod heat_map;
pub mod paint;

use super::grid::Grid;
use crate::lab::catalogue::Failure;

/// Where the pictures are, next to the page.
pub const FOLDER: &str = "pictures";

/// A picture to be saved and shown.
#[derive(Debug)]
pub struct Picture {
    /// The title of the machine that it belongs to.
    pub machine: String,
    pub file: String,
    pub title: String,
    pub svg: String,
}

/// All pictures that the results have something for.
pub fn draw(grid: &Grid) -> Result<Vec<Picture>, Failure> {
    let mut pictures = Vec::new();
    for machine in &grid.machines {
        if let Some(map) = heat_map::HeatMap::of(grid, machine) {
            pictures.push(paint::picture(machine, "heat", map.title.clone(), map.size(), |area| map.draw(area))?);
        }
        for scenario in &machine.scenarios {
            for chart in gather::charts(grid, machine, scenario) {
                let what = format!("{}-{}", chart.what, scenario.name);
                let size = curves::size(&chart);
                pictures.push(paint::picture(machine, &what, chart.title.clone(), size, |area| {
                    curves::draw(&chart, area)
                })?);
            }
        }
    }
    Ok(pictures)
}
