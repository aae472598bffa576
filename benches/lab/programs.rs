//! The programs that go into the guest: the workload, this scx_domains, and its peers.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::catalogue::{Chosen, Contestant, Failure};
use super::fingerprint;
use super::scenario::Scenario;

/// What the workload is built of.
const LOAD: &[&str] = &["benches/lab/load", "tests/guest/load/clock.rs", "tests/guest/load/task.rs"];

pub struct Programs {
    /// Copies of what is built here: a build during the hours of a run must not get into it.
    _copies: TempDir,
    load: PathBuf,
    load_hash: String,
    qemu: String,
    own: PathBuf,
    own_version: String,
    peers: BTreeMap<String, PathBuf>,
    packages: BTreeMap<String, Package>,
}

/// A Debian package, unpacked.
struct Package {
    version: String,
    folder: PathBuf,
}

impl Programs {
    /// Build or fetch what these contestants and scenarios need.
    pub fn prepare(contestants: &[&Contestant], scenarios: &[Chosen]) -> Result<Self, Failure> {
        let built = Path::new(env!("CARGO_BIN_EXE_scx_domains"));
        let copies = tempfile::tempdir().map_err(|e| format!("no temporary folder: {e}"))?;
        let (own, load) = (copies.path().join("scx_domains"), copies.path().join("lab-load"));
        for (from, to) in [(built, &own), (&build_load(built)?, &load)] {
            std::fs::copy(from, to).map_err(|e| format!("{}: {e}", from.display()))?;
        }
        let mut peers = BTreeMap::new();
        for contestant in contestants {
            if let (Some(program), Some(version)) = (&contestant.program, &contestant.version) {
                peers.insert(format!("{program}-{version}"), peer(program, version)?);
            }
        }
        let mut packages = BTreeMap::new();
        for (name, program) in scenarios.iter().flat_map(|chosen| chosen.scenario.programs()) {
            if !packages.contains_key(name) {
                packages.insert(name.to_string(), package(name)?);
            }
            let path = packages[name].program(program);
            std::fs::metadata(&path).map_err(|e| format!("package {name} has no program '{program}': {e}"))?;
        }
        let own_version = format!("{}+{}", env!("CARGO_PKG_VERSION"), &fingerprint::of_sources(&["src", "bpf"])?[..8]);
        let load_hash = fingerprint::of_sources(LOAD)?;
        let qemu = qemu_version()?;
        Ok(Programs { _copies: copies, load, load_hash, qemu, own, own_version, peers, packages })
    }

    pub fn load(&self) -> &Path {
        &self.load
    }

    pub fn load_hash(&self) -> &str {
        &self.load_hash
    }

    pub fn qemu(&self) -> &str {
        &self.qemu
    }

    /// The files of a scenario's programs.
    pub fn of(&self, scenario: &Scenario) -> Vec<PathBuf> {
        scenario.programs().map(|(package, program)| self.packages[package].program(program)).collect()
    }

    /// The packages of a scenario's programs with their versions.
    pub fn package_versions(&self, scenario: &Scenario) -> BTreeMap<String, String> {
        let versions = scenario.programs().map(|(name, _)| (name.to_string(), self.packages[name].version.clone()));
        versions.collect()
    }

    /// The file of a contestant's program; none for the kernel's own scheduler.
    pub fn path(&self, contestant: &Contestant) -> Option<&Path> {
        match (&contestant.program, &contestant.version) {
            (None, _) => None,
            (Some(_), None) => Some(&self.own),
            (Some(program), Some(version)) => self.peers.get(&format!("{program}-{version}")).map(PathBuf::as_path),
        }
    }

    /// What it is, and how it is called.
    pub fn version(&self, contestant: &Contestant, kernel: &str) -> String {
        let version = match (&contestant.program, &contestant.version) {
            (None, _) => kernel,
            (Some(_), None) => &self.own_version,
            (Some(_), Some(version)) => version,
        };
        std::iter::once(version).chain(contestant.arguments.iter().map(String::as_str)).collect::<Vec<_>>().join(" ")
    }
}

