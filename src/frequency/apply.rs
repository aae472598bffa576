//! Sets energy performance preferences, and puts back what was there.
//!
//! Before the first change, what is there is written into a journal. Whoever ends well puts it back and removes the
//! journal; after a crash the next start does, or `scx_domains restore`. The journal is under /run, so it does not outlive a
//! boot: the kernel's own preferences are back then by themselves.
//!
//! Others may set preferences while we run (power-profiles-daemon does, and TLP). What is there and is not what we have written
//! is theirs: that is what is put back at the end, and what `--profile auto` goes by. What we write ourselves never is.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::control::{Control, CpufreqPolicy};
use super::policy::preference;
use super::probe::policies;
use crate::files::line;
use crate::placement::Profile;
use crate::topology::Topology;

const JOURNAL: &str = "run/scx_domains/preferences.json";
const PREFERENCE: &str = "energy_performance_preference";

/// Preferences in force. Dropping them puts back what was there.
#[derive(Debug)]
pub struct Preferences {
    root: PathBuf,
    /// Those that can be written.
    files: Arc<Mutex<Vec<File>>>,
}

/// A preference.
#[derive(Debug)]
struct File {
    path: PathBuf,
    /// The rank of the class of its CPUs.
    rank: usize,
    /// What others have set last.
    theirs: String,
    /// What was there when we had written last.
    ours: Option<String>,
}

impl File {
    /// Is what is there theirs? Then take note of it.
    fn look(&mut self) {
        match line(&self.path) {
            Ok(now) if self.ours.as_ref() != Some(&now) => self.theirs = now,
            _ => {}
        }
    }

    /// Drivers may have other words for what is written, so it is read again: it must not be taken for theirs.
    fn write(&mut self, preference: &str) -> Result<(), String> {
        put(&self.path, preference)?;
        self.ours = Some(line(&self.path).map_err(|error| error.to_string())?);
        Ok(())
    }
}

fn put(path: &Path, preference: &str) -> Result<(), String> {
    fs::write(path, preference).map_err(|error| format!("'{preference}' was refused by {}: {error}", path.display()))
}

fn lock(files: &Mutex<Vec<File>>) -> MutexGuard<'_, Vec<File>> {
    files.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Preferences {
    /// Take note of what is there, in a journal. `root` is `/` but in tests. None where no CPU takes a preference.
    ///
    /// # Errors
    /// The journal cannot be written: then nothing may be changed.
    pub fn new(root: &Path, topology: &Topology) -> io::Result<Option<Self>> {
        let Restored { refused, .. } = restore(root)?;
        if !refused.is_empty() {
            return Err(io::Error::other(format!("those of an earlier run are not put back: {}", refused.join("; "))));
        }
        let asked: Vec<CpufreqPolicy> =
            policies(root).into_iter().filter(|policy| policy.control == Control::Preference).collect();
        if asked.is_empty() {
            return Ok(None);
        }
        let mut files = Vec::new();
        for policy in asked {
            let rank = topology.classes.iter().position(|class| !class.cpus.is_disjoint(&policy.cpus)).unwrap_or(0);
            let path = policy.path.join(PREFERENCE);
            files.push(File { theirs: line(&path)?, path, rank, ours: None });
        }
        write_journal(root, &theirs(&files))?;
        Ok(Some(Self { root: root.to_owned(), files: Arc::new(Mutex::new(files)) }))
    }

    /// Set what goes with a profile. Those that refuse are told of; the others have it.
    pub fn set(&self, profile: Profile) {
        let mut files = lock(&self.files);
        self.keep_theirs(&mut files);
        for file in &mut *files {
            if let Err(error) = file.write(preference(profile, file.rank)) {
                log::warn!("the profile has not all its energy preferences: {error}");
            }
        }
    }

    /// Tells, whenever it is called, what others have set last, whatever we have written since.
    pub fn of_others(&self) -> impl Fn() -> Vec<String> + Send + 'static {
        let files = Arc::clone(&self.files);
        move || {
            let mut files = lock(&files);
            files.iter_mut().for_each(File::look);
            files.iter().map(|file| file.theirs.clone()).collect()
        }
    }

    /// What others have set meanwhile is what is to be put back.
    fn keep_theirs(&self, files: &mut [File]) {
        files.iter_mut().for_each(File::look);
        if let Err(error) = write_journal(&self.root, &theirs(files)) {
            log::warn!("noting down energy preferences that somebody has set failed: {error}");
        }
    }
}

impl Drop for Preferences {
    fn drop(&mut self) {
        self.keep_theirs(&mut lock(&self.files));
        match restore(&self.root) {
            Ok(Restored { refused, .. }) if refused.is_empty() => {}
            Ok(Restored { refused, .. }) => log::warn!(
                "some energy preferences could not be put back ({}); `scx_domains restore` tries again",
                refused.join("; ")
            ),
            Err(error) => {
                log::warn!("the energy preferences could not be put back ({error}); `scx_domains restore` tries again");
            }
        }
    }
}

/// The preferences that are there, of all policies that take any. `root` is `/` but in tests.
#[must_use]
pub fn preferences(root: &Path) -> Vec<String> {
    policies(root).iter().filter_map(|policy| line(policy.path.join(PREFERENCE)).ok()).collect()
}

/// By file, what others have set last.
fn theirs(files: &[File]) -> BTreeMap<&PathBuf, &String> {
    files.iter().map(|file| (&file.path, &file.theirs)).collect()
}

