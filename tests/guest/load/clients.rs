//! Clients of the daemon's control socket, half of them as bad as they can be.
//!
//! Of eight, four ask how the daemon is, and wait for the answer. The others: one asks for what it may not have (run this as
//! somebody who may change nothing), one sends a line without end, one half a line, one nothing. The last two hold on to their
//! connections until all are done.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use clap::Args;

use crate::clock;
use crate::report::{Lateness, Report, Thread};
use crate::task;

const STATUS: &[u8] = b"{\"version\":1,\"request\":\"status\"}\n";
const FORBIDDEN: &[u8] = b"{\"version\":1,\"request\":{\"set\":{\"changes\":{\"no-balance\":\"true\"}}}}\n\
    {\"version\":1,\"request\":\"reload\"}\n{\"version\":1,\"request\":\"stop\"}\njunk\n\n\x00\xff\n";
/// What a line without end comes to at most, in MiB.
const ENDLESS: usize = 1024;

#[derive(Args)]
pub struct Options {
    #[arg(long, default_value = "/run/scx_domains/control.sock")]
    pub socket: PathBuf,
    #[arg(long, default_value_t = 1000)]
    pub count: usize,
    /// Clients that are at it at a time, beside those that only hold on
    #[arg(long, default_value_t = 16)]
    pub threads: usize,
}

pub fn main(options: &Options) -> Report {
    let begin = clock::now();
    let next = AtomicUsize::new(0);
    let ends: Vec<(Thread, Vec<u64>, Vec<UnixStream>)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..options.threads).map(|_| scope.spawn(|| run(options, &next))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a client does not panic")).collect()
    });
    let wall = clock::now() - begin;
    let waits: Vec<u64> = ends.iter().flat_map(|(_, waits, _)| waits.iter().copied()).collect();
    let answered = waits.len() as f64;
    let late = Lateness::of(waits);
    let threads = ends.into_iter().map(|(thread, ..)| thread).collect();
    Report::new("clients", threads, wall).with("answered", answered).with("wait_p99_ms", late.p99)
}

fn run(options: &Options, next: &AtomicUsize) -> (Thread, Vec<u64>, Vec<UnixStream>) {
    let (mut waits, mut held) = (Vec::new(), Vec::new());
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= options.count {
            break;
        }
        let begin = clock::now();
        let Ok(mut stream) = UnixStream::connect(&options.socket) else { continue };
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
        match number % 8 {
            0 => drop(stream.write_all(FORBIDDEN)),
            1 => drop((0..ENDLESS).try_for_each(|_| stream.write_all(&[b'x'; 1 << 20]))),
            2 => {
                let _ = stream.write_all(&STATUS[..9]);
                held.push(stream);
            }
            3 => held.push(stream),
            _ => {
                let mut answer = String::new();
                let asked = stream.write_all(STATUS).and_then(|()| BufReader::new(stream).read_line(&mut answer));
                if asked.is_ok() && answer.contains("\"reply\":{\"status\"") {
                    waits.push(clock::now() - begin);
                }
            }
        }
    }
    let tid = task::tid().as_raw_nonzero().get();
    (Thread { tid, cpu_ms: clock::ms(clock::thread_cpu()), ..Thread::default() }, waits, held)
}
