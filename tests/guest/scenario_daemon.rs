//! The daemon may be killed, stopped, and come and go as often as it likes: the tasks run on.

use crate::harness::{Guest, Report};
use crate::scheduler::script;
use crate::stats;

fn fewest_ms(report: &Report) -> f64 {
    report.threads.iter().map(|t| t.cpu_ms).fold(f64::INFINITY, f64::min)
}

/// Stopped for longer than the kernel's watchdog waits, with next to nothing to do at first, then with four hogs a CPU;
/// then killed among hogs.
const STOPPED_THEN_KILLED: &str = "
    now() { cut -d' ' -f1 /proc/uptime; }
    lines() { echo \"lines=$(grep -c 'since start' /log)\"; }
    start --stats 1 && guest-load sleepers --count 100 --period-ms 20 && kill -STOP $scheduler && usleep 100000 && lines &&
    guest-load sleepers --threads 2 --count 330 --period-ms 100 && guest-load hogs --threads 8 --seconds 2 && lines &&
    health && kill -CONT $scheduler && guest-load hogs --threads 8 --seconds 2 && lines && health && stop &&
    start && { guest-load hogs --threads 8 --seconds 3 >/hogs & hogs=$!; } && sleep 1 && health &&
    begin=$(now) && kill -KILL $scheduler && guest-load wait disabled && echo \"took=$begin $(now)\" && ended &&
    wait $hogs && cat /hogs && complaints | wc -l | sed 's/^/complaints=/'";

fn stopped_or_killed_daemon_harms_nobody(kernel: &str) {
    let guest = Guest::new().kernel(kernel).shape("1x1x2x1").limit(600);
    let outcome = guest.run(&script(STOPPED_THEN_KILLED)).success().healthy();
    let reports = outcome.reports();
    let [_, sleepers, hogs, again, killed] = &reports[..] else { panic!("five loads ran\n{}", outcome.console) };
    let lines: Vec<u32> = outcome.said("lines").iter().map(|n| n.parse().expect("a number")).collect();
    let took: Vec<f64> = outcome.said("took")[0].split(' ').map(|n| n.parse().expect("a time")).collect();
    println!(
        "reports {lines:?}; stopped for {:.0} ms; hogs got at least {} ms of 500, then {}; disabled after {:.2} s",
        sleepers.wall_ms + hogs.wall_ms,
        fewest_ms(hogs),
        fewest_ms(again),
        took[1] - took[0]
    );
    // It was stopped, which is what a daemon that goes on would not show, and for longer than a watchdog waits.
    assert!(lines[0] == lines[1] && lines[1] < lines[2], "{lines:?}");
    assert!(lines[0] > 0 && sleepers.wall_ms + hogs.wall_ms > 35_000.0, "{lines:?}");
    assert!(!stats::read(&outcome.console).is_empty());
    for hogs in [hogs, again] {
        assert!(fewest_ms(hogs) > 350.0, "four hogs a CPU for 2 s: {hogs:?}");
    }
    // Stopped, it ended as asked; killed, by the signal. The kernel took over at once, and the hogs ran on.
    assert_eq!((outcome.said("rc"), outcome.said("after")), (vec!["0", "137"], vec!["disabled", "disabled"]));
    assert!(took[1] - took[0] < 2.0, "{took:?}");
    assert!(killed.threads.len() == 8 && fewest_ms(killed) > 500.0, "{killed:?}");
    assert_eq!(outcome.said("complaints"), ["0"], "{}", outcome.console);
}

/// In and out under load, which is renewed all the time: every load has to come through. Then the same with another
/// scheduler there already.
const IN_AND_OUT: &str = "
    again() { while [ -e /running ]; do \"$@\" >/out.$1.$2 || echo lost=$*; echo ran=$2; usleep 200000; done; }
    : >/running
    again guest-load hogs --threads 2 --seconds 2 --nice 10 & hogs=$!
    again guest-load sleepers --threads 2 --count 50 --work-us 100 & sleepers=$!
    again guest-load forks --count 5 --parallel 1 & forks=$!
    cycle() { start && health && kill $scheduler && wait $scheduler && echo cycle=done; }
    i=0; while [ $i -lt $CYCLES ] && cycle; do i=$((i + 1)); done
    rm /running; wait $hogs; wait $sleepers; wait $forks
    cat /sys/kernel/sched_ext/state | sed 's/^/state=/'; complaints | wc -l | sed 's/^/complaints=/'
    start && first=$scheduler; cycle || echo cycle=refused; kill $first; wait $first";

fn comes_and_goes_under_load(kernel: &str, times: usize) {
    let guest = Guest::new().kernel(kernel).shape("1x1x2x1").limit(900);
    let outcome = guest.run(&script(&format!("CYCLES={times}\n{IN_AND_OUT}"))).success().healthy();
    let ran = |load| outcome.said("ran").iter().filter(|ran| **ran == load).count();
    println!("loads that ran: hogs {}, sleepers {}, forks {}", ran("hogs"), ran("sleepers"), ran("forks"));
    let mut cycles = outcome.said("cycle");
    assert_eq!(cycles.pop(), Some("refused"), "a scheduler that does not attach is noticed\n{}", outcome.console);
    assert_eq!(cycles, vec!["done"; times], "{}", outcome.console);
    assert_eq!(outcome.said("lost"), Vec::<&str>::new());
    assert!(["hogs", "sleepers", "forks"].iter().all(|load| ran(load) >= times / 2), "{}", outcome.console);
    assert_eq!((outcome.said("state"), outcome.said("complaints")), (vec!["disabled"], vec!["0"]));
}

#[test]
fn stopped_or_killed_daemon_harms_nobody_on_the_newest() {
    stopped_or_killed_daemon_harms_nobody("newest");
}

#[test]
#[ignore = "make test-all"]
fn stopped_or_killed_daemon_harms_nobody_on_6_18() {
    stopped_or_killed_daemon_harms_nobody("6.18");
}

#[test]
fn comes_and_goes_under_load_on_the_newest() {
    comes_and_goes_under_load("newest", 3);
}

#[test]
#[ignore = "make test-all"]
fn comes_and_goes_twenty_times_under_load_on_the_newest() {
    comes_and_goes_under_load("newest", 20);
}

#[test]
#[ignore = "make test-all"]
fn comes_and_goes_under_load_on_6_18() {
    // Its verifier takes three times as long: twenty times are ten minutes.
    comes_and_goes_under_load("6.18", 6);
}
