//! Time as the loads count it, and the work that they do.
//!
//! Work is measured in CPU time of the thread: emulated CPUs share the host's, so a count of instructions or loops
//! would not show which thread was given a CPU.

use rustix::thread::clock_nanosleep_absolute;
use rustix::time::{ClockId, Timespec, clock_gettime};

pub const NS_PER_MS: u64 = 1_000_000;
const NS_PER_S: u64 = 1_000_000_000;

/// Guest time since boot, in ns.
pub fn now() -> u64 {
    read(ClockId::Monotonic)
}

/// CPU time that this thread was given so far, in ns.
pub fn thread_cpu() -> u64 {
    read(ClockId::ThreadCPUTime)
}

fn read(clock: ClockId) -> u64 {
    let t = clock_gettime(clock);
    t.tv_sec as u64 * NS_PER_S + t.tv_nsec as u64
}

/// Sleep until guest time `deadline` (ns); returns at once if that has passed.
pub fn sleep_until(deadline: u64) {
    let request = Timespec { tv_sec: (deadline / NS_PER_S) as i64, tv_nsec: (deadline % NS_PER_S) as i64 };
    while clock_nanosleep_absolute(ClockId::Monotonic, &request).is_err() {}
}

/// A little work between two looks at the clock: short beside a tick, long beside the look.
pub fn spin() {
    for i in 0..1_000_u32 {
        std::hint::black_box(i);
    }
}

/// Use up `ns` of this thread's CPU time.
pub fn burn(ns: u64) {
    let end = thread_cpu() + ns;
    while thread_cpu() < end {
        spin();
    }
}

pub fn ms(ns: u64) -> f64 {
    // To the microsecond, so that the printed number stays short.
    (ns / 1_000) as f64 / 1_000.0
}
