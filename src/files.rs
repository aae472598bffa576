//! The small files of /proc and /sys that say one thing in a line.

use crate::cpuset::CpuSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// What a file says, without the blanks and ends of lines around it.
///
/// # Errors
/// The system's, with the file that was being read; of the same kind.
pub fn line(path: impl AsRef<Path>) -> io::Result<String> {
    let path = path.as_ref();
    let told = |error: io::Error| io::Error::new(error.kind(), format!("reading {}: {error}", path.display()));
    fs::read_to_string(path).map(|text| text.trim().to_owned()).map_err(told)
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

#[cfg(test)]
mod tests {
    use super::*;

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
