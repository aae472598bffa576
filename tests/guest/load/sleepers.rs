//! Threads that sleep, wake, work a little and sleep again, and how late they woke.

use std::sync::{Arc, Barrier};

use clap::Args;

use crate::clock::{self, NS_PER_MS};
use crate::report::{Lateness, Report, Thread};
use crate::task::{self, CpuList};

#[derive(Args)]
pub struct Options {
    #[arg(long, default_value_t = 1)]
    pub threads: usize,
    /// CPU time used at each wake-up; 0 to measure the delay only
    #[arg(long, default_value_t = 500)]
    pub work_us: u64,
    #[arg(long, default_value_t = 10)]
    pub period_ms: u64,
    /// Wake-ups of each thread
    #[arg(long, default_value_t = 100)]
    pub count: usize,
    /// Nice values, given to the threads in turn
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true, default_value = "0")]
    pub nice: Vec<i32>,
    /// The CPUs that the threads may run on
    #[arg(long)]
    pub cpus: Option<CpuList>,
}

pub fn main(options: &Options) -> Report {
    let begin = clock::now();
    let barrier = Barrier::new(options.threads);
    let options = Arc::new(options);
    let threads = std::thread::scope(|scope| {
        let sleepers: Vec<_> = (0..options.threads)
            .map(|index| {
                let (options, barrier) = (options.clone(), &barrier);
                scope.spawn(move || run(&options, index, barrier))
            })
            .collect();
        sleepers.into_iter().map(|s| s.join().expect("a sleeper does not panic")).collect()
    });
    Report::new("sleepers", threads, clock::now() - begin)
}

fn run(options: &Options, index: usize, barrier: &Barrier) -> Thread {
    let nice = options.nice[index % options.nice.len()];
    if let Some(cpus) = &options.cpus {
        task::set_affinity(task::tid(), cpus.as_slice());
    }
    task::set_nice(task::tid(), nice);
    barrier.wait();

    let period = options.period_ms * NS_PER_MS;
    // Spread over the period, so that the threads do not all wake at once.
    let mut deadline = clock::now() + period + period * index as u64 / options.threads as u64;
    let first_cpu = clock::thread_cpu();
    let mut late = Vec::with_capacity(options.count);
    let mut max_gap = 0;
    for _ in 0..options.count {
        clock::sleep_until(deadline);
        let woke = clock::now();
        late.push(woke.saturating_sub(deadline));
        let cpu = clock::thread_cpu();
        clock::burn(options.work_us * 1_000);
        let waited = (clock::now() - woke).saturating_sub(clock::thread_cpu() - cpu);
        max_gap = max_gap.max(waited);
        // A thread that fell behind goes on from where it is: lateness must not add up.
        deadline = (deadline + period).max(clock::now());
    }
    let late = Lateness::of(late);
    Thread {
        tid: task::tid().as_raw_nonzero().get(),
        nice,
        cpu_ms: clock::ms(clock::thread_cpu() - first_cpu),
        max_gap_ms: late.max.max(clock::ms(max_gap)),
        late_ms: Some(late),
    }
}
