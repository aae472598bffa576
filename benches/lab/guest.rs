//! One boot: run a session in a guest, and pass on what is heard of its scenarios.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::catalogue::Failure;
use super::hearing::{End, Hearing, Told};
use super::matrix::Boot;
use super::programs::Programs;
use super::spec::Line;

/// A kernel to boot, and its configuration, without which most peers do not load.
pub struct Kernel {
    pub image: PathBuf,
    pub config: PathBuf,
    pub release: String,
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
        Ok(Kernel { config: find(&["--config", &release])?, image, release })
    }
}

/// Run the boot, and tell of each scenario by its number as soon as it is known what came of it. Returns the numbers told:
/// the others had no chance, and need another boot.
pub fn run(
    boot: &Boot,
    kernel: &Kernel,
    programs: &Programs,
    mut tell: impl FnMut(usize, Told) -> Result<(), Failure>,
) -> Result<Vec<usize>, Failure> {
    let folder = tempfile::tempdir().map_err(|e| format!("no temporary folder: {e}"))?;
    let complaints = folder.path().join("complaints");
    let mut guest = command(boot, kernel, programs, folder.path())?;
    let into = std::fs::File::create(&complaints).map_err(|e| format!("{}: {e}", complaints.display()))?;
    guest.stdout(Stdio::piped()).stderr(into);
    let mut guest = guest.spawn().map_err(|e| format!("tests/guest/run cannot be started: {e}"))?;

    let mut hearing = Hearing::new(&boot.session());
    let mut told = Vec::new();
    let mut pass_on = |(index, one)| {
        told.push(index);
        tell(index, one)
    };
    let silent = listen(&mut guest, &mut hearing, &mut pass_on);
    if !matches!(silent, Ok(None)) {
        // A request, so that it takes QEMU and its files with it.
        kill_process(Pid::from_child(&guest), Signal::TERM).ok();
    }
    let status = guest.wait().map_err(|e| e.to_string())?.code().unwrap_or(-1);
    let complaints = std::fs::read(&complaints).unwrap_or_default();
    let complaints = String::from_utf8_lossy(&complaints).into_owned();
    if status == NO_GUEST {
        return Err(complaints.trim().to_string());
    }
    let end = silent?.map_or(End::Status(status, complaints), End::Silent);
    hearing.end(&end).into_iter().try_for_each(pass_on)?;
    Ok(told)
}

/// The status of tests/guest/run when it could run no guest.
const NO_GUEST: i32 = 125;

/// More than any boot takes: who ends a silent guest is `listen`.
const A_DAY_S: u32 = 86_400;

/// Take in the guest's lines until it ends; if it says nothing of ours for too long, returns for how long.
fn listen(
    guest: &mut Child,
    hearing: &mut Hearing,
    pass_on: &mut impl FnMut((usize, Told)) -> Result<(), Failure>,
) -> Result<Option<Duration>, Failure> {
    let (send, lines) = mpsc::channel();
    let console = BufReader::new(guest.stdout.take().ok_or("the guest has no console")?);
    std::thread::spawn(move || {
        // The kernel's messages are among them, and need not be text.
        for line in console.split(b'\n').map_while(Result::ok) {
            if let Ok(line) = serde_json::from_slice::<Line>(&line)
                && send.send(line).is_err()
            {
                break;
            }
        }
    });
    let mut patience = hearing.patience();
    let mut deadline = Instant::now() + patience;
    loop {
        match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                hearing.line(line).map_or(Ok(()), &mut *pass_on)?;
                patience = hearing.patience();
                deadline = Instant::now() + patience;
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
            Err(RecvTimeoutError::Timeout) => return Ok(Some(patience)),
        }
    }
}

/// The guest, ready to be started.
fn command(boot: &Boot, kernel: &Kernel, programs: &Programs, folder: &Path) -> Result<Command, Failure> {
    let file = folder.join("session.json");
    let text = serde_json::to_string(&boot.session()).map_err(|e| e.to_string())?;
    std::fs::write(&file, text).map_err(|e| format!("{}: {e}", file.display()))?;
    // Whoever ends the lab ends its guests.
    let mut guest = Command::new("setpriv");
    guest.args(["--pdeathsig", "TERM"]).arg(script("run"));
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
    let mut others: Vec<_> = boot.runs.iter().flat_map(|run| programs.of(run.chosen.scenario)).collect();
    others.sort();
    others.dedup();
    for program in &others {
        copy(program, &format!("/bin/{}", program.file_name().unwrap_or_default().display()));
    }
    let command = "ln -s config /boot/config-$(uname -r); lab-load session /session.json";
    guest.arg("--kernel").arg(&kernel.image).args(boot.machine.guest_options());
    guest.args(["--limit", &A_DAY_S.to_string(), "--"]).arg(command);
    Ok(guest)
}
