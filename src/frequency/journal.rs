//! The journal of energy performance preferences: what was there before they were set.
//!
//! It is under /run, so it does not outlive a boot: the kernel's own preferences are back then by themselves.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::files::line;

const JOURNAL: &str = "run/scx_domains/preferences.json";
pub const PREFERENCE: &str = "energy_performance_preference";

/// Write down what was there, by file: whole or not at all, since a journal that is cut off would restore nothing.
///
/// # Errors
/// The system's.
pub fn write(root: &Path, was: &BTreeMap<&PathBuf, &String>) -> io::Result<()> {
    let journal = root.join(JOURNAL);
    let new = journal.with_extension("new");
    journal.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(&new, serde_json::to_vec_pretty(was)?)?;
    fs::rename(new, journal)
}

/// Write a preference into its file.
///
/// # Errors
/// What was refused, by which file, and why.
pub fn put(file: &Path, preference: &str) -> Result<(), String> {
    fs::write(file, preference).map_err(|error| format!("'{preference}' was refused by {}: {error}", file.display()))
}

/// What became of a journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// How many preferences are as they were.
    pub restored: usize,
    /// Those that could not be written: the file, what was to go there and why it did not.
    pub refused: Vec<String>,
}

/// Put back what a journal says was there, if there is one. One that cannot be written keeps none of the others from it. What is put
/// back leaves the journal, which goes with the last. `root` is `/` but in tests. Files that are gone (the CPU is offline, the
/// driver another) have nothing to be put back into.
///
/// # Errors
/// The journal cannot be read or written.
pub fn restore(root: &Path) -> io::Result<Restored> {
    let journal = root.join(JOURNAL);
    let text = match line(&journal) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Restored::default()),
        Err(error) => return Err(error),
    };
    let no_journal = |error| io::Error::other(format!("{} is no journal: {error}", journal.display()));
    let was: BTreeMap<PathBuf, String> = serde_json::from_str(&text).map_err(no_journal)?;
    let (mut done, mut left) = (Restored::default(), BTreeMap::new());
    for (file, preference) in was.into_iter().filter(|(file, _)| file.ends_with(PREFERENCE) && file.exists()) {
        match put(&file, &preference) {
            Ok(()) => done.restored += 1,
            Err(refusal) => {
                done.refused.push(refusal);
                left.insert(file, preference);
            }
        }
    }
    if left.is_empty() {
        fs::remove_file(journal)?;
    } else {
        write(root, &left.iter().collect())?;
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two policies with their preferences, which are all "power" now, in a journal.
    fn journal(preferences: [&str; 2]) -> (tempfile::TempDir, [PathBuf; 2]) {
        let root = tempfile::tempdir().unwrap();
        let files = [0, 1].map(|policy| {
            let folder = root.path().join(format!("sys/devices/system/cpu/cpufreq/policy{policy}"));
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(PREFERENCE), "power").unwrap();
            folder.join(PREFERENCE)
        });
        write(root.path(), &files.iter().zip(&preferences.map(str::to_owned)).collect()).unwrap();
        (root, files)
    }

    #[test]
    fn one_that_refuses_is_named_and_keeps_none_of_the_others() {
        let (root, files) = journal(["default", "128"]);
        // A folder cannot be written, by root neither.
        fs::remove_file(&files[0]).unwrap();
        fs::create_dir(&files[0]).unwrap();
        for restored in [1, 0] {
            let done = restore(root.path()).unwrap();
            assert_eq!((done.restored, done.refused.len()), (restored, 1), "what is put back is put back once");
            let told = &done.refused[0];
            assert!(told.contains("'default' was refused by") && told.contains("policy0"), "{told}");
        }
        assert_eq!(line(&files[1]).unwrap(), "128");
        fs::remove_dir(&files[0]).unwrap();
        fs::write(&files[0], "power").unwrap();
        assert_eq!(restore(root.path()).unwrap().restored, 1);
        assert_eq!(line(&files[0]).unwrap(), "default");
        assert!(!root.path().join(JOURNAL).exists());
        assert_eq!(restore(root.path()).unwrap(), Restored::default(), "there is nothing to be put back twice");
    }

    #[test]
    fn a_journal_that_is_none_changes_nothing_and_is_told() {
        let (root, files) = journal(["default", "128"]);
        fs::write(root.path().join(JOURNAL), "{").unwrap();
        let told = restore(root.path()).expect_err("it is none").to_string();
        assert!(told.contains("preferences.json is no journal"), "{told}");
        assert_eq!(files.map(|file| line(file).unwrap()), ["power", "power"]);
    }
}