/// The journal, whole or not at all: one that is cut off would restore nothing.
fn write_journal(root: &Path, was: &BTreeMap<&PathBuf, &String>) -> io::Result<()> {
    let journal = root.join(JOURNAL);
    let new = journal.with_extension("new");
    journal.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(&new, serde_json::to_vec_pretty(was)?)?;
    fs::rename(new, journal)
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
    let text = match fs::read_to_string(&journal) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Restored::default()),
        Err(error) => return Err(error),
    };
    let was: BTreeMap<PathBuf, String> = serde_json::from_str(&text)?;
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
        write_journal(root, &left.iter().collect())?;
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::{Source, read};

    /// A machine of two CPUs, both with preferences, and its description with one class.
    fn machine() -> (tempfile::TempDir, Topology) {
        let root = tempfile::tempdir().unwrap();
        for cpu in 0..2 {
            let folder = root.path().join(format!("sys/devices/system/cpu/cpufreq/policy{cpu}"));
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("scaling_driver"), "intel_pstate\n").unwrap();
            fs::write(folder.join("scaling_governor"), "powersave\n").unwrap();
            fs::write(folder.join("affected_cpus"), format!("{cpu}\n")).unwrap();
            fs::write(folder.join(PREFERENCE), ["default", "128"][cpu]).unwrap();
        }
        let topology = Source::parse("synthetic:core:2 pu:1").and_then(|source| read(&source)).unwrap();
        (root, topology)
    }

    fn now(root: &Path) -> Vec<String> {
        let file = |cpu| root.join(format!("sys/devices/system/cpu/cpufreq/policy{cpu}")).join(PREFERENCE);
        (0..2).map(|cpu| fs::read_to_string(file(cpu)).unwrap()).collect()
    }

    #[test]
    fn what_was_there_comes_back_at_the_end() {
        let (root, topology) = machine();
        let preferences = Preferences::new(root.path(), &topology).unwrap().expect("there are some");
        preferences.set(Profile::Powersave);
        assert_eq!(now(root.path()), ["power", "power"]);
        preferences.set(Profile::Performance);
        assert_eq!(now(root.path()), ["performance", "performance"]);
        drop(preferences);
        assert_eq!(now(root.path()), ["default", "128"]);
        assert!(!root.path().join(JOURNAL).exists());
    }

    #[test]
    fn after_a_crash_the_next_start_knows_what_was_there() {
        let (root, topology) = machine();
        let crashed = Preferences::new(root.path(), &topology).unwrap().expect("there are some");
        crashed.set(Profile::Powersave);
        std::mem::forget(crashed);
        let next = Preferences::new(root.path(), &topology).unwrap().expect("there are some");
        assert_eq!(now(root.path()), ["default", "128"]);
        next.set(Profile::Balanced);
        std::mem::forget(next);
        assert_eq!(restore(root.path()).unwrap().restored, 2);
        assert_eq!(now(root.path()), ["default", "128"]);
        assert_eq!(restore(root.path()).unwrap(), Restored::default(), "there is nothing to be put back twice");
    }

    #[test]
    fn one_that_refuses_is_named_and_keeps_none_of_the_others() {
        let (root, topology) = machine();
        let crashed = Preferences::new(root.path(), &topology).unwrap().expect("there are some");
        crashed.set(Profile::Powersave);
        std::mem::forget(crashed);
        // A folder cannot be written, by root neither.
        let folder = root.path().join("sys/devices/system/cpu/cpufreq/policy0");
        fs::remove_file(folder.join(PREFERENCE)).unwrap();
        fs::create_dir(folder.join(PREFERENCE)).unwrap();
        for restored in [1, 0] {
            let done = restore(root.path()).unwrap();
            assert_eq!((done.restored, done.refused.len()), (restored, 1), "what is put back is put back once");
            assert!(
                done.refused[0].contains("'default' was refused by") && done.refused[0].contains("policy0"),
                "{done:?}"
            );
        }
        assert!(Preferences::new(root.path(), &topology).is_err(), "a new journal must not forget it");
        assert_eq!(
            fs::read_to_string(root.path().join("sys/devices/system/cpu/cpufreq/policy1").join(PREFERENCE)).unwrap(),
            "128"
        );
        fs::remove_dir(folder.join(PREFERENCE)).unwrap();
        fs::write(folder.join(PREFERENCE), "power").unwrap();
        assert_eq!(restore(root.path()).unwrap().restored, 1);
        assert_eq!(now(root.path()), ["default", "128"]);
        assert!(!root.path().join(JOURNAL).exists());
    }

    #[test]
    fn what_others_set_meanwhile_is_told_and_comes_back() {
        let (root, topology) = machine();
        let preferences = Preferences::new(root.path(), &topology).unwrap().expect("there are some");
        let others = preferences.of_others();
        preferences.set(Profile::Powersave);
        assert_eq!(others(), ["default", "128"], "what we write is not theirs");
        let file = root.path().join("sys/devices/system/cpu/cpufreq/policy0").join(PREFERENCE);
        fs::write(&file, "balance_performance\n").unwrap();
        assert_eq!(others(), ["balance_performance", "128"]);
        preferences.set(Profile::Performance);
        assert_eq!(others(), ["balance_performance", "128"]);
        fs::write(&file, "balance_power\n").unwrap();
        preferences.set(Profile::Powersave);
        assert_eq!(fs::read_to_string(&file).unwrap(), "power");
        drop(preferences);
        assert_eq!(now(root.path()), ["balance_power", "128"]);
        assert_eq!(super::preferences(root.path()), ["balance_power", "128"]);
    }

    #[test]
    fn a_journal_that_is_none_changes_nothing_and_is_told() {
        let (root, topology) = machine();
        fs::create_dir_all(root.path().join("run/scx_domains")).unwrap();
        fs::write(root.path().join(JOURNAL), "{").unwrap();
        assert!(Preferences::new(root.path(), &topology).is_err());
        assert_eq!(now(root.path()), ["default", "128"]);
    }
}
