//! Threads that work and sleep for random times, about as many as would fill the CPUs: now tasks wait, now CPUs are idle. Who
//! waited while which CPU was idle is taken from the kernel's tracer.

use std::ops::Range;
use std::sync::{Arc, Barrier};
use std::thread::JoinHandle;

use clap::Args;

use crate::choices::Choices;
use crate::clock::{self, NS_PER_MS};
use crate::report::{Report, Thread};
use crate::task::{self, CpuList};
use crate::tracer;
use crate::waits::{DISTANCES, Shape, Watch};

#[derive(Args)]
pub struct Options {
    #[arg(long, default_value_t = 12)]
    pub threads: usize,
    /// Bursts of each thread
    #[arg(long, default_value_t = 200)]
    pub count: usize,
    /// CPU time of the longest burst
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(SHORTEST_MS + 1..))]
    pub longest_ms: u64,
    /// Where the threads may run, given to them in turn: 0-7;0-7;0-3
    #[arg(long, value_delimiter = ';', required = true)]
    pub cpus: Vec<CpuList>,
    /// CPUs of an LLC; they are numbered through
    #[arg(long)]
    pub per_llc: usize,
    /// CPUs of a node
    #[arg(long)]
    pub per_node: usize,
    /// What a task has to wait before another LLC of its node may take it
    #[arg(long, default_value_t = 500)]
    pub node_delay_us: u64,
    /// What it has to wait before another node may
    #[arg(long, default_value_t = 2000)]
    pub remote_delay_us: u64,
}

/// The shortest burst, and the sleep after one.
const SHORTEST_MS: u64 = 2;
const SLEEP_MS: Range<u64> = 1..4;

pub fn main(options: &Options) -> Report {
    let barrier = Arc::new(Barrier::new(options.threads + 1));
    let workers: Vec<JoinHandle<Thread>> = (0..options.threads)
        .map(|index| {
            let (barrier, count, work_ms) = (barrier.clone(), options.count, SHORTEST_MS..options.longest_ms);
            let cpus = cpus_of(options, index).to_vec();
            std::thread::spawn(move || run(index, count, &work_ms, &cpus, &barrier))
        })
        .collect();
    tracer::start();
    let begin = clock::now();
    barrier.wait();
    let threads: Vec<Thread> = workers.into_iter().map(|worker| worker.join().expect("it does not panic")).collect();
    let wall = clock::now() - begin;

    let shape = Shape { cpus_per_llc: options.per_llc, cpus_per_node: options.per_node };
    let tasks = threads.iter().enumerate().map(|(index, thread)| (thread.tid, cpus_of(options, index).to_vec()));
    let mut watch = Watch::new(shape, [0, options.node_delay_us, options.remote_delay_us], tasks);
    tracer::stop(|at, event| watch.see(at, event));
    let found = watch.found();
    let mut report = Report::new("bursts", threads, wall);
    for (distance, name) in DISTANCES {
        let at = distance as usize;
        report = report
            .with(format!("neglected_{name}_us"), found.neglected[at] as f64)
            .with(format!("taken_{name}"), found.taken[at] as f64)
            .with(format!("early_{name}"), found.early[at] as f64);
    }
    report
}

fn cpus_of(options: &Options, thread: usize) -> &[usize] {
    options.cpus[thread % options.cpus.len()].as_slice()
}

fn run(index: usize, count: usize, work_ms: &Range<u64>, cpus: &[usize], barrier: &Barrier) -> Thread {
    task::set_affinity(task::tid(), cpus);
    let mut choices = Choices::of(index);
    let mut among = |range: &Range<u64>| {
        let micros = choices.below(((range.end - range.start) * 1000) as usize) as u64;
        range.start * NS_PER_MS + micros * 1000
    };
    barrier.wait();
    for _ in 0..count {
        clock::burn(among(work_ms));
        clock::sleep_until(clock::now() + among(&SLEEP_MS));
    }
    Thread { tid: task::tid().as_raw_nonzero().get(), cpu_ms: clock::ms(clock::thread_cpu()), ..Thread::default() }
}
