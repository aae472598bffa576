//! One boot: run the session in a guest and tell what came of each of its scenarios.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::catalogue::Failure;
use super::firmware;
use super::matrix::Boot;
use super::programs::Programs;
use super::results::Outcome;
use super::spec::{Line, Ran, Session};

/// A kernel to boot, and its configuration, without which most peers do not load.
pub struct Kernel {
    pub image: PathBuf,
    pub config: PathBuf,
    pub release: String,
    /// acpi-cpufreq, where it can be had: machines with classes need it.
    module: Result<PathBuf, Failure>,
}

/// What came of a scenario.
#[derive(Debug)]
pub struct Told {
    pub outcome: Outcome,
    pub note: String,
    /// With `Outcome::Ok`.
    pub ran: Option<Ran>,
    pub attach: Option<Attach>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attach {
    pub ms: f64,
    pub verified_instructions: u64,
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guest").join(name)
}

impl Kernel {
    /// A series ("7.3"), "newest", or the path of an image.
    pub fn find(wanted: &str) -> Result<Self, Failure> {
        let find = |arguments: &[&str]| -> Result<PathBuf, Failure> {
            let output = Command::new(script("kernel.sh")).args(arguments).output();
            let output = output.map_err(|e| format!("tests/guest/kernel.sh: {e}"))?;
            if !output.status.success() {
                return Err(String::from_utf8_lossy(&output.stderr).trim().to_string());
            }
            Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
        };
        let image = find(&[wanted])?;
        let name = image.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let release = name.strip_prefix("vmlinuz-").unwrap_or(&name).to_string();
        let module = find(&["--module", "acpi-cpufreq", &release]);
        Ok(Kernel { config: find(&["--config", &release])?, image, release, module })
    }
}

/// Run the boot; what came of its scenarios, in their order.
pub fn run(boot: &Boot, kernel: &Kernel, programs: &Programs) -> Result<Vec<Told>, Failure> {
    let folder = tempfile::tempdir().map_err(|e| format!("no temporary folder: {e}"))?;
    let file = folder.path().join("session.json");
    let text = serde_json::to_string(&boot.session).map_err(|e| e.to_string())?;
    std::fs::write(&file, text).map_err(|e| format!("{}: {e}", file.display()))?;
    let mut guest = Command::new(script("run"));
    let mut copy = |from: &Path, to: &str| {
        guest.arg("--copy").arg(format!("{}:{to}", from.display()));
    };
    copy(programs.load(), "/bin/lab-load");
    copy(&file, "/session.json");
    // Where the guest's own `uname -r` leads libbpf: the image's name tells it, except for an image given by path.
    copy(&kernel.config, "/boot/config");
    if let (Some(path), Some(program)) = (programs.path(boot.contestant), &boot.contestant.program) {
        copy(path, &format!("/bin/{program}"));
    }
    let mhz = boot.machine.mhz();
    let mut command = "ln -s config /boot/config-$(uname -r); ".to_string();
    if !mhz.is_empty() {
        let table = firmware::compile(&mhz, folder.path())?;
        copy(kernel.module.as_ref().map_err(Clone::clone)?, "/acpi-cpufreq.ko");
        let qemu = [
            "-cpu".to_string(),
            firmware::CPU.to_string(),
            "-acpitable".to_string(),
            format!("file={}", table.display()),
        ];
        guest.args(qemu.iter().flat_map(|argument| ["--qemu", argument]));
        command += "insmod /acpi-cpufreq.ko; ";
    }
    command += "lab-load session /session.json";
    guest.arg("--kernel").arg(&kernel.image).args(boot.machine.guest_options());
    guest.args(["--limit", &limit_s(&boot.session).to_string(), "--"]);
    guest.arg(command);
    let output = guest.output().map_err(|e| format!("tests/guest/run cannot be started: {e}"))?;
    let status = output.status.code().unwrap_or(-1);
    let errors = String::from_utf8_lossy(&output.stderr);
    if status == 125 {
        return Err(errors.trim().to_string());
    }
    Ok(tell(&boot.session, &String::from_utf8_lossy(&output.stdout), status, &errors))
}

/// Host seconds that a guest may take: on a host of its own it needs about two for each of guest time, and other
/// guests and builds may share it.
fn limit_s(session: &Session) -> u64 {
    let scenarios: u64 = session.scenarios.iter().map(|s| (s.warmup_ms + s.window_ms).div_ceil(1_000) + 5).sum();
    let attach = if session.contestant.is_empty() { 0 } else { session.attach_limit_s };
    300 + attach * 5 + scenarios * 20
}

/// What became of each scenario, by the lines that the guest printed and the status that it ended with.
pub fn tell(session: &Session, console: &str, status: i32, errors: &str) -> Vec<Told> {
    let lines: Vec<Line> = console.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let mut attach = None;
    let mut never_attached = None;
    let mut told: Vec<Option<Told>> = session.scenarios.iter().map(|_| None).collect();
    let mut last_started = None;
    let of = |name: &str| session.scenarios.iter().position(|scenario| scenario.name == name);
    for line in lines {
        let (scenario, outcome, note, ran) = match line {
            Line::Attached { ms, verified_instructions } => {
                attach = Some(Attach { ms, verified_instructions });
                continue;
            }
            Line::NotAttached { note } => {
                never_attached = Some(note);
                continue;
            }
            Line::Started { scenario } => {
                last_started = Some(scenario);
                continue;
            }
            Line::Done => continue,
            Line::Ended { scenario, ran } => (scenario, Outcome::Ok, String::new(), Some(ran)),
            Line::Broken { scenario, hung: true, note } => (scenario, Outcome::Hung, note, None),
            Line::Broken { scenario, hung: false, note } => (scenario, Outcome::Lost, note, None),
            // It ran on under the kernel's own scheduler: no figures of the contestant's.
            Line::ThrownOut { scenario, note } if note.contains("stall") => (scenario, Outcome::Stalled, note, None),
            Line::ThrownOut { scenario, note } => (scenario, Outcome::ThrownOut, note, None),
        };
        if let Some(index) = of(&scenario) {
            // Told once, with the first scenario: it is no figure of the others.
            told[index] = Some(Told { outcome, note, ran, attach: attach.take() });
        }
    }
    let missing = |index: usize| {
        let name = &session.scenarios[index].name;
        let (outcome, note) = match (&never_attached, status) {
            (Some(note), _) => (Outcome::FailedToLoad, note.clone()),
            (None, 124) if last_started.as_ref().is_none_or(|last| last == name) => {
                (Outcome::Hung, "the guest was stopped at its limit".to_string())
            }
            _ => (Outcome::Lost, why_lost(status, errors, last_started.as_deref())),
        };
        Told { outcome, note, ran: None, attach: None }
    };
    told.into_iter().enumerate().map(|(index, told)| told.unwrap_or_else(|| missing(index))).collect()
}

pub fn why_lost(status: i32, errors: &str, last_started: Option<&str>) -> String {
    let when = last_started.map_or("before the first scenario".to_string(), |last| format!("during {last}"));
    let panic = errors.lines().find(|line| line.contains("Kernel panic") || line.contains("BUG:"));
    let panic = panic.map(|line| format!(": {}", line.trim())).unwrap_or_default();
    format!("the guest ended with status {status} {when}{panic}")
}
