//! What is written when the kernel throws the scheduler out: the rounds that led up to it, for `scx_domains replay`, and the
//! kernel's own dump, side by side.

use crate::kernel::Exit;
use crate::record::FlightRecorder;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What names begin with.
const NAME: &str = "ejected-";
/// Ejections that are kept: a scheduler that is restarted and thrown out again and again must not fill the disk.
const KEPT: usize = 10;

/// Make the folder if it is not there, and see that something can be written there.
///
/// # Errors
/// It cannot.
pub fn prepare(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let probe = folder.join(".scx_domains-probe");
    File::create(&probe)?;
    fs::remove_file(&probe)
}

/// Write both; returns the record's path. The dump has the same name with the ending `dump`.
///
/// # Errors
/// Something cannot be written.
pub fn save(folder: &Path, at: SystemTime, flight: &FlightRecorder, exit: &Exit) -> io::Result<PathBuf> {
    remove_old(folder, KEPT - 1);
    // Colons are awkward for tar and scp.
    let time = humantime::format_rfc3339_millis(at).to_string().replace(':', "-");
    let record = folder.join(format!("{NAME}{time}.jsonl"));
    let mut file = BufWriter::new(File::create(&record)?);
    flight.write(&mut file)?;
    file.flush()?;
    fs::write(record.with_extension("dump"), format!("{}\n{}\n", exit.reason, exit.dump))?;
    Ok(record)
}

/// Names are by time, so the first are the oldest. What cannot be removed stays.
fn remove_old(folder: &Path, keep: usize) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let ours = |path: &PathBuf| {
        path.extension().is_some_and(|end| end == "jsonl")
            && path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(NAME))
    };
    let mut records: Vec<PathBuf> = entries.filter(ours).collect();
    records.sort();
    for old in records.iter().take(records.len().saturating_sub(keep)) {
        for path in [old.clone(), old.with_extension("dump")] {
            if let Err(error) = fs::remove_file(&path) {
                log::warn!("{} is old and cannot be removed: {error}", path.display());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::balance::Params;
    use crate::domain::Domains;
    use crate::kernel::ExitKind;
    use crate::record::{Header, Reader};
    use std::io::BufReader;
    use std::time::{Duration, UNIX_EPOCH};

    fn flight() -> FlightRecorder {
        let none = Domains { domains: Vec::new(), neighbours: Vec::new() };
        FlightRecorder::new(Header::new(100, true, Params::default(), none))
    }

    #[test]
    fn the_last_ejections_are_kept_and_nothing_else_is_touched() {
        let folder = tempfile::tempdir().expect("a folder");
        prepare(folder.path()).expect("it can be written");
        fs::write(folder.path().join("a.jsonl"), "somebody else's").expect("it can be written");
        let exit = Exit { kind: ExitKind::Stall, reason: "a stall".to_owned(), dump: "the dump".to_owned() };
        let save_at = |second| save(folder.path(), UNIX_EPOCH + Duration::from_secs(second), &flight(), &exit);
        let paths: Vec<PathBuf> = (1..=12).map(|second| save_at(second).expect("saved")).collect();
        assert_eq!(paths[0].file_name().expect("a name"), "ejected-1970-01-01T00-00-01.000Z.jsonl");
        let there: Vec<bool> = paths.iter().map(|path| path.exists()).collect();
        assert_eq!(there, [vec![false; 2], vec![true; 10]].concat());
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2 * 10 + 1);
        let dump = fs::read_to_string(paths[11].with_extension("dump")).expect("a dump");
        assert_eq!(dump, "a stall\nthe dump\n");
        let record = File::open(&paths[11]).expect("a record");
        assert_eq!(Reader::new(BufReader::new(record)).expect("a record").count(), 0);
    }

    #[test]
    fn a_folder_that_cannot_be_had_is_an_error() {
        assert!(prepare(Path::new("/dev/null/folder")).is_err());
    }
}
