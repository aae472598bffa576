//! A preference's file: what is there, and whose that is.
//!
//! What is there and is not what we have written is somebody else's. What we write ourselves is never taken for that.

use std::io;
use std::path::PathBuf;

use super::journal::{Access, Note};
use crate::cpuset::CpuSet;

/// A preference.
#[derive(Debug)]
pub struct File {
    pub path: PathBuf,
    pub cpus: CpuSet,
    /// The rank of the class of its CPUs.
    pub rank: usize,
    access: Access,
    /// What others have set last.
    theirs: String,
    /// What was there when we had written last.
    ours: Option<String>,
    /// Was ours there at the last look?
    in_force: bool,
    /// Have others changed ours since, and has nobody been told?
    untold: bool,
    /// What is to be written and is not yet.
    wanted: Option<&'static str>,
}

impl File {
    /// `theirs` is what others have set last, `ours` what was there when we had written last, if we had.
    pub fn new(access: Access, path: PathBuf, cpus: CpuSet, rank: usize, theirs: String, ours: Option<String>) -> Self {
        Self { path, cpus, rank, access, theirs, ours, in_force: false, untold: false, wanted: None }
    }

    /// Is what is there theirs? Then take note of it. Of a CPU that is offline nothing new is known.
    pub fn look(&mut self) {
        let Ok(now) = (self.access.read)(&self.path) else { return };
        let ours = self.ours.as_ref() == Some(&now);
        let changed = !ours && self.ours.is_some() && (self.in_force || self.theirs != now);
        if changed {
            (self.untold, self.wanted) = (true, None);
        }
        if !ours {
            self.theirs = now;
        }
        self.untold &= !ours;
        self.in_force = ours;
    }

    /// Have others changed ours, and has nobody been told?
    pub fn is_untold(&self) -> bool {
        self.untold
    }

    /// What they have changed it to, if nobody has been told of that.
    pub fn tell(&mut self) -> Option<String> {
        std::mem::take(&mut self.untold).then(|| self.theirs.clone())
    }

    /// What others have set last, whatever we have written since.
    pub fn theirs(&self) -> &str {
        &self.theirs
    }

    /// This is to be written next.
    pub fn want(&mut self, preference: &'static str) {
        self.wanted = Some(preference);
    }

    /// Is there something to be written that could not be, and may be now?
    pub fn is_late(&self) -> bool {
        self.wanted.is_some() && (self.access.read)(&self.path).is_ok()
    }

    /// Write what is to be, if anything is. While its CPU is offline it stays to be written.
    ///
    /// # Errors
    /// It is refused.
    pub fn write(&mut self) -> io::Result<()> {
        let Some(preference) = self.wanted else { return Ok(()) };
        match (self.access.put)(&self.path, preference) {
            Ok(()) => {
                // Drivers may have other words for what is written: these must not be taken for theirs.
                self.ours = Some((self.access.read)(&self.path).unwrap_or_else(|_| preference.to_owned()));
                (self.in_force, self.untold, self.wanted) = (true, false, None);
                Ok(())
            }
            Err(error) if self.access.is_offline(&self.path, &error) => Ok(()),
            Err(error) => {
                self.wanted = None;
                Err(error)
            }
        }
    }

    /// For the journal: also what is about to be written counts as ours.
    pub fn note(&self) -> Note {
        let ours = self.ours.iter().cloned().chain(self.wanted.map(str::to_owned));
        Note { was: self.theirs.clone(), ours: ours.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::journal::put;
    use super::super::journal::tests::IF_ONLINE;
    use super::*;
    use crate::files::line;
    use std::fs;
    use std::path::Path;

    fn file(access: Access) -> (tempfile::TempDir, File) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("preference");
        fs::write(&path, "default\n").unwrap();
        (folder, File::new(access, path, CpuSet::new(), 0, "default".to_owned(), None))
    }

    fn write(file: &mut File, preference: &'static str) {
        file.want(preference);
        file.write().unwrap();
    }

    #[test]
    fn what_others_change_is_told_once_and_what_we_write_is_not() {
        let (_folder, mut file) = file(Access::FILES);
        let told = |file: &mut File| {
            file.look();
            file.tell()
        };
        fs::write(&file.path, "128\n").unwrap();
        assert_eq!((told(&mut file), file.theirs()), (None, "128"), "there was nothing of ours to be changed");
        write(&mut file, "power");
        assert_eq!((told(&mut file), file.theirs()), (None, "128"), "ours");
        for theirs in ["128", "performance"] {
            fs::write(&file.path, format!("{theirs}\n")).unwrap();
            assert_eq!((told(&mut file).as_deref(), file.theirs()), (Some(theirs), theirs));
            assert_eq!(told(&mut file), None, "once");
        }
        write(&mut file, "balance_power");
        assert_eq!((told(&mut file), file.theirs()), (None, "performance"));
        fs::write(&file.path, "power\n").unwrap();
        assert_eq!(told(&mut file).as_deref(), Some("power"), "it is not what we have written last");
    }

    /// A driver that says "balance_power" in its own words.
    fn put_in_own_words(file: &Path, preference: &str) -> io::Result<()> {
        put(file, if preference == "balance_power" { "192" } else { preference })
    }

    #[test]
    fn other_words_of_the_driver_are_ours() {
        let (_folder, mut file) = file(Access { put: put_in_own_words, ..Access::FILES });
        file.want("balance_power");
        assert_eq!(file.note(), Note { was: "default".to_owned(), ours: vec!["balance_power".to_owned()] });
        file.write().unwrap();
        file.look();
        assert_eq!((file.tell(), file.theirs()), (None, "default"));
        assert_eq!(file.note().ours, ["192"]);
    }

    #[test]
    fn what_cannot_be_written_offline_is_written_later_unless_somebody_was_faster() {
        let (folder, mut file) = file(IF_ONLINE);
        let offline = folder.path().join("offline");
        let now = |file: &File| line(&file.path).unwrap();
        write(&mut file, "power");
        fs::write(&offline, "").unwrap();
        write(&mut file, "performance");
        assert_eq!(now(&file), "power");
        assert_eq!(file.note().ours, ["power", "performance"]);
        fs::remove_file(&offline).unwrap();
        file.write().unwrap();
        assert_eq!(now(&file), "performance");

        fs::write(&offline, "").unwrap();
        write(&mut file, "power");
        fs::remove_file(&offline).unwrap();
        fs::write(&file.path, "128").unwrap();
        file.look();
        file.write().unwrap();
        assert_eq!((now(&file), file.tell()), ("128".to_owned(), Some("128".to_owned())));
    }

    #[test]
    fn what_the_governor_does_not_let_be_is_refused_and_not_tried_again() {
        let (folder, mut file) = file(IF_ONLINE);
        fs::write(folder.path().join("performance"), "").unwrap();
        file.want("power");
        assert_eq!(file.write().expect_err("it is refused").kind(), io::ErrorKind::ResourceBusy);
        assert!(!file.is_late());
    }
}
