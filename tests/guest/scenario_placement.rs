//! Who wakes up or is born while CPUs are idle gets the right one of them.

use crate::harness::Guest;
use crate::scheduler::script;

/// Fewer hogs than cores, of two threads each, that start one after the other: each as a process of one thread, so that there
/// is always a core with nobody on it. Then where they cannot have a core each, and then set free. Prints how long each CPU was
/// busy, in ticks.
const HOGS_ON_CORES: &str = r#"
    busy() { awk '/^cpu[0-9]/ { all = all " " $2 + $3 } END { print "busy=" substr(all, 2) }' /proc/stat; }
    measure() { busy; sleep 2; busy; }
    three() { hogs=; for i in 1 2 3; do "$@" sh -c 'while :; do :; done' & hogs="$hogs $!"; usleep 300000; done; }
    end() { kill $hogs; wait $hogs; }
    start && three; measure; end
    three taskset f; measure; for hog in $hogs; do taskset -p ff $hog; done; usleep 300000; measure; end; health && stop"#;

/// How long each core was busy between two readings, as a part of what all were.
fn by_core(before: &str, after: &str) -> Vec<f64> {
    let ticks = |line: &str| line.split(' ').map(|n| n.parse().expect("ticks")).collect::<Vec<f64>>();
    let busy: Vec<f64> = ticks(before).iter().zip(ticks(after)).map(|(before, after)| after - before).collect();
    let all: f64 = busy.iter().sum();
    busy.chunks(2).map(|threads| threads.iter().sum::<f64>() / all).collect()
}

#[test]
fn whole_cores_come_before_siblings_of_busy_ones() {
    let outcome = Guest::new().shape("1x1x4x2").limit(600).run(&script(HOGS_ON_CORES)).success().healthy();
    let busy = outcome.said("busy");
    let [free, confined, freed] = [0, 2, 4].map(|at| by_core(busy[at], busy[at + 1]));
    println!("parts of the work by core: {free:.2?}; confined to two of them {confined:.2?}; freed {freed:.2?}");
    let most = |parts: &[f64]| parts.iter().copied().fold(0.0, f64::max);
    assert!(most(&free) < 0.4, "a core had two hogs while another had none: {free:?}");
    assert!(most(&freed) < 0.4, "who shared a core goes to one that is idle: {freed:?}");
    assert!(most(&confined) > 0.4, "where two cores have to do, it shows: {confined:?}");
}
