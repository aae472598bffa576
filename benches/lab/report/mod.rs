//! From results to something to read: one Markdown file with tables, and the pictures that it shows.
//!
//! One run is one sample of chaos, so a figure is the median and the worst of the runs with all seeds, and a win that is
//! smaller than that spread is a tie. Nothing is silently missing: the grid has a cell for every contestant in every
//! scenario, and each cell says what became of it.
//!
//! `line` reads results, `grid` sorts them into cells, `figure` and `verdict` judge, `tables` and `page` write, `pictures`
//! draws.

pub mod contestant;
pub mod figure;
pub mod grid;
pub mod line;
pub mod markdown;
pub mod measure;
pub mod page;
pub mod pictures;
pub mod tables;
pub mod verdict;

use std::fs;
use std::path::{Path, PathBuf};

use thiserror::Error;

use grid::Grid;

/// Why there is no report.
#[derive(Debug, Error)]
pub enum ReportError {
    #[error("{path} cannot be read: {why}")]
    Read { path: PathBuf, why: std::io::Error },
    #[error("line {line} of {path} is no result: {why}")]
    Line { path: PathBuf, line: usize, why: serde_json::Error },
    #[error("{path} holds no results: run the lab first")]
    Empty { path: PathBuf },
    #[error("{path} cannot be written: {why}")]
    Write { path: PathBuf, why: std::io::Error },
    #[error("the picture {name} cannot be drawn: {why}")]
    Draw { name: String, why: String },
}

/// Writes `README.md` and `pictures/*.svg` in `out_dir` from the JSON lines in `results`.
///
/// # Errors
///
/// `results` is missing, empty or has a line that is none, or `out_dir` cannot be written.
pub fn write(results: &Path, out_dir: &Path) -> Result<(), ReportError> {
    let grid = Grid::new(line::read(results)?);
    let pictures = pictures::draw(&grid)?;
    let folder = out_dir.join(pictures::FOLDER);
    fs::create_dir_all(&folder).map_err(|why| ReportError::Write { path: folder.clone(), why })?;
    for picture in &pictures {
        save(&folder.join(&picture.file), &picture.svg)?;
    }
    save(&out_dir.join("README.md"), &page::page(&grid, &pictures))
}

fn save(path: &Path, text: &str) -> Result<(), ReportError> {
    fs::write(path, text).map_err(|why| ReportError::Write { path: path.to_owned(), why })
}
