//! Hashes that tell one state of something from another, in results that later sessions compare with theirs.

use std::hash::Hasher;
use std::path::{Path, PathBuf};

use super::catalogue::Failure;

/// FNV-1a: the same with any version of Rust, unlike the standard library's hasher.
pub fn of(bytes: &[u8]) -> String {
    let mut hasher = fnv::FnvHasher::default();
    hasher.write(bytes);
    format!("{:016x}", hasher.finish())
}

/// Of the C and Rust sources in these files and folders: what is built of them has its path and compiler in it as well.
pub fn of_sources(paths: &[&str]) -> Result<String, Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    for path in paths {
        collect(&root.join(path), &mut sources)?;
    }
    sources.sort();
    let mut all = Vec::new();
    for source in &sources {
        let text = std::fs::read(source).map_err(|e| format!("{}: {e}", source.display()))?;
        let name = source.strip_prefix(root).unwrap_or(source).display().to_string();
        all.extend([name.as_bytes(), &text].concat());
    }
    Ok(of(&all))
}

fn collect(path: &Path, sources: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let failed = |e: std::io::Error| format!("{}: {e}", path.display());
    if std::fs::metadata(path).map_err(failed)?.is_dir() {
        for entry in std::fs::read_dir(path).map_err(failed)? {
            collect(&entry.map_err(failed)?.path(), sources)?;
        }
    } else if path.extension().is_some_and(|extension| ["c", "h", "rs"].iter().any(|known| extension == *known)) {
        sources.push(path.to_owned());
    }
    Ok(())
}
