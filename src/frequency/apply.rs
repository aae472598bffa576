//! Sets energy performance preferences, and puts back what was there.
//!
//! Before the first change, what is there is written into a journal (`journal`). Whoever ends well puts it back; after a crash the
//! next start does, or `scx_domains restore`.
//!
//! Others may set preferences while we run (power-profiles-daemon does, and TLP). What is there and is not what we have written
//! is theirs: that is what is put back at the end, and what `--profile auto` goes by. What we write ourselves never is.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::control::{Control, CpufreqPolicy};
use super::journal::{self, PREFERENCE, Restored, put, restore};
use super::policy::preference;
use super::probe::policies;
use crate::files::line;
use crate::placement::Profile;
use crate::topology::Topology;

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

fn lock(files: &Mutex<Vec<File>>) -> MutexGuard<'_, Vec<File>> {
    files.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Preferences {
    /// At a start: put back what an earlier run has left changed, and, where preferences are `wanted`, take note of what is there.
    /// None where they are not, or no CPU takes one. `root` is `/` but in tests.
    ///
    /// # Errors
    /// A sentence. What could not be put back stays in the journal, and no preference may be set: a new journal would forget it.
    pub fn start(root: &Path, topology: &Topology, wanted: bool) -> Result<Option<Self>, String> {
        let left = match restore(root) {
            Ok(Restored { refused, .. }) => refused.join("; "),
            Err(error) => error.to_string(),
        };
        if !left.is_empty() {
            return Err(format!(
                "energy preferences of an earlier run stay changed, and none are set now: {left}; try `scx_domains restore`, \
                 then start again"
            ));
        }
        if !wanted {
            return Ok(None);
        }
        let untold =
            |error| format!("energy preferences stay as they are, since what they are cannot be noted down: {error}");
        Self::take_note(root, topology).map_err(untold)
    }

    fn take_note(root: &Path, topology: &Topology) -> io::Result<Option<Self>> {
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
        journal::write(root, &theirs(&files))?;
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
        if let Err(error) = journal::write(&self.root, &theirs(files)) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::{Source, read};
    use std::fs;

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
        let preferences = Preferences::start(root.path(), &topology, true).unwrap().expect("there are some");
        preferences.set(Profile::Powersave);
        assert_eq!(now(root.path()), ["power", "power"]);
        preferences.set(Profile::Performance);
        assert_eq!(now(root.path()), ["performance", "performance"]);
        drop(preferences);
        assert_eq!(now(root.path()), ["default", "128"]);
        assert_eq!(restore(root.path()).unwrap(), Restored::default(), "there is nothing to be put back twice");
    }

    #[test]
    fn after_a_crash_the_next_start_knows_what_was_there() {
        let (root, topology) = machine();
        let crashed = Preferences::start(root.path(), &topology, true).unwrap().expect("there are some");
        crashed.set(Profile::Powersave);
        std::mem::forget(crashed);
        let next = Preferences::start(root.path(), &topology, true).unwrap().expect("there are some");
        assert_eq!(now(root.path()), ["default", "128"]);
        next.set(Profile::Balanced);
        std::mem::forget(next);
        assert_eq!(restore(root.path()).unwrap().restored, 2);
        assert_eq!(now(root.path()), ["default", "128"]);
    }

    /// What is put back at a start is put back once, and told of once.
    #[test]
    fn while_one_refuses_no_start_sets_any() {
        let (root, topology) = machine();
        let crashed = Preferences::start(root.path(), &topology, true).unwrap().expect("there are some");
        crashed.set(Profile::Powersave);
        std::mem::forget(crashed);
        // A folder cannot be written, by root neither.
        let file = root.path().join("sys/devices/system/cpu/cpufreq/policy0").join(PREFERENCE);
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        for wanted in [true, false] {
            let told = Preferences::start(root.path(), &topology, wanted).expect_err("one refuses");
            assert_eq!(told.matches("'default' was refused by").count(), 1, "{told}");
            assert!(
                told.contains("policy0") && !told.contains("policy1") && told.contains("scx_domains restore"),
                "{told}"
            );
        }
        fs::remove_dir(&file).unwrap();
        fs::write(&file, "power").unwrap();
        assert!(Preferences::start(root.path(), &topology, false).unwrap().is_none(), "they are not wanted");
        assert_eq!(now(root.path()), ["default", "128"], "and put back for all that");
    }

    #[test]
    fn what_others_set_meanwhile_is_told_and_comes_back() {
        let (root, topology) = machine();
        let preferences = Preferences::start(root.path(), &topology, true).unwrap().expect("there are some");
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
}
