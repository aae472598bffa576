//! Runs commands on real kernels by way of `tests/guest/run`, and takes apart what they printed.
//!
//! Guests are deterministic: what a test sees does not depend on the host or on what else it does, so tests may
//! compare exact output and need no retries. Cargo runs as many tests at a time as the host has CPUs, which is as
//! many guests as it can carry.
//!
//! Deterministic is not robust: another build of the same source takes another course, since its pages and its attach
//! take other times. `GUEST_SHIFT_US=1730 make test` starts what each guest runs by so many µs later, so that it meets
//! ticks and rounds elsewhere. A test has to hold with any such shift.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde::Deserialize;

/// A guest to be run: the newest kernel on two nodes with two LLCs of two cores each, unless told otherwise.
pub struct Guest {
    options: Vec<String>,
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    pub status: i32,
    /// What the command printed, and the kernel's warnings among it.
    pub console: String,
    /// What `tests/guest/run` itself had to say.
    pub errors: String,
}

impl Guest {
    pub fn new() -> Self {
        Guest { options: Vec::new() }
    }

    /// A series such as "6.18".
    pub fn kernel(self, series: &str) -> Self {
        self.option("--kernel", series)
    }

    /// Nodes x LLCs a node x cores an LLC x threads a core.
    pub fn shape(self, shape: &str) -> Self {
        self.option("--shape", shape)
    }

    /// Core classes: the maximum frequency of each CPU, as "4000x4,2000x4".
    pub fn mhz(self, list: &str) -> Self {
        self.option("--mhz", list)
    }

    /// Host seconds after which the guest is given up.
    pub fn limit(self, seconds: u32) -> Self {
        self.option("--limit", &seconds.to_string())
    }

    /// More kernel arguments.
    pub fn append(self, kernel_arguments: &str) -> Self {
        self.option("--append", kernel_arguments)
    }

    /// A file of the host, as FILE or FILE:/PATH/IN/GUEST.
    pub fn copy(self, file: &str) -> Self {
        self.option("--copy", file)
    }

    /// The archive of a Debian that systemd boots in: tests/guest/tree.sh makes it.
    pub fn tree(self, archive: &str) -> Self {
        self.option("--tree", archive)
    }

    fn option(mut self, name: &str, value: &str) -> Self {
        self.options.extend([name.to_string(), value.to_string()]);
        self
    }

    /// Run a line for the guest's shell, where `scx_domains` and `guest-load` are commands.
    pub fn run(&self, command: &str) -> Outcome {
        let command = format!("{}{command}", shift());
        let output = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guest/run"))
            .args(&self.options)
            .args(["--copy", env!("CARGO_BIN_EXE_scx_domains"), "--copy"])
            .arg(load_program())
            .args(["--", &command])
            .output()
            .expect("tests/guest/run can be started");
        Outcome {
            status: output.status.code().expect("tests/guest/run ends with a status"),
            console: String::from_utf8_lossy(&output.stdout).into_owned(),
            errors: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Outcome {
    /// Fail the test, showing everything, unless the command ended well.
    #[track_caller]
    pub fn success(self) -> Self {
        assert_eq!(self.status, 0, "the guest's command failed\n{}{}", self.console, self.errors);
        self
    }

    /// The reports of `guest-load`, in the order of printing.
    #[track_caller]
    pub fn reports(&self) -> Vec<Report> {
        let lines = self.console.lines().filter(|line| line.starts_with(r#"{"load":"#));
        lines.map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e} in: {line}"))).collect()
    }

    /// The one report of `guest-load`.
    #[track_caller]
    pub fn report(&self) -> Report {
        let mut reports = self.reports();
        assert_eq!(reports.len(), 1, "one guest-load prints one report\n{}{}", self.console, self.errors);
        reports.remove(0)
    }
}

/// A line that `guest-load` printed; see tests/guest/load/report.rs.
#[derive(Debug, Deserialize)]
pub struct Report {
    pub load: String,
    pub threads: Vec<Thread>,
    pub wall_ms: f64,
    /// What only this load tells, by name.
    #[serde(flatten)]
    pub more: BTreeMap<String, f64>,
}

#[derive(Debug, Deserialize)]
pub struct Thread {
    pub nice: i32,
    pub cpu_ms: f64,
    pub max_gap_ms: f64,
    pub late_ms: Option<Lateness>,
}

#[derive(Debug, Deserialize)]
pub struct Lateness {
    pub p50: f64,
    pub p99: f64,
    pub max: f64,
}

/// Is there no 6.12 here? Then says so: that kernel is no package of the mirror any more, so a machine may lack it.
pub fn lacks_6_12() -> bool {
    let found = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/guest/kernel.sh")).arg("6.12").output();
    let lacks = !found.is_ok_and(|found| found.status.success());
    if lacks {
        println!("skipped: there is no 6.12 kernel here; see tests/guest/kernel.sh");
    }
    lacks
}

/// What goes before a guest's command, by GUEST_SHIFT_US.
fn shift() -> String {
    match std::env::var("GUEST_SHIFT_US") {
        Ok(us) => format!("usleep {us}; "),
        Err(_) => String::new(),
    }
}

/// The load program, an example of this package. `cargo test --test guest` alone does not build examples, and a
/// stale one would test something else than the source says.
fn load_program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--example", "guest-load"]).current_dir(env!("CARGO_MANIFEST_DIR"));
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        assert!(build.status().expect("cargo can be started").success(), "guest-load does not build");
        // The scx_domains that goes with this test lies in the folder of the same profile.
        Path::new(env!("CARGO_BIN_EXE_scx_domains")).with_file_name("examples").join("guest-load")
    })
}
