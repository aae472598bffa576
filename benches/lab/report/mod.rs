//! From results to something to read: a first page in Markdown, one for each machine, and the pictures that they show.
//!
//! One run is one sample of chaos, so a figure is the median and the worst of the runs with all seeds, and a win that is
//! smaller than that spread is a tie. Nothing is silently missing: the grid has a cell for every contestant in every
//! scenario, and each cell says what became of it.
//!
//! `current` says which results count, `grid` sorts them into cells, `figure` and `verdict` judge, `tally` counts, `tables`, `page`
//! and `machine_page` write, `pictures` draws.

pub mod contestant;
pub mod current;
pub mod figure;
pub mod grid;
pub mod machine_page;
pub mod markdown;
pub mod measure;
pub mod page;
pub mod pictures;
pub mod tables;
pub mod tally;
pub mod verdict;

use std::fs;
use std::path::Path;

use current::Current;
use grid::Grid;

use super::catalogue::{Catalogue, Failure};
use super::results::Record;

/// Writes `README.md`, a page for each machine and `pictures/*.svg` of these results into the folder; the catalogue knows
/// what names stand for.
pub fn write(records: Vec<Record>, catalogue: &Catalogue, folder: &Path) -> Result<(), Failure> {
    if records.is_empty() {
        return Err("there are no results to report on: run the lab first".into());
    }
    let grid = Grid::new(Current::of(records));
    let pictures = pictures::draw(&grid)?;
    let into = folder.join(pictures::FOLDER);
    fs::create_dir_all(&into).map_err(|e| format!("{}: {e}", into.display()))?;
    for picture in &pictures {
        save(&into.join(&picture.file), &picture.svg)?;
    }
    for machine in &grid.machines {
        let page = machine_page::page(&grid, machine, &pictures, catalogue);
        save(&folder.join(machine_page::file(machine)), &page)?;
    }
    save(&folder.join("README.md"), &page::page(&grid, catalogue))
}

fn save(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}
