//! What a load may ask of the kernel for a thread: an id, a nice value, an affinity, a policy.

use clap::ValueEnum;
use rustix::process::setpriority_process;
use rustix::thread::{CpuSet, Pid, gettid, sched_setaffinity};

/// CPUs by number, as given on the command line: `0-3,8`.
#[derive(Clone, Debug)]
pub struct CpuList(Vec<usize>);

impl std::str::FromStr for CpuList {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut cpus = Vec::new();
        for range in text.split(',') {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let number = |s: &str| {
                s.parse::<usize>()
                    .ok()
                    .filter(|&cpu| cpu < CpuSet::MAX_CPU)
                    .ok_or(format!("'{range}' is neither a CPU nor a range of CPUs"))
            };
            cpus.extend(number(first)?..=number(last)?);
        }
        Ok(CpuList(cpus))
    }
}

impl CpuList {
    /// The CPUs that are online now.
    pub fn online() -> Self {
        std::fs::read_to_string("/sys/devices/system/cpu/online")
            .map_err(|e| e.to_string())
            .and_then(|text| text.trim().parse())
            .expect("/sys/devices/system/cpu/online lists the CPUs")
    }

    pub fn as_slice(&self) -> &[usize] {
        &self.0
    }
}

pub fn tid() -> Pid {
    gettid()
}

pub fn set_affinity(task: Pid, cpus: &[usize]) {
    let mut set = CpuSet::new();
    for &cpu in cpus {
        set.set(cpu);
    }
    sched_setaffinity(Some(task), &set).unwrap_or_else(|e| panic!("affinity of {task:?} to CPUs {cpus:?}: {e}"));
}

pub fn set_nice(task: Pid, nice: i32) {
    setpriority_process(Some(task), nice).unwrap_or_else(|e| panic!("nice {nice} for {task:?}: {e}"));
}

/// Who schedules a thread.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub enum Policy {
    /// The kernel, or the sched_ext scheduler that has taken all over.
    Normal,
    /// As normal, for what is left over.
    Idle,
    /// The sched_ext scheduler, also if it has not taken all over.
    Ext,
    /// Real time: before all of these, for as long as the thread wants.
    Fifo,
}

/// Set the policy of the thread that calls, and of those that it starts from now on.
pub fn set_policy(policy: Policy) {
    let (number, sched_priority) = match policy {
        Policy::Normal => (libc::SCHED_OTHER, 0),
        Policy::Idle => (libc::SCHED_IDLE, 0),
        Policy::Ext => (7, 0), // SCHED_EXT, which the crate does not know
        Policy::Fifo => (libc::SCHED_FIFO, 50),
    };
    let parameters = libc::sched_param { sched_priority };
    // SAFETY: 0 is this thread, and the parameters live until the call is over.
    let status = unsafe { libc::sched_setscheduler(0, number, &raw const parameters) };
    assert!(status == 0, "policy {policy:?}: {}", std::io::Error::last_os_error());
}
