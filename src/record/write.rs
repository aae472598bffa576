//! Writes a record while the scheduler runs.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use super::{Header, Round, line};

/// A record that is being written.
pub struct Recorder {
    file: File,
}

impl Recorder {
    /// Begin a record in `path`, in place of what was there.
    ///
    /// # Errors
    /// The file cannot be made, or the header cannot be written.
    pub fn create(path: &Path, header: &Header) -> io::Result<Self> {
        let mut recorder = Self { file: File::create(path)? };
        recorder.write(&line(header)?)?;
        Ok(recorder)
    }

    /// Add a round.
    ///
    /// # Errors
    /// It cannot be written, or not all of it. The record is of no use for more: the next line would begin inside this one.
    pub fn add(&mut self, round: &Round) -> io::Result<()> {
        self.write(&line(round)?)
    }

    /// Straight to the kernel, so that nothing is lost with the process.
    fn write(&mut self, line: &str) -> io::Result<()> {
        self.file.write_all(line.as_bytes())
    }
}
