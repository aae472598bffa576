//! Each policy does what it says, and not what the others do.

use crate::harness::{Guest, Report};
use crate::scheduler::script;

/// Three hogs a CPU, half of them at nice 5, under each policy, and with slices that end nearer to the second tick than to the
/// first; how often they changed CPUs, and CPUs switched, meanwhile.
const EACH: &str = "
    switches() { awk '/^ctxt/ { print $2 }' /proc/stat; }
    under() {
        start --policy $1 && before=$(switches) &&
        { guest-load hogs --threads 6 --nice 0,5 --seconds 4 --warmup-ms 1000 >/hogs & sleep 3; } &&
        echo \"migrations=$(cat /proc/$!/task/*/sched | awk '/nr_migrations/ { n += $3 } END { print n }')\" &&
        wait $! && cat /hogs && echo \"switches=$(($(switches) - before))\" && health && stop
    }
    under fair && under throughput && under fifo && under 'fifo --slice 7ms'";

/// How much more CPU time the heavier hogs got than the lighter ones.
fn favour(report: &Report) -> f64 {
    let given = |nice| report.threads.iter().filter(|t| t.nice == nice).map(|t| t.cpu_ms).sum::<f64>();
    given(0) / given(5)
}

fn policies_differ_as_they_say(kernel: &str) {
    let outcome = Guest::new().kernel(kernel).shape("1x1x2x1").run(&script(EACH)).success().healthy();
    let favours: Vec<f64> = outcome.reports().iter().map(favour).collect();
    let numbers = |name| outcome.said(name).iter().map(|n| n.parse().expect("a number")).collect::<Vec<f64>>();
    let (migrations, switches) = (numbers("migrations"), numbers("switches"));
    println!(
        "on {kernel}: nice 0 to nice 5, fair, throughput, fifo, fifo of 7 ms: {favours:.2?}; switches {switches:?}, migrations {migrations:?}"
    );
    // Weights are 1024 and 335: 3.06 by weight, 1 by turns.
    for by_weight in &favours[..2] {
        assert!((2.4..3.8).contains(by_weight), "{favours:?}");
    }
    assert!((0.9..1.1).contains(&favours[2]), "{favours:?}");
    // Who is not far behind in line goes back to its own CPU; in the order of arrival nobody does.
    assert!(migrations[0] < 0.5 * migrations[2], "{migrations:?}");
    // Five times the slice, which fifo has not; the kernel's own threads, and what reads this, switch as they always do.
    assert!(switches[1] < 0.7 * switches[0] && switches[2] > 0.7 * switches[0], "{switches:?}");
    // Ticks are 4 ms apart. A slice of 4 ms ends at the first, though it began a moment after one; of 7 ms, at the second.
    assert!(switches[3] < 0.8 * switches[2], "{switches:?}");
}

#[test]
fn policies_differ_as_they_say_on_the_newest() {
    policies_differ_as_they_say("newest");
}

#[test]
#[ignore = "make test-all"]
fn policies_differ_as_they_say_on_6_18() {
    policies_differ_as_they_say("6.18");
}
