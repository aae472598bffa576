//! `scx_domains trace`: what it writes is what happened, and what it could not keep it tells.

use crate::harness::{Guest, lacks_6_12};
use crate::pftrace::{self, Trace};
use crate::scheduler::script;
use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

/// `begin_trace FILE ARG...` traces in the background once it returns; `end_trace` waits for the end and prints the trace.
const FUNCTIONS: &str = "
    begin_trace() {
        trace=$1; shift
        scx_domains trace -o $trace \"$@\" 2>$trace.log & tracer=$!
        until grep -q 'tracing for' $trace.log; do kill -0 $tracer || break; usleep 20000; done
    }
    end_trace() {
        wait $tracer; echo \"traced=$?\"
        echo \"told=$(grep switches $trace.log)\"
        echo \"trace=$(gzip $trace -c | base64 -w 0)\"
    }";

/// 16 hogs let go on a domain's CPUs, balanced and not; then more switches than the buffer holds while nobody empties it.
const RUNS: &str = "
    hogs() { guest-load hogs --threads 16 --cpus 0-3 --release --seconds 1 >/dev/null; }
    start && begin_trace /balanced --seconds 2 && hogs && end_trace
    begin_trace /full --seconds 1 --buffer-mib 1 && kill -STOP $tracer
    guest-load pipes --pairs 4 --rounds 4000 >/dev/null; kill -CONT $tracer; end_trace
    health && stop
    start --no-balance && begin_trace /unbalanced --seconds 2 && hogs && end_trace && stop
    scx_domains trace -o /none; echo \"without=$?\"; ls /none";

#[test]
fn a_trace_shows_what_happened_and_tells_what_is_missing() {
    trace_shows_what_happened("newest");
}

#[test]
#[ignore = "make test-all"]
fn a_trace_shows_what_happened_on_6_18() {
    trace_shows_what_happened("6.18");
}

#[test]
#[ignore = "make test-all"]
fn a_trace_shows_what_happened_on_6_12() {
    if !lacks_6_12() {
        trace_shows_what_happened("6.12");
    }
}

fn trace_shows_what_happened(kernel: &str) {
    let guest = Guest::new().kernel(kernel).shape("2x1x4x1").limit(400);
    let outcome = guest.run(&script(&format!("{FUNCTIONS}\n{RUNS}"))).healthy();
    assert_eq!(outcome.said("traced"), ["0", "0", "0"], "{}", outcome.console);
    let traces: Vec<Trace> = outcome.said("trace").into_iter().map(unpacked).collect();
    let told: Vec<Told> = outcome.said("told").into_iter().map(told).collect();
    println!("{told:?}");
    let [balanced, full, unbalanced] = &traces[..] else { panic!("three traces\n{}", outcome.console) };

    for (trace, told) in traces.iter().zip(&told) {
        assert_eq!(trace.switches.len(), told.switches, "all that was told of is there");
        assert_eq!(trace.instants.iter().filter(|i| i.track.ends_with("flows")).count(), told.flows);
        assert_eq!(trace.tracks[&2].0, "domain 0 (CPUs 0-3)");
    }
    assert_eq!((told[0].lost, broken_rows(balanced)), (0, 0), "who comes on is who goes off next");
    assert!(hogs_on(balanced, 0..4) > 20 && hogs_on(balanced, 4..8) > 20, "hogs ran everywhere");
    let most = |track: &str| balanced.counters.iter().filter(|c| c.track == track).map(|c| c.value).max();
    assert!(most("domain 0 queued") >= Some(8), "twelve waited in the domain: {:?}", most("domain 0 queued"));
    assert!(most("domain 0 runnable") >= Some(12) && most("domain 0 load") >= Some(12 * 1024));
    let moved: i64 = balanced.instants.iter().filter_map(|instant| instant.notes.get("moved")).sum();
    assert!(moved >= 2 && told[0].flows >= 2, "flows moved {moved} tasks in {} steps", told[0].flows);

    assert!(told[1].lost > 0 && broken_rows(full) > 0, "a full buffer shows: {:?}", told[1]);
    let lost = full.instants.iter().filter_map(|instant| instant.notes.get("lost")).sum::<i64>();
    assert_eq!(lost as u64, told[1].lost, "what is lost is told in the trace too");

    assert!(told[2].switches > 100 && unbalanced.instants.is_empty(), "no flows without balance: {:?}", told[2]);
    assert_eq!(outcome.said("without"), ["1"]);
    assert!(outcome.console.contains("no sched_ext scheduler is running"), "{}", outcome.console);
}

/// What the command told when it had ended.
#[derive(Debug)]
struct Told {
    switches: usize,
    flows: usize,
    lost: u64,
}

fn told(line: &str) -> Told {
    let before = |word: &str| {
        let words: Vec<&str> = line.split([' ', ',']).collect();
        let at = words.iter().position(|w| *w == word).unwrap_or_else(|| panic!("no {word} in {line}"));
        words[at - 1].parse().unwrap_or_else(|e| panic!("{e} before {word} in {line}"))
    };
    Told { switches: before("switches") as usize, flows: before("steps") as usize, lost: before("events") }
}

fn hogs_on(trace: &Trace, cpus: std::ops::Range<u64>) -> usize {
    trace.switches.iter().filter(|s| cpus.contains(&s.cpu) && s.next.0 == "guest-load").count()
}

/// How often, on some CPU, another thread goes off than came on before.
fn broken_rows(trace: &Trace) -> usize {
    let mut on = BTreeMap::new();
    let mut switches: Vec<_> = trace.switches.iter().collect();
    switches.sort_by_key(|switch| switch.at);
    let breaks =
        |switch: &&&pftrace::Switch| on.insert(switch.cpu, switch.next.1).is_some_and(|before| before != switch.prev.1);
    switches.iter().filter(breaks).count()
}

fn unpacked(base64: &str) -> Trace {
    let mut shell = Command::new("sh");
    shell.args(["-c", "base64 -d | gunzip"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = shell.spawn().expect("there is a shell");
    let mut stdin = child.stdin.take().expect("it has a standard input");
    let text = base64.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().expect("the shell ends");
    writer.join().expect("no panic").expect("base64 takes all");
    pftrace::read(&output.stdout)
}
