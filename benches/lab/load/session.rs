//! One boot: put the contestant in charge, run the scenarios, say of each how it went.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use crate::clock::{self, NS_PER_MS};
use crate::daemon;
use crate::spec::{Line, Scenario, Session};
use crate::task::CpuList;

const LOG: &str = "/tmp/contestant.log";
const LOAD_LOG: &str = "/tmp/load.log";
const BPF_STATS: &str = "/proc/sys/kernel/bpf_stats_enabled";

/// The longest note taken from a contestant's log.
const NOTE: usize = 300;

pub fn run(file: &Path, session: &Session) {
    let described: Vec<_> = (0..session.machine.cpus.len()).collect();
    assert_eq!(CpuList::online().as_slice(), described, "the CPUs online are not those that the host describes");
    clock::burn(session.head_start_us * 1_000);
    let mut contestant = None;
    for scenario in &session.scenarios {
        if contestant.is_none() && !session.contestant.is_empty() {
            match attach(session) {
                Ok(child) => contestant = Some(child),
                Err(note) => {
                    print(&Line::NotAttached { note });
                    break;
                }
            }
        }
        print(&Line::Started { scenario: scenario.name.clone() });
        let pid = contestant.as_ref().map(Child::id);
        if let Err((hung, note)) = run_scenario(file, scenario, pid) {
            print(&Line::Broken { scenario: scenario.name.clone(), hung, note });
        }
        if let Some(child) = &mut contestant
            && (state() != "enabled" || !matches!(child.try_wait(), Ok(None)))
        {
            // Its last words may take a moment; then another try for the next scenario.
            wait_for(child, 2_000);
            child.kill().ok();
            child.wait().ok();
            print(&Line::ThrownOut { scenario: scenario.name.clone(), note: last_words(LOG) });
            contestant = None;
        }
    }
    print(&Line::Done);
}

/// Start the contestant and wait until it is in charge, or say why it is not.
fn attach(session: &Session) -> Result<Child, String> {
    let begin = clock::now();
    let log = File::create(LOG).and_then(|log| Ok((log.try_clone()?, log)));
    let (out, errors) = log.map_err(|e| format!("{LOG}: {e}"))?;
    let (program, arguments) = session.contestant.split_first().ok_or("no contestant")?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(errors)
        .spawn()
        .map_err(|e| format!("{program}: {e}"))?;
    while state() != "enabled" {
        if let Ok(Some(status)) = child.try_wait() {
            return Err(format!("{status}: {}", last_words(LOG)));
        }
        if clock::now() - begin > session.attach_limit_s * 1_000 * NS_PER_MS {
            child.kill().ok();
            child.wait().ok();
            return Err(format!("not attached after {} s: {}", session.attach_limit_s, last_words(LOG)));
        }
        clock::sleep_until(clock::now() + 10 * NS_PER_MS);
    }
    let ms = clock::ms(clock::now() - begin);
    print(&Line::Attached { ms, verified_instructions: daemon::verified_instructions(child.id()) });
    // Daemons have things to set up after they attached.
    clock::sleep_until(clock::now() + 500 * NS_PER_MS);
    Ok(child)
}

/// Each scenario is a process of its own, so that one that does not end can be ended.
fn run_scenario(file: &Path, scenario: &Scenario, contestant: Option<u32>) -> Result<(), (bool, String)> {
    let failed = |e: std::io::Error| (false, e.to_string());
    if scenario.bpf_stats {
        fs::write(BPF_STATS, "1").map_err(failed)?;
    }
    let mut child = Command::new("/proc/self/exe");
    child.arg("scenario").arg(file).arg(&scenario.name);
    child.args(contestant.map(|pid| pid.to_string())).stderr(File::create(LOAD_LOG).map_err(failed)?);
    let mut child = child.spawn().map_err(failed)?;
    let ended = wait_for(&mut child, scenario.limit_s * 1_000);
    if scenario.bpf_stats {
        fs::write(BPF_STATS, "0").map_err(failed)?;
    }
    match ended {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err((false, format!("the load failed: {status}: {}", last_words(LOAD_LOG)))),
        None => {
            child.kill().ok();
            child.wait().ok();
            Err((true, format!("the load had not ended after {} s", scenario.limit_s)))
        }
    }
}

fn wait_for(child: &mut Child, ms: u64) -> Option<ExitStatus> {
    let end = clock::now() + ms * NS_PER_MS;
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        if clock::now() >= end {
            return None;
        }
        clock::sleep_until(clock::now() + 50 * NS_PER_MS);
    }
}

fn state() -> String {
    let state = fs::read_to_string("/sys/kernel/sched_ext/state").unwrap_or_default();
    state.trim().to_string()
}

/// Why a program ended, in its own words: the line with the kernel's reason, else its last ones.
fn last_words(log: &str) -> String {
    let bytes = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let reason = lines.iter().rfind(|line| line.contains("EXIT:") || line.contains("stall"));
    let words = reason.map_or_else(|| lines[lines.len().saturating_sub(3)..].join(" / "), |line| line.to_string());
    words.chars().take(NOTE).collect()
}

/// One write for the whole line, so that kernel messages do not get into its middle.
pub fn print(line: &Line) {
    let text = serde_json::to_string(line).expect("a line has only plain values") + "\n";
    std::io::stdout().write_all(text.as_bytes()).expect("stdout takes the line");
}
