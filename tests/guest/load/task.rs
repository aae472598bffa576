//! What a load may ask of the kernel for a thread: an id, a nice value, an affinity.

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