impl Package {
    fn program(&self, name: &str) -> PathBuf {
        self.folder.join("usr/bin").join(name)
    }
}

/// Out of the cache, or put there.
fn package(name: &str) -> Result<Package, Failure> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guest/package.sh");
    let output = Command::new(script).arg(name).output().map_err(|e| format!("tests/guest/package.sh: {e}"))?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr).trim().to_string();
        return Err(format!("{why}; or leave the scenarios that need it out with ONLY=…"));
    }
    let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    let (_, version) =
        folder.file_name().and_then(|file| file.to_str()?.split_once('_')).ok_or("package.sh: no version")?;
    Ok(Package { version: version.to_string(), folder })
}

/// "10.0.2", out of "QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2)".
fn qemu_version() -> Result<String, Failure> {
    let output = Command::new("qemu-system-x86_64").arg("--version").output();
    let output = output.map_err(|e| format!("qemu-system-x86_64 cannot be started (run 'make setup'): {e}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = text.split_once("version ").and_then(|(_, rest)| rest.split_whitespace().next());
    version.map(str::to_owned).ok_or(format!("qemu-system-x86_64 --version says no version: {text}"))
}

/// The workload, in the profile that this was built in. Cargo builds no examples for a bench by itself.
fn build_load(own: &Path) -> Result<PathBuf, Failure> {
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--example", "lab-load"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    let built = build.status().map_err(|e| format!("cargo cannot be started: {e}"))?;
    if !built.success() {
        return Err("the workload, example lab-load, does not build".into());
    }
    Ok(own.with_file_name("examples").join("lab-load"))
}

/// A peer, out of the cache, or put there: from ../shared/peers beside the repository if that holds this version,
/// else installed from crates.io, which takes minutes.
fn peer(program: &str, version: &str) -> Result<PathBuf, Failure> {
    let folder = cache()?.join(format!("peers/{program}-{version}"));
    let path = folder.join("bin").join(program);
    if path.exists() {
        return Ok(path);
    }
    let failed = |e: std::io::Error| format!("{}: {e}", path.display());
    std::fs::create_dir_all(folder.join("bin")).map_err(failed)?;
    let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../shared/peers/{program}.xz"));
    if packed.exists() {
        let unpacked = folder.join("unpacked");
        let into = std::fs::File::create(&unpacked).map_err(failed)?;
        let done = Command::new("xz").arg("-dc").arg(&packed).stdout(into).status().map_err(failed)?;
        Command::new("chmod").arg("755").arg(&unpacked).status().map_err(failed)?;
        if done.success() && says_version(&unpacked, version) {
            std::fs::rename(&unpacked, &path).map_err(failed)?;
            return Ok(path);
        }
        std::fs::remove_file(&unpacked).map_err(failed)?;
    }
    eprintln!("lab: installing {program} {version} from crates.io, which takes some minutes");
    let mut install = Command::new(env!("CARGO"));
    install.args(["install", program, "--version", version, "--locked", "--root"]).arg(&folder);
    let installed = install.status().map_err(|e| format!("cargo cannot be started: {e}"))?;
    if installed.success() && path.exists() {
        return Ok(path);
    }
    Err(format!(
        "{program} {version} could not be installed (it needs clang, libelf, libseccomp and protobuf); leave it out \
         with VS=…, or put it at {}",
        path.display()
    ))
}

fn says_version(program: &Path, version: &str) -> bool {
    let output = Command::new(program).arg("--version").stderr(Stdio::null()).output();
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(version))
}

/// The same folder as tests/guest/kernel.sh uses.
fn cache() -> Result<PathBuf, Failure> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("SCX_DOMAINS_CACHE")
        .or_else(|| Some(set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")))?.join("scx_domains")))
        .ok_or_else(|| "neither SCX_DOMAINS_CACHE nor HOME is set: there is no place for a cache".into())
}
