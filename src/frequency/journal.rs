//! The journal of energy performance preferences: what was there before they were set, and what was set.
//!
//! It is under /run, so it does not outlive a boot: the kernel's own preferences are back then by themselves.
//!
//! The files of a CPU that is offline stay, and refuse with EBUSY to be read or written. Its driver keeps its preference meanwhile,
//! which is there again when it is back. So what is to go there stays in the journal, and keeps nothing else from going on.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cpuset::CpuSet;
use crate::files::line;

const JOURNAL: &str = "run/scx_domains/preferences.json";
pub const PREFERENCE: &str = "energy_performance_preference";

/// What the journal says, by file.
pub type Notes = BTreeMap<PathBuf, Note>;

/// Of one preference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// What was there.
    pub was: String,
    /// What is there if nobody else has changed it since: one of these. None before anything was set.
    pub ours: Vec<String>,
}

/// How a preference gets out of its file and into it; another way in tests.
#[derive(Clone, Copy, Debug)]
pub struct Access {
    pub read: fn(&Path) -> io::Result<String>,
    pub put: fn(&Path, &str) -> io::Result<()>,
}

impl Access {
    /// The kernel's files.
    pub const FILES: Self = Self { read, put };

    /// Is the CPU of a file offline that refused so to be written? With the governor performance, drivers refuse other preferences in
    /// the same words, but then it can be read.
    pub fn is_offline(self, file: &Path, error: &io::Error) -> bool {
        is_busy(error) && (self.read)(file).is_err_and(|error| is_busy(&error))
    }
}

fn read(file: &Path) -> io::Result<String> {
    line(file)
}

/// Write it all down: whole or not at all, since a journal that is cut off would restore nothing.
///
/// # Errors
/// The system's.
pub fn write(root: &Path, notes: &Notes) -> io::Result<()> {
    let journal = root.join(JOURNAL);
    let new = journal.with_extension("new");
    journal.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(&new, serde_json::to_vec_pretty(notes)?)?;
    fs::rename(new, journal)
}

/// Write a preference into its file.
///
/// # Errors
/// What was refused, by which file, and why; of the kind of the system's.
pub fn put(file: &Path, preference: &str) -> io::Result<()> {
    fs::write(file, preference).map_err(|error| {
        io::Error::new(error.kind(), format!("'{preference}' was refused by {}: {error}", file.display()))
    })
}

/// Is this what a file of a CPU says that is offline?
pub fn is_busy(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::ResourceBusy
}

/// The CPU of a preference: each has its own policy, which bears its number, under the drivers that take preferences.
pub fn cpu_of(file: &Path) -> CpuSet {
    let policy = file.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    policy.and_then(|name| name.strip_prefix("policy")?.parse().ok()).unwrap_or_default()
}

/// What became of a journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// How many preferences are as they were.
    pub restored: usize,
    /// Those that could not be written: the file, what was to go there and why it did not.
    pub refused: Vec<String>,
    /// What waits for its CPU to be online, and is in the journal.
    pub waiting: Notes,
}

impl Restored {
    /// Who waits and for what, in a sentence; none where nobody does.
    #[must_use]
    pub fn told_waiting(&self) -> Option<String> {
        let cpus: CpuSet = self.waiting.keys().flat_map(|file| cpu_of(file).iter().collect::<Vec<_>>()).collect();
        let told = format!(
            "CPUs {cpus} are offline, so their energy preferences are not as they were yet: once they are online, the next start \
             or `scx_domains restore` puts them back"
        );
        (!self.waiting.is_empty()).then_some(told)
    }
}

/// Put back what a journal says was there, if there is one, wherever there still is what was set: what somebody else has set since
/// is left. One that cannot be written keeps none of the others from it. What is done with leaves the journal, which goes with
/// the last. `root` is `/` but in tests. Files that are gone (the driver is another) have nothing to be put back into.
///
/// # Errors
/// The journal cannot be read or written.
pub fn restore(root: &Path) -> io::Result<Restored> {
    restore_by(Access::FILES, root)
}

