//! Finds the root of a recorded machine: a directory that has `sys` in it, as hwloc-gather-topology makes them.

use std::fs;
use std::path::{Path, PathBuf};

use super::TopologyError;

/// The folder with `sys` in it: `directory` itself, or the one sub-folder of it that has one, since an unpacked
/// archive is a folder in a folder.
///
/// # Errors
///
/// `directory` cannot be read, or none or several of its sub-folders have a `sys`.
pub(super) fn root(directory: &Path) -> Result<PathBuf, TopologyError> {
    if directory.join("sys").is_dir() {
        return Ok(directory.to_owned());
    }
    let unreadable = |source| TopologyError::Unreadable { path: directory.to_owned(), source };
    let mut root = None;
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let folder = entry.map_err(unreadable)?.path();
        if folder.join("sys").is_dir() && root.replace(folder).is_some() {
            return Err(TopologyError::NoSysFolder(directory.to_owned()));
        }
    }
    root.ok_or_else(|| TopologyError::NoSysFolder(directory.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_sys_in_the_folder_or_in_its_one_sub_folder() {
        let outer = tempfile::tempdir().unwrap();
        let inner = outer.path().join("machine");
        fs::create_dir_all(inner.join("sys")).unwrap();
        assert_eq!(root(&inner).unwrap(), inner);
        assert_eq!(root(outer.path()).unwrap(), inner);

        fs::create_dir_all(outer.path().join("another/sys")).unwrap();
        assert!(matches!(root(outer.path()), Err(TopologyError::NoSysFolder(_))));
    }
}
