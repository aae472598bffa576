//! Rounds come when they are of use: rarely on an idle machine, at once when something happens, and in time under load.

use crate::harness::{Guest, Report};
use crate::scheduler::script;

const WAKEUPS: &str = "
    wakeups() { cat /proc/$scheduler/task/*/status | awk '/^voluntary/ { n += $2 } END { print n }'; }
    in_ten_seconds() { before=$(wakeups); sleep 10; echo \"wakeups=$(($(wakeups) - before))\"; }";

/// Ten seconds of an idle machine, then ten of two hogs a CPU, where every round counts.
const IDLE_THEN_BUSY: &str = "
    start && sleep 2 && in_ten_seconds && health &&
    { guest-load hogs --threads 16 --seconds 12 >/hogs & hogs=$!; } && sleep 1 && in_ten_seconds && wait $hogs; stop";

fn idle_machine_is_left_alone(kernel: &str) {
    let script = script(&format!("{WAKEUPS}\n{IDLE_THEN_BUSY}"));
    let outcome = Guest::new().kernel(kernel).run(&script).success().healthy();
    let wakeups: Vec<u32> = outcome.said("wakeups").iter().map(|n| n.parse().expect("a number")).collect();
    println!("on {kernel}: wake-ups in ten seconds, idle and busy: {wakeups:?}");
    assert!(wakeups[0] <= 15, "{wakeups:?}");
    assert!(wakeups[1] >= 80, "rounds are not just rare: {wakeups:?}");
}

/// 16 hogs are let go on two CPUs and nobody steals, so the other six CPUs do nothing until flows come. First after idle
/// seconds, when rounds are rare; then right after other hogs, when they are not; then without flows.
const BURSTS: &str = "
    burst() { guest-load hogs --threads 16 --cpus 0-1 --release --seconds 1; }
    start --no-steal && sleep 4 && burst && sleep 4 && guest-load hogs --threads 16 --seconds 1 && burst && health && stop &&
    start --no-steal --no-balance && burst; stop";

/// CPU time that all threads were given together, ms.
fn delivered(report: &Report) -> f64 {
    report.threads.iter().map(|t| t.cpu_ms).sum()
}

fn burst_after_idleness_is_spread_as_soon_as_any(kernel: &str) {
    let outcome = Guest::new().kernel(kernel).run(&script(BURSTS)).success().healthy();
    let reports = outcome.reports();
    let [slow, _, steady, never] = &reports[..] else { panic!("four loads ran\n{}", outcome.console) };
    let [slow, steady, never] = [slow, steady, never].map(delivered);
    println!(
        "on {kernel}: CPU ms in a second: after idleness {slow:.0}, at a steady pace {steady:.0}, no flows {never:.0}"
    );
    // Rounds a second apart would leave six of eight CPUs idle for half a second in the mean: 0.6.
    assert!(slow > 0.9 * steady, "{slow} {steady}");
    assert!(never < 0.5 * steady, "without flows they stay where they were let go: {never} {steady}");
}

/// Rounds a minute apart: a CPU that goes is planned for at once, and the end is noticed at once.
const SELDOM: &str = "
    now() { cut -d' ' -f1 /proc/uptime; }
    rounds() { echo \"rounds=$(($(wc -l </rec) - 1))\"; }
    start --balance-interval 60s --record /rec && sleep 2 && rounds &&
    echo 0 >/sys/devices/system/cpu/cpu7/online && sleep 1 && rounds &&
    echo 1 >/sys/devices/system/cpu/cpu7/online && sleep 1 && rounds && health &&
    begin=$(now) && echo S >/proc/sysrq-trigger && ended && echo \"took=$begin $(now)\"";

fn what_happens_is_heard_at_once(kernel: &str) {
    let outcome = Guest::new().kernel(kernel).run(&script(SELDOM)).success().healthy();
    let rounds: Vec<u32> = outcome.said("rounds").iter().map(|n| n.parse().expect("a number")).collect();
    let took: Vec<f64> = outcome.said("took")[0].split(' ').map(|n| n.parse().expect("a time")).collect();
    println!("on {kernel}: rounds {rounds:?}; ended after {:.2} s", took[1] - took[0]);
    assert_eq!(rounds[0], 0, "none is due: {rounds:?}");
    assert!(rounds[1] > 0, "{rounds:?}");
    // The next regular round is a minute away, so the second signal has its answer only if the first was done with.
    assert!(rounds[2] > rounds[1], "{rounds:?}");
    assert_eq!(outcome.said("rc"), ["7"]);
    assert!(took[1] - took[0] < 1.0, "{took:?}");
}

/// Ten hogs a CPU, half of them heavy; beside them threads that sleep as the daemon does. `PINNED` comes before. Not at once:
/// a daemon that has just attached has run for longer than it may before it is like any other. Then the same while somebody who is
/// heavier still wants the settings read again and again, which another thread of the daemon hears and tells the one that plans.
const CROWD: &str = "
    reread() { sh -c 'renice -n -20 $$ && while kill -HUP '$scheduler'; do usleep 300000; done' 2>/dev/null; }
    crowd() { start --stats 10 && sleep 1 && PINNED { guest-load hogs --threads 20 --nice -15,0 --seconds 12 >/hogs & hogs=$!; } &&
        { $1 & } && guest-load sleepers --threads 4 --work-us 1000 --period-ms 100 --count 80 && wait $hogs && health && stop; }
    crowd true && crowd reread";

/// The 99th percentile of a line of `--stats`, in ms.
fn p99(line: &str) -> f64 {
    let words: Vec<&str> = line.split(' ').collect();
    words.iter().skip_while(|word| **word != "p99").nth(1).and_then(|n| n.parse().ok()).expect("a number")
}

fn rounds_are_in_time_in_a_crowd(kernel: &str, pinned: &str) {
    let script = script(&CROWD.replace("PINNED", pinned));
    let outcome = Guest::new().kernel(kernel).shape("1x1x2x1").run(&script).success().healthy();
    // The first report of each daemon.
    let first = outcome.console.lines().filter(|line| line.starts_with("[10."));
    let lines: Vec<&str> = first.filter_map(|line| Some(line.split_once("| rounds late: ")?.1)).collect();
    let reports = outcome.reports();
    let others = |report: &Report| {
        report.threads.iter().filter_map(|t| t.late_ms.as_ref()).map(|late| late.p99).fold(0.0, f64::max)
    };
    let others: Vec<f64> = reports.iter().map(others).collect();
    println!(
        "on {kernel}: rounds late, alone and told to read settings: {lines:?}; worst p99 of other sleepers: {others:?} ms"
    );
    assert!(outcome.console.matches("settings read again").count() >= 10, "{}", outcome.console);
    // To read the settings again takes 20 ms on this emulated machine, and the round that is due in them comes after.
    let bounds = [10.0, 50.0];
    assert_eq!((lines.len(), others.len()), (bounds.len(), bounds.len()), "{}", outcome.console);
    for ((line, others), bound) in lines.iter().zip(&others).zip(bounds) {
        assert!(p99(line) <= bound, "{line}");
        assert!(*others > bound, "nobody is late there: {others}");
    }
}

/// As it is most of the time in a round for a moment: in a BPF program, tasks stay where they are.
const ONE_CPU: &str = "taskset -p 1 $scheduler &&";

#[test]
fn idle_machine_is_left_alone_on_the_newest() {
    idle_machine_is_left_alone("newest");
}

#[test]
#[ignore = "make test-all"]
fn idle_machine_is_left_alone_on_6_18() {
    idle_machine_is_left_alone("6.18");
}

#[test]
#[ignore = "make test-all"]
fn burst_after_idleness_is_spread_as_soon_as_any_on_the_newest() {
    burst_after_idleness_is_spread_as_soon_as_any("newest");
}

#[test]
fn what_happens_is_heard_at_once_on_the_newest() {
    what_happens_is_heard_at_once("newest");
}

#[test]
#[ignore = "make test-all"]
fn what_happens_is_heard_at_once_on_6_18() {
    what_happens_is_heard_at_once("6.18");
}

#[test]
#[ignore = "make test-all"]
fn rounds_are_in_time_in_a_crowd_on_the_newest() {
    rounds_are_in_time_in_a_crowd("newest", "");
}

#[test]
fn rounds_of_one_cpu_are_in_time_in_a_crowd_on_the_newest() {
    rounds_are_in_time_in_a_crowd("newest", ONE_CPU);
}

#[test]
#[ignore = "make test-all"]
fn rounds_are_in_time_in_a_crowd_on_6_18() {
    rounds_are_in_time_in_a_crowd("6.18", "");
}
