//! Threads that want a CPU all the time, and how much of it each was given.

use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::thread::JoinHandle;

use clap::Args;
use rustix::thread::Pid;

use crate::clock::{self, NS_PER_MS};
use crate::report::{Report, Thread};
use crate::task::{self, CpuList};

#[derive(Args)]
pub struct Options {
    #[arg(long, default_value_t = 1)]
    pub threads: usize,
    /// CPU time that each thread uses up before it ends
    #[arg(long, default_value_t = 500)]
    pub cpu_ms: u64,
    /// End all threads after so much guest time instead
    #[arg(long)]
    pub seconds: Option<u64>,
    /// With --seconds: count only what is used after so much guest time
    #[arg(long, default_value_t = 0, requires = "seconds")]
    pub warmup_ms: u64,
    /// Nice values, given to the threads in turn
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true, default_value = "0")]
    pub nice: Vec<i32>,
    /// The CPUs that the threads are born on
    #[arg(long)]
    pub cpus: Option<CpuList>,
    /// Let the threads run anywhere once all have started
    #[arg(long, requires = "cpus")]
    pub release: bool,
}

/// When a hog ends.
#[derive(Clone)]
pub enum Until {
    /// After so many ns of CPU time.
    Cpu(u64),
    /// At a guest time so many ns after the common start, counting from the first of the two on.
    Wall { warmup: u64, end: u64 },
    /// When someone says so.
    Told(Arc<AtomicBool>),
}

/// A started hog: its thread id is known, so that others may change its nice value or affinity.
pub struct Hog {
    pub tid: Pid,
    thread: JoinHandle<Thread>,
}

impl Hog {
    pub fn join(self) -> Thread {
        self.thread.join().expect("a hog does not panic")
    }
}

/// Start hogs that wait for each other; all run when this returns.
pub fn start(nice: &[i32], threads: usize, until: &Until, cpus: Option<&CpuList>, release: bool) -> Vec<Hog> {
    let barrier = Arc::new(Barrier::new(threads + 1));
    let common_start = Arc::new(AtomicU64::new(0));
    let spawned: Vec<_> = (0..threads)
        .map(|index| {
            let (barrier, until, cpus) = (barrier.clone(), until.clone(), cpus.cloned());
            let common_start = common_start.clone();
            let nice = nice[index % nice.len()];
            let tid = Arc::new(AtomicI32::new(0));
            let told = tid.clone();
            let thread = std::thread::spawn(move || {
                told.store(task::tid().as_raw_nonzero().get(), Ordering::Relaxed);
                if let Some(cpus) = &cpus {
                    task::set_affinity(task::tid(), cpus.as_slice());
                }
                task::set_nice(task::tid(), nice);
                barrier.wait();
                if release {
                    task::set_affinity(task::tid(), CpuList::online().as_slice());
                }
                run(nice, &until, common_start.load(Ordering::Relaxed))
            });
            (tid, thread)
        })
        .collect();
    common_start.store(clock::now(), Ordering::Relaxed);
    barrier.wait();
    spawned
        .into_iter()
        .map(|(tid, thread)| Hog {
            tid: Pid::from_raw(tid.load(Ordering::Relaxed)).expect("the hog stored its id before the barrier"),
            thread,
        })
        .collect()
}

fn run(nice: i32, until: &Until, start: u64) -> Thread {
    let mut first_cpu = clock::thread_cpu();
    let mut warm = !matches!(until, Until::Wall { warmup, .. } if *warmup > 0);
    let (mut last, mut last_cpu, mut max_gap) = (start, first_cpu, 0);
    loop {
        clock::spin();
        let (now, cpu) = (clock::now(), clock::thread_cpu());
        // What passed on the clock but not as CPU time was spent waiting.
        let gap = (now - last).saturating_sub(cpu - last_cpu);
        max_gap = max_gap.max(gap);
        (last, last_cpu) = (now, cpu);
        let done = match until {
            Until::Cpu(ns) => cpu - first_cpu >= *ns,
            Until::Wall { warmup, end } => {
                if !warm && now - start >= *warmup {
                    (warm, first_cpu, max_gap) = (true, cpu, 0);
                }
                now - start >= *end
            }
            Until::Told(stop) => stop.load(Ordering::Relaxed),
        };
        if done {
            break;
        }
    }
    Thread {
        tid: task::tid().as_raw_nonzero().get(),
        nice,
        cpu_ms: clock::ms(last_cpu - first_cpu),
        max_gap_ms: clock::ms(max_gap),
        late_ms: None,
    }
}

pub fn main(options: &Options) -> Report {
    let until = match options.seconds {
        Some(seconds) => Until::Wall { warmup: options.warmup_ms * NS_PER_MS, end: seconds * 1_000 * NS_PER_MS },
        None => Until::Cpu(options.cpu_ms * NS_PER_MS),
    };
    let begin = clock::now();
    let hogs = start(&options.nice, options.threads, &until, options.cpus.as_ref(), options.release);
    let threads = hogs.into_iter().map(Hog::join).collect();
    Report::new("hogs", threads, clock::now() - begin)
}
