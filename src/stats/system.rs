//! What the kernel tells of CPUs and of this process.

use super::reading::CpuTime;
use crate::units::CpuId;
use rustix::time::{ClockId, clock_gettime};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};

/// Most of these files are no longer.
const PAGE: usize = 4096;

/// What this process has used, and has.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Process {
    /// Seconds of CPU time, of all of its threads.
    pub cpu: f64,
    /// Bytes in memory.
    pub memory: u64,
    /// Open file descriptors.
    pub descriptors: u64,
}

/// The time of the CPUs that are online.
///
/// # Errors
/// `/proc/stat` cannot be read.
pub fn cpu_times() -> io::Result<BTreeMap<CpuId, CpuTime>> {
    Ok(parse_stat(&read("/proc/stat")?))
}

/// Of this process.
///
/// # Errors
/// `/proc/self` cannot be read.
pub fn process() -> io::Result<Process> {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let statm = read("/proc/self/statm")?;
    let pages: u64 = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0);
    Ok(Process {
        cpu: time.tv_sec as f64 + time.tv_nsec as f64 / 1e9,
        memory: pages * rustix::param::page_size() as u64,
        // The folder's size is their number, from Linux 6.2 on: it does not have to make an entry of each.
        descriptors: fs::metadata("/proc/self/fd")?.len(),
    })
}

/// A file of /proc, which does not tell its size: into a page or more at once, instead of a few bytes and then twice as many.
fn read(path: &str) -> io::Result<String> {
    let mut text = String::with_capacity(PAGE);
    fs::File::open(path)?.read_to_string(&mut text)?;
    Ok(text)
}

/// The lines "cpuN user nice system idle iowait irq softirq steal ..." (proc_stat(5)). What guests used is in user and nice.
fn parse_stat(text: &str) -> BTreeMap<CpuId, CpuTime> {
    let line = |line: &str| {
        let mut words = line.strip_prefix("cpu")?.split(' ');
        let id: u32 = words.next()?.parse().ok()?;
        let ticks: Vec<u64> = words.take(8).map_while(|word| word.parse().ok()).collect();
        let idle = ticks.get(3)? + ticks.get(4)?;
        Some((CpuId(id), CpuTime { busy: ticks.iter().sum::<u64>() - idle, idle }))
    };
    text.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_by_the_kernels_cpu_numbers() {
        let text = "cpu  10 0 10 80 10 1 2 3 0 0\ncpu0 1 2 3 40 5 6 7 8 9 9\ncpu2 9 0 0 1 0 0 0 0 0 0\nintr 7 8\n";
        let times = parse_stat(text);
        assert_eq!(times.keys().copied().collect::<Vec<_>>(), [CpuId(0), CpuId(2)]);
        assert_eq!(times[&CpuId(0)], CpuTime { busy: 27, idle: 45 });
        assert_eq!(times[&CpuId(2)], CpuTime { busy: 9, idle: 1 });
    }

    #[test]
    fn this_process_has_memory_and_descriptors() {
        let process = process().expect("/proc is there");
        assert!(process.memory > 100_000 && process.descriptors >= 3, "{process:?}");
    }
}
