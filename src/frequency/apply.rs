//! Sets energy performance preferences, and puts back what was there.
//!
//! Before the first change, what is there is written into a journal (`journal`). Whoever ends well puts it back; after a crash the
//! next start does, or `scx_domains restore`.
//!
//! Others may set preferences while we run (power-profiles-daemon does, and TLP). What is there and is not what we have written
//! is theirs (`file`): that is what is put back at the end, and what `--profile auto` goes by. It is told, and left as it is until
//! there is another profile: two that each put right what the other sets would never end.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::control::{Control, CpufreqPolicy};
use super::file::File;
use super::journal::{self, Access, Notes, PREFERENCE, is_busy, restore_by};
use super::policy::preference;
use super::probe::policies;
use crate::cpuset::CpuSet;
use crate::files::line;
use crate::placement::Profile;
use crate::topology::Topology;

/// Preferences in force. Dropping them puts back what was there.
#[derive(Debug)]
pub struct Preferences {
    root: PathBuf,
    access: Access,
    /// Those that can be written.
    files: Arc<Mutex<Vec<File>>>,
    /// What an earlier run has left that is not back yet, for its CPUs are offline.
    waiting: Notes,
    /// Which file is looked at next.
    next: usize,
}

fn lock(files: &Mutex<Vec<File>>) -> MutexGuard<'_, Vec<File>> {
    files.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Preferences {
    /// At a start: put back what an earlier run has left changed, and, where preferences are `wanted`, take note of what is there.
    /// None where they are not, or no CPU takes one. `root` is `/` but in tests.
    ///
    /// # Errors
    /// A sentence. What was refused stays in the journal, and no preference may be set: it would be taken for what was there. Who is
    /// only offline is told of.
    pub fn start(root: &Path, topology: &Topology, wanted: bool) -> Result<Option<Self>, String> {
        Self::start_by(Access::FILES, root, topology, wanted)
    }

    fn start_by(access: Access, root: &Path, topology: &Topology, wanted: bool) -> Result<Option<Self>, String> {
        let (left, waiting) = match restore_by(access, root) {
            Ok(done) => {
                done.told_waiting().iter().for_each(|told| log::warn!("{told}"));
                (done.refused.join("; "), done.waiting)
            }
            Err(error) => (error.to_string(), Notes::new()),
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
        Self::take_note(access, root, topology, waiting).map_err(untold)
    }

    fn take_note(access: Access, root: &Path, topology: &Topology, mut waiting: Notes) -> io::Result<Option<Self>> {
        let asked: Vec<CpufreqPolicy> =
            policies(root).into_iter().filter(|policy| policy.control == Control::Preference).collect();
        let mut files = Vec::new();
        for policy in asked {
            let rank = topology.classes.iter().position(|class| !class.cpus.is_disjoint(&policy.cpus)).unwrap_or(0);
            let path = policy.path.join(PREFERENCE);
            let (theirs, ours) = match (waiting.remove(&path), (access.read)(&path)) {
                // It has come online just now, with what the earlier run has set.
                (Some(note), now) => {
                    let ours = now.ok().filter(|now| note.ours.contains(now));
                    (note.was, ours.or(note.ours.last().cloned()))
                }
                (None, Ok(now)) => (now, None),
                // It has gone offline just now.
                (None, Err(error)) if is_busy(&error) => continue,
                (None, Err(error)) => return Err(error),
            };
            files.push(File::new(access, path, policy.cpus, rank, theirs, ours));
        }
        if files.is_empty() {
            return Ok(None);
        }
        let preferences = Self { root: root.to_owned(), access, files: Arc::new(Mutex::new(files)), waiting, next: 0 };
        preferences.note_down(&lock(&preferences.files))?;
        Ok(Some(preferences))
    }

    /// Set what goes with a profile. Those that refuse are told of; the others have it, those that are offline as soon as they are
    /// not.
    pub fn set(&self, profile: Profile) {
        let mut files = lock(&self.files);
        files.iter_mut().for_each(File::look);
        told(&mut files).iter().for_each(|told| log::warn!("{told}"));
        for file in &mut *files {
            file.want(preference(profile, file.rank));
        }
        self.write(&mut files);
    }

    /// Each second: tell what others have changed, and set what could not be set before.
    ///
    /// One file is looked at each time, in turn, and all once one is found changed, for who sets preferences by profile sets all.
    /// To look at all each second would be dear: Intel's driver has the CPU itself say what its preference is, and wakes it up.
    pub fn watch(&mut self) {
        let mut files = lock(&self.files);
        self.next = (self.next + 1) % files.len();
        files[self.next].look();
        if files[self.next].is_untold() {
            files.iter_mut().for_each(File::look);
        }
        told(&mut files).iter().for_each(|told| log::warn!("{told}"));
        if files.iter().any(File::is_late) {
            self.write(&mut files);
        }
    }

    /// Tells, whenever it is called, what others have set last, whatever we have written since.
    pub fn of_others(&self) -> impl Fn() -> Vec<String> + Send + 'static {
        let files = Arc::clone(&self.files);
        move || {
            let mut files = lock(&files);
            files.iter_mut().for_each(File::look);
            files.iter().map(|file| file.theirs().to_owned()).collect()
        }
    }

    /// Write what is to be written. It is noted down before, for a crash that comes between, and after, in the driver's words.
    fn write(&self, files: &mut [File]) {
        self.note_down_or_warning(files);
        for file in &mut *files {
            if let Err(error) = file.write() {
                log::warn!("the profile has not all its energy preferences: {error}");
            }
        }
        self.note_down_or_warning(files);
    }

    fn note_down(&self, files: &[File]) -> io::Result<()> {
        let mut notes = self.waiting.clone();
        notes.extend(files.iter().map(|file| (file.path.clone(), file.note())));
        journal::write(&self.root, &notes)
    }

    fn note_down_or_warning(&self, files: &[File]) {
        if let Err(error) = self.note_down(files) {
            log::warn!("noting down which energy preferences are ours failed: {error}");
        }
    }
}

impl Drop for Preferences {
    fn drop(&mut self) {
        let mut files = lock(&self.files);
        files.iter_mut().for_each(File::look);
        told(&mut files).iter().for_each(|told| log::warn!("{told}"));
        self.note_down_or_warning(&files);
        match restore_by(self.access, &self.root) {
            Ok(done) => {
                done.told_waiting().iter().for_each(|told| log::warn!("{told}"));
                if !done.refused.is_empty() {
                    log::warn!(
                        "some energy preferences could not be put back ({}); `scx_domains restore` tries again",
                        done.refused.join("; ")
                    );
                }
            }
            Err(error) => {
                log::warn!("the energy preferences could not be put back ({error}); `scx_domains restore` tries again");
            }
        }
    }
}

/// What others have changed and nobody has been told of yet, a sentence a preference.
fn told(files: &mut [File]) -> Vec<String> {
    let mut changed: BTreeMap<String, CpuSet> = BTreeMap::new();
    for file in files {
        if let Some(theirs) = file.tell() {
            changed.entry(theirs).or_default().extend(file.cpus.iter());
        }
    }
    let sentence = |(theirs, cpus): (&String, &CpuSet)| {
        format!(
            "the energy preference of CPUs {cpus} was changed to '{theirs}' by somebody else, and is left as it is until the \
             profile is another"
        )
    };
    changed.iter().map(sentence).collect()
}

/// The preferences that are there, of all policies that take any. `root` is `/` but in tests.
#[must_use]
pub fn preferences(root: &Path) -> Vec<String> {
    policies(root).iter().filter_map(|policy| line(policy.path.join(PREFERENCE)).ok()).collect()
}
