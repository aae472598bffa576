//! The books of one worker: what it was given, where, and what it got done with it.

use rustix::thread::sched_getcpu;

use crate::clock;
use crate::crowd::Crowd;
use crate::distance::Distance;
use crate::pace::Pace;
use crate::spec::{Machine, Model, RanWorker};

const TENTH_NS: u64 = 100 * clock::NS_PER_MS;

/// The stretch of guest time that counts.
#[derive(Clone, Copy)]
pub struct Window {
    pub start: u64,
    pub end: u64,
}

impl Window {
    pub fn holds(&self, now: u64) -> bool {
        (self.start..self.end).contains(&now)
    }

    /// How much of the time between the two is inside.
    fn part(&self, from: u64, to: u64) -> u64 {
        to.min(self.end).saturating_sub(from.max(self.start))
    }
}

/// Where one worker belongs in the run.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    pub machine: &'a Machine,
    pub model: &'a Model,
    pub crowd: &'a Crowd,
    pub index: usize,
    pub memory: Option<usize>,
    /// When it should begin; it may be given a CPU only long after.
    pub begin: u64,
    pub window: Window,
}

pub struct Account<'a> {
    window: Window,
    crowd: &'a Crowd,
    pace: Pace<'a>,
    now: u64,
    cpu_time: u64,
    cpu: usize,
    by_cpu: Vec<u64>,
    progress: f64,
    /// The same with what was done outside of the window.
    all_progress: f64,
    tenths: Vec<u64>,
    moves: [u64; 4],
    longest_wait: u64,
    /// When it was on a fastest CPU last, or began.
    fast_at: u64,
    longest_slow: u64,
}

impl<'a> Account<'a> {
    pub fn open(place: &Place<'a>) -> Self {
        let cpu = sched_getcpu();
        let tenths = (place.window.end - place.window.start).div_ceil(TENTH_NS);
        Account {
            window: place.window,
            crowd: place.crowd,
            pace: Pace::new(place.machine, place.model, place.crowd, place.index, place.memory, cpu),
            now: clock::now(),
            cpu_time: clock::thread_cpu(),
            cpu,
            by_cpu: vec![0; place.machine.cpus.len()],
            progress: 0.0,
            all_progress: 0.0,
            tenths: vec![0; tenths as usize],
            moves: [0; 4],
            longest_wait: 0,
            fast_at: clock::now(),
            longest_slow: 0,
        }
    }

    /// Enter what has been used since the last look. Returns guest time.
    pub fn look(&mut self) -> u64 {
        let (now, cpu_time, cpu) = (clock::now(), clock::thread_cpu(), sched_getcpu());
        let used = cpu_time - self.cpu_time;
        // It was used where the worker was at the last look, and at once after it: who loses the CPU does so at the
        // end of that, and waits from then to now. So time that ends behind the window counts for what is inside.
        let stopped = self.now + used;
        let progress = self.pace.progress(used, self.cpu, now);
        self.all_progress += progress;
        let counted = self.window.part(self.now, stopped);
        if counted > 0 {
            self.by_cpu[self.cpu] += counted;
            self.progress += progress * counted as f64 / used as f64;
            let first = self.now.max(self.window.start);
            self.tenths[((first - self.window.start) / TENTH_NS) as usize] += counted;
        }
        self.longest_wait = self.longest_wait.max(self.window.part(stopped, now));
        self.arrive(cpu, now);
        (self.now, self.cpu_time) = (now, cpu_time);
        now
    }

    /// About to sleep or to wait for somebody: enter what was used.
    pub fn leave(&mut self) {
        self.look();
        self.crowd.left(self.cpu);
    }

    /// Back from a sleep: the time in between was not spent waiting for a CPU.
    pub fn back(&mut self) -> u64 {
        self.now = clock::now();
        self.arrive(sched_getcpu(), self.now);
        self.now
    }

    fn arrive(&mut self, cpu: usize, now: u64) {
        let distance = self.pace.moved(self.cpu, cpu);
        if distance != Distance::None {
            self.crowd.left(self.cpu);
            if self.window.holds(now) {
                self.moves[distance as usize - 1] += 1;
            }
        }
        self.cpu = cpu;
        self.longest_slow = self.longest_slow.max(now - self.fast_at);
        if self.pace.is_fastest(cpu) {
            self.fast_at = now;
        }
    }

    /// What was done so far, in ns of a fastest CPU.
    pub fn progress(&self) -> u64 {
        self.all_progress as u64
    }

    pub fn close(self) -> RanWorker {
        RanWorker {
            by_cpu_us: self.by_cpu.iter().map(|ns| ns / 1_000).collect(),
            progress_us: (self.progress / 1e3) as u64,
            tenths_us: self.tenths.iter().map(|ns| ns / 1_000).collect(),
            moves: self.moves,
            longest_wait_us: self.longest_wait / 1_000,
            longest_slow_us: self.longest_slow / 1_000,
        }
    }
}