/// As [`restore`], by another access.
///
/// # Errors
/// As [`restore`].
pub fn restore_by(access: Access, root: &Path) -> io::Result<Restored> {
    let journal = root.join(JOURNAL);
    let text = match line(&journal) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Restored::default()),
        Err(error) => return Err(error),
    };
    let no_journal = |error| io::Error::other(format!("{} is no journal: {error}", journal.display()));
    let notes: Notes = serde_json::from_str(&text).map_err(no_journal)?;
    let (mut done, mut left) = (Restored::default(), Notes::new());
    for (file, note) in notes.into_iter().filter(|(file, _)| file.ends_with(PREFERENCE) && file.exists()) {
        if (access.read)(&file).is_ok_and(|now| !note.ours.contains(&now)) {
            continue;
        }
        match (access.put)(&file, &note.was) {
            Ok(()) => done.restored += 1,
            Err(error) => {
                if access.is_offline(&file, &error) {
                    done.waiting.insert(file.clone(), note.clone());
                } else {
                    done.refused.push(error.to_string());
                }
                left.insert(file, note);
            }
        }
    }
    if left.is_empty() {
        fs::remove_file(journal)?;
    } else {
        write(root, &left)?;
    }
    Ok(done)
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A CPU is offline beside whose preference there is a file "offline"; and has the governor performance where there is one of
    /// that name.
    pub const IF_ONLINE: Access = Access {
        read: |file| unless_there_is(file, "offline").and_then(|()| line(file)),
        put: |file, preference| {
            unless_there_is(file, "offline").and_then(|()| unless_there_is(file, "performance"))?;
            put(file, preference)
        },
    };

    fn unless_there_is(file: &Path, name: &str) -> io::Result<()> {
        let busy = || io::Error::new(io::ErrorKind::ResourceBusy, format!("busy: {}", file.display()));
        if file.with_file_name(name).exists() { Err(busy()) } else { Ok(()) }
    }

    /// Two policies with their preferences, which we have set to "power", in a journal.
    fn journal(preferences: [&str; 2]) -> (tempfile::TempDir, [PathBuf; 2]) {
        let root = tempfile::tempdir().unwrap();
        let files = [0, 1].map(|policy| {
            let folder = root.path().join(format!("sys/devices/system/cpu/cpufreq/policy{policy}"));
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(PREFERENCE), "power").unwrap();
            folder.join(PREFERENCE)
        });
        let note = |was: &str| Note { was: was.to_owned(), ours: vec!["power".to_owned()] };
        write(root.path(), &files.iter().cloned().zip(preferences.map(note)).collect()).unwrap();
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
            assert_eq!(done.told_waiting(), None, "it does not wait for anything");
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
    fn who_is_offline_waits_and_is_told() {
        let (root, files) = journal(["default", "128"]);
        let offline = files[1].with_file_name("offline");
        fs::write(&offline, "").unwrap();
        for restored in [1, 0] {
            let done = restore_by(IF_ONLINE, root.path()).unwrap();
            assert_eq!((done.restored, &done.refused[..]), (restored, &[][..]));
            let told = done.told_waiting().expect("one waits");
            assert!(told.starts_with("CPUs 1 are offline") && told.contains("scx_domains restore"), "{told}");
        }
        assert_eq!(files.each_ref().map(|file| line(file).unwrap()), ["default", "power"]);
        fs::remove_file(offline).unwrap();
        assert_eq!(restore_by(IF_ONLINE, root.path()).unwrap().restored, 1, "it is online again");
        assert_eq!(line(&files[1]).unwrap(), "128");
        assert!(!root.path().join(JOURNAL).exists());
    }

    #[test]
    fn who_can_be_read_is_not_offline() {
        let (root, files) = journal(["default", "128"]);
        fs::write(files[1].with_file_name("performance"), "").unwrap();
        let done = restore_by(IF_ONLINE, root.path()).unwrap();
        assert_eq!((done.restored, done.refused.len(), done.told_waiting()), (1, 1, None));
        assert!(done.refused[0].contains("policy1"), "{:?}", done.refused);
    }

    #[test]
    fn what_somebody_else_has_set_since_is_left() {
        let (root, files) = journal(["default", "128"]);
        fs::write(&files[0], "balance_performance\n").unwrap();
        assert_eq!(restore(root.path()).unwrap(), Restored { restored: 1, ..Restored::default() });
        assert_eq!(files.map(|file| line(file).unwrap()), ["balance_performance", "128"]);
        assert!(!root.path().join(JOURNAL).exists(), "it is no business of ours any more");
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
