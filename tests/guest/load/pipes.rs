//! Pairs of threads that wake each other through pipes, as fast as they can.

use std::io::{PipeReader, PipeWriter, Read, Write, pipe};

use clap::Args;

use crate::clock;
use crate::report::{Report, Thread};
use crate::task;

#[derive(Args)]
pub struct Options {
    #[arg(long, default_value_t = 1)]
    pub pairs: usize,
    /// Round trips of each pair
    #[arg(long, default_value_t = 1000)]
    pub rounds: usize,
}

pub fn main(options: &Options) -> Report {
    let begin = clock::now();
    let threads = std::thread::scope(|scope| {
        let mut ends = Vec::new();
        for _ in 0..options.pairs {
            let (from_a, to_b) = pipe().expect("a pipe");
            let (from_b, to_a) = pipe().expect("a pipe");
            ends.push(scope.spawn(move || run(options.rounds, from_b, to_b, true)));
            ends.push(scope.spawn(move || run(options.rounds, from_a, to_a, false)));
        }
        ends.into_iter().map(|end| end.join().expect("a pipe's end does not panic")).collect()
    });
    let wall = clock::now() - begin;
    let rounds = (options.pairs * options.rounds) as f64;
    Report::new("pipes", threads, wall).with("rounds_per_s", (rounds * 1e9 / wall as f64).round())
}

fn run(rounds: usize, mut from: PipeReader, mut to: PipeWriter, serves: bool) -> Thread {
    let mut ball = [0];
    if serves {
        to.write_all(&ball).expect("the other end is open");
    }
    for round in 0..rounds {
        from.read_exact(&mut ball).expect("the other end is open");
        // The one who served keeps the ball after the last round.
        if !(serves && round + 1 == rounds) {
            to.write_all(&ball).expect("the other end is open");
        }
    }
    Thread { tid: task::tid().as_raw_nonzero().get(), cpu_ms: clock::ms(clock::thread_cpu()), ..Thread::default() }
}
