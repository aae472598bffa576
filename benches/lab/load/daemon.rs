//! What the contestant's process costs, from /proc: its CPU time, its memory, its BPF programs.

use std::collections::BTreeSet;
use std::fs;

use crate::spec::Daemon;

/// All that process `pid` has used so far.
pub fn read(pid: u32) -> Daemon {
    let memory = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let ns: u64 = entries(pid, "task").iter().map(|task| cpu_ns(&format!("{task}/schedstat"))).sum();
    Daemon {
        cpu_ms: ns as f64 / 1e6,
        memory_kb: field(&memory, "VmRSS:").unwrap_or(0),
        bpf_ms: programs(pid).iter().filter_map(|text| field(text, "run_time_ns:")).sum::<u64>() as f64 / 1e6,
    }
}

/// Instructions that the verifier looked at, over all programs that the process holds.
pub fn verified_instructions(pid: u32) -> u64 {
    programs(pid).iter().filter_map(|text| field(text, "verified_insns:")).sum()
}

/// The kernel's description of each BPF program that the process has open.
fn programs(pid: u32) -> Vec<String> {
    let mut known = BTreeSet::new();
    let texts = entries(pid, "fdinfo").into_iter().filter_map(|path| fs::read_to_string(path).ok());
    texts.filter(|text| field(text, "prog_id:").is_some_and(|id| known.insert(id))).collect()
}

fn entries(pid: u32, folder: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/{folder}")) else { return Vec::new() };
    entries.flatten().map(|entry| entry.path().display().to_string()).collect()
}

/// The first number of a schedstat file: time on a CPU.
fn cpu_ns(path: &str) -> u64 {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace().next().and_then(|ns| ns.parse().ok()).unwrap_or(0)
}

/// The number behind `name`.
fn field(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}
