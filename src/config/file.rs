//! The file with settings: TOML, `name = value` a line, no sections.

use super::settings::Said;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use thiserror::Error;
use toml_edit::{DocumentMut, Item, Value};

/// The file that is read if there is one and no other is named.
pub const DEFAULT_FILE: &str = "/etc/scx_domains/config.toml";

const WRITABLE_BY_ANYBODY: u32 = 0o002;

/// Why the file cannot be used.
#[derive(Debug, Error)]
pub enum FileError {
    #[error("{}: it cannot be read: {}; read it as root, or name another with --config", .0.display(), .1)]
    Unreadable(PathBuf, io::Error),
    #[error("{}: anybody may write to it, so it is not believed; `chmod o-w` it", .0.display())]
    WritableByAnybody(PathBuf),
    #[error("{}: {}", .0.display(), .1)]
    Senseless(PathBuf, String),
    #[error("{}: it cannot be written: {}", .0.display(), .1)]
    Unwritable(PathBuf, io::Error),
}

/// What the file says. One that is not there says nothing, unless it `has_to_be_there`.
///
/// # Errors
/// [`FileError`].
pub(super) fn read(path: &Path, has_to_be_there: bool) -> Result<Said, FileError> {
    let Some(document) = document(path, has_to_be_there)? else { return Ok(Said::new()) };
    let text = |(name, item): (&str, &Item)| {
        let value = item.as_value().and_then(text).ok_or_else(|| {
            let what = if item.is_table_like() { "there are no sections" } else { "write it as a text or a number" };
            FileError::Senseless(path.to_owned(), format!("{name}: {what}"))
        })?;
        Ok((name.to_owned(), value))
    };
    document.iter().map(text).collect()
}

fn document(path: &Path, has_to_be_there: bool) -> Result<Option<DocumentMut>, FileError> {
    let unreadable = |error| FileError::Unreadable(path.to_owned(), error);
    let found = match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound && !has_to_be_there => return Ok(None),
        found => found.map_err(unreadable)?,
    };
    if found.permissions().mode() & WRITABLE_BY_ANYBODY != 0 {
        return Err(FileError::WritableByAnybody(path.to_owned()));
    }
    let text = fs::read_to_string(path).map_err(unreadable)?;
    let document = text.parse::<DocumentMut>().map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        let message = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
        FileError::Senseless(path.to_owned(), format!("line {line}: {message}"))
    })?;
    Ok(Some(document))
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.value().clone()),
        Value::Integer(number) => Some(number.value().to_string()),
        Value::Float(number) => Some(number.value().to_string()),
        Value::Boolean(on) => Some(on.value().to_string()),
        Value::Datetime(_) | Value::Array(_) | Value::InlineTable(_) => None,
    }
}

/// Write changes into the file, all or none of them: what else is in it stays, comments too.
///
/// # Errors
/// [`FileError`]; the file is as it was.
pub fn persist(path: &Path, changes: &Said) -> Result<(), FileError> {
    let mut document = document(path, false)?.unwrap_or_default();
    for (name, new) in changes {
        put(&mut document, name, new);
    }
    replace(path, &document.to_string()).map_err(|error| FileError::Unwritable(path.to_owned(), error))
}

fn put(document: &mut DocumentMut, name: &str, new: &str) {
    let mut new = to_value(new);
    match document.get_mut(name).and_then(Item::as_value_mut) {
        // What surrounds the old value: blanks, and a comment after it.
        Some(old) => {
            *new.decor_mut() = old.decor().clone();
            *old = new;
        }
        None => {
            document.insert(name, Item::Value(new));
        }
    }
}

fn to_value(text: &str) -> Value {
    let as_bool = text.parse::<bool>().ok().map(Value::from);
    let as_number = || text.parse::<i64>().ok().map(Value::from);
    as_bool.or_else(as_number).unwrap_or_else(|| Value::from(text))
}

/// In one step, so that nobody ever reads half of it, and a crash leaves the old or the new.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    // Where it is a link, what it leads to.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().ok_or(ErrorKind::InvalidInput)?;
    fs::create_dir_all(folder)?;
    let mode = fs::metadata(&path).map_or(0o644, |found| found.permissions().mode() & 0o777);
    let mut file = tempfile::Builder::new().permissions(fs::Permissions::from_mode(mode)).tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(fs::Permissions::from_mode(mode))?;
    file.as_file().sync_all()?;
    file.persist(&path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(pairs: &[(&str, &str)]) -> Said {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_is_persisted_is_read_and_the_rest_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("etc/config.toml");
        persist(&path, &said(&[("slice", "8ms")])).expect("a new file, and its folder");
        assert_eq!(fs::read_to_string(&path).expect("a file"), "slice = \"8ms\"\n");
        fs::write(&path, "# top\nslice = \"8ms\" # mine\n\n# end\nstats=5\n").expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("a mode");
        persist(&path, &said(&[("slice", "4ms"), ("stats", "7"), ("partial", "true")])).expect("persisted");
        let text = fs::read_to_string(&path).expect("a file");
        assert_eq!(text, "# top\nslice = \"4ms\" # mine\n\n# end\nstats=7\npartial = true\n");
        assert_eq!(fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o640);
        assert_eq!(
            read(&path, true).expect("settings"),
            said(&[("slice", "4ms"), ("stats", "7"), ("partial", "true")])
        );
        assert_eq!(
            fs::read_dir(path.parent().expect("a folder")).expect("a folder").count(),
            1,
            "nothing is left over"
        );
    }

    #[test]
    fn a_file_that_anybody_may_write_to_is_not_believed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("config.toml");
        fs::write(&path, "slice = \"8ms\"\n").expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o646)).expect("a mode");
        assert!(matches!(read(&path, false), Err(FileError::WritableByAnybody(_))));
        assert!(matches!(persist(&path, &said(&[])), Err(FileError::WritableByAnybody(_))));
        assert!(matches!(read(folder.path(), false), Err(FileError::Unreadable(..))), "a folder");
        assert_eq!(read(&folder.path().join("none"), false).expect("nothing"), Said::new());
    }
}
