//! The small files of /proc and /sys that say one thing in a line.

use crate::cpuset::CpuSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// What a file says, without the blanks and ends of lines around it.
///
/// # Errors
/// The system's, with the file that was being read; of the same kind.
pub fn line(path: impl AsRef<Path>) -> io::Result<String> {
    let path = path.as_ref();
    fs::read_to_string(path).map(|text| text.trim().to_owned()).map_err(|error| told(path, &error))
}

/// An error, with the file that was being read.
fn told(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("reading {}: {error}", path.display()))
}

/// The value that a file holds; none where there is none, or something else.
pub fn value<T: FromStr>(path: impl AsRef<Path>) -> Option<T> {
    line(path).ok()?.parse().ok()
}

/// The CPUs that a file lists: with commas, or with blanks as cpufreq does it; none where there is no such list.
pub fn cpus(path: impl AsRef<Path>) -> Option<CpuSet> {
    line(path).ok()?.split_whitespace().collect::<Vec<_>>().join(",").parse().ok()
}

/// The entries of a folder whose names begin so, sorted; of one that cannot be read, none.
#[must_use]
pub fn entries(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let all = fs::read_dir(folder).into_iter().flatten().flatten();
    let wanted = all.filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix));
    let mut paths: Vec<PathBuf> = wanted.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// Files that one reader keeps open at most: a process may have 1024 where nobody says otherwise.
const MOST_KEPT: usize = 128;
/// The longest line that is read: what the kernel shows of a file is a page at most.
const PAGE: usize = 4096;

/// A file that is read again and again, kept open meanwhile: the kernel makes its text anew for each read from its start, and
/// finding one in /sys takes three times as long as reading it (62 µs and 18, traced at 2 ns an instruction).
#[derive(Debug)]
pub struct Kept {
    path: PathBuf,
    file: Option<File>,
    keep: bool,
}

impl Kept {
    /// One of `count` that are read together: where there are too many to keep them open, they are not.
    #[must_use]
    pub fn new(path: PathBuf, count: usize) -> Self {
        Self { path, file: None, keep: count <= MOST_KEPT }
    }

    /// As [`line`].
    ///
    /// # Errors
    /// As [`line`].
    pub fn line(&mut self) -> io::Result<String> {
        if !self.keep {
            return line(&self.path);
        }
        // One that was taken away and has come back, as those of a CPU that was offline, is another file of the same name.
        if let Some(Ok(text)) = self.file.as_ref().map(again) {
            return Ok(text);
        }
        self.file = None;
        let opened = File::open(&self.path).and_then(|file| Ok((again(&file)?, file)));
        let (text, file) = opened.map_err(|error| told(&self.path, &error))?;
        self.file = Some(file);
        Ok(text)
    }

    /// As [`value`].
    pub fn value<T: FromStr>(&mut self) -> Option<T> {
        self.line().ok()?.parse().ok()
    }
}

/// What an open file says now.
fn again(file: &File) -> io::Result<String> {
    let mut page = [0; PAGE];
    let length = file.read_at(&mut page, 0)?;
    let text =
        std::str::from_utf8(&page[..length]).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_open_says_what_it_says_now() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        for count in [1, MOST_KEPT + 1] {
            let mut kept = Kept::new(path.clone(), count);
            assert_eq!(kept.line().expect_err("there is none").kind(), io::ErrorKind::NotFound);
            fs::write(&path, "1234\n").expect("a file");
            assert_eq!(kept.line().expect("a line"), "1234");
            fs::write(&path, "7\n").expect("a file");
            assert_eq!((kept.value::<u32>(), kept.file.is_some()), (Some(7), count == 1));
            fs::remove_file(&path).expect("it is there");
        }
    }

    #[test]
    fn what_a_file_says_is_read_without_what_is_around_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |text: &str| {
            let path = folder.path().join("file");
            fs::write(&path, text).expect("a file");
            path
        };
        assert_eq!(line(file(" two words\n")).expect("a line"), "two words");
        assert_eq!(
            (value::<i64>(file("-1\n")), value::<u32>(file("-1\n")), value::<u32>(file(""))),
            (Some(-1), None, None)
        );
        let listed = ["0-2,7\n", "0 1 2 7\n", "\n", "0,x\n"].map(|text| cpus(file(text)).map(|cpus| cpus.to_string()));
        assert_eq!(listed.each_ref().map(Option::as_deref), [Some("0-2,7"), Some("0-2,7"), Some(""), None]);
    }

    #[test]
    fn an_error_tells_what_was_read() {
        let error = line("/none/of/this").expect_err("there is none");
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(error.to_string().starts_with("reading /none/of/this: "), "{error}");
        assert_eq!((value::<u32>("/none/of/this"), cpus("/none/of/this")), (None, None));
    }

    #[test]
    fn entries_come_sorted() {
        let folder = tempfile::tempdir().expect("a folder");
        ["b2", "b1", "a"].iter().for_each(|name| fs::write(folder.path().join(name), "").expect("a file"));
        assert_eq!(entries(folder.path(), "b"), ["b1", "b2"].map(|name| folder.path().join(name)));
        assert_eq!(entries(&folder.path().join("none"), ""), [""; 0].map(PathBuf::from));
    }
}
