//! CPUs go and come back under load, and nobody minds: not the scheduler, not those who were waiting for the CPU.

use crate::harness::{Guest, Outcome, Report};
use crate::scheduler::script;
use crate::stats;

/// Domain 1 loses one of its two CPUs, then both, and gets them back, among 12 hogs that may run anywhere and two that
/// wait for the CPU that goes first. Prints how long each turn took, and how long CPUs 3 and 5 had run by then, in the ticks
/// that the kernel noticed: only their ratio says something in a guest. And how often in a second somebody looked for an idle CPU
/// elsewhere: while there is none, while the only idle one is offline, and in the end while there are some.
const OFF_AND_ON: &str = r#"
    now() { cut -d' ' -f1 /proc/uptime; }
    turn() { # CPU 0|1
        begin=$(now)
        echo $2 >/sys/devices/system/cpu/cpu$1/online && echo "turned=$begin $(now)"
    }
    busy() { awk '/^cpu[35] / { all = all " " $2 + $3 + $4 } END { print "busy=" substr(all, 2) }' /proc/stat; }
    trace=/sys/kernel/tracing
    looks() {
        echo >$trace/trace; echo 1 >$trace/events/timer/hrtimer_expire_entry/enable; sleep 1
        echo 0 >$trace/events/timer/hrtimer_expire_entry/enable; echo "looks=$(grep -c bpf_timer_cb $trace/trace)"; }
    start &&
    { guest-load hogs --threads 12 --seconds 14 >/free & free=$!; } &&
    { guest-load hogs --threads 2 --cpus 3 --seconds 14 >/pinned & pinned=$!; } &&
    looks && busy && turn 3 0 && health && looks && turn 2 0 && health && sleep 1 && turn 2 1 && turn 3 1 &&
    busy && sleep 1 && guest-load hogs --cpus 3 --seconds 1 && busy && health &&
    wait $free && wait $pinned && cat /free /pinned && { guest-load hogs --threads 4 --cpus 0-1 --seconds 2 >/dev/null & } &&
    usleep 500000 && looks && wait $! && health && stop"#;

/// Guest time that a CPU may take to go or to come. The kernel's own scheduler needs 0.2 to 1.1 s of it under such a load.
const TURN_S: f64 = 5.0;
/// A quarter of the kernel's watchdog.
const LONGEST_WAIT_MS: f64 = 7500.0;

/// The two numbers of each line "NAME=...".
fn pairs(outcome: &Outcome, name: &str) -> Vec<(f64, f64)> {
    let number = |word: &str| word.parse().expect("a number");
    let pair = |line: &&str| line.split_once(' ').map(|(a, b)| (number(a), number(b))).expect("two numbers");
    outcome.said(name).iter().map(pair).collect()
}

fn longest_wait(report: &Report) -> f64 {
    report.threads.iter().map(|t| t.max_gap_ms).fold(0.0, f64::max)
}

fn cpus_go_and_come_back_under_load(kernel: &str) {
    let outcome = Guest::new().kernel(kernel).limit(600).run(&script(OFF_AND_ON)).success().healthy();
    let turns: Vec<_> = pairs(&outcome, "turned").iter().map(|(begin, end)| end - begin).collect();
    let busy = pairs(&outcome, "busy");
    let reports = outcome.reports();
    let [back, free, pinned] = &reports[..] else { panic!("three loads ran\n{}", outcome.console) };
    println!(
        "on {kernel}: off, off, on, on in {turns:.2?} s; longest waits {} ms, of those who waited for it {} ms; ticks of \
         CPUs 3 and 5 {busy:?}; a hog on CPU 3 got {} ms",
        longest_wait(free),
        longest_wait(pinned),
        back.threads[0].cpu_ms
    );
    assert_eq!(turns.len(), 4, "{}", outcome.console);
    assert!(turns.iter().all(|turn| *turn < TURN_S), "{turns:?}");
    assert!(longest_wait(free) < LONGEST_WAIT_MS && longest_wait(pinned) < LONGEST_WAIT_MS, "{free:?} {pinned:?}");
    assert_eq!((outcome.said("rc"), outcome.said("after")), (vec!["0"], vec!["disabled"]), "{}", outcome.console);
    let looks: Vec<u32> = outcome.said("looks").iter().map(|looks| looks.parse().expect("a number")).collect();
    println!("looks for idle CPUs elsewhere, with none, with an offline one, with some: {looks:?}");
    assert!(looks[0] < 100 && looks[1] < 100, "who is offline is not idle: {looks:?}");
    assert!(looks[2] > 100, "who is there is: {looks:?}");

    let &[before, away, after] = &busy[..] else { panic!("{busy:?}") };
    // How long CPU 3 ran, as a part of what CPU 5 did, which was there all the time.
    let part = |from: (f64, f64), to: (f64, f64)| (to.0 - from.0) / (to.1 - from.1);
    assert!(part(away, after) > 0.5, "CPU 3 is not used again: {busy:?}");
    assert!(back.threads[0].cpu_ms > 100.0, "who may only run on CPU 3 does not: {back:?}");
    // The same is not true of the time when it was away.
    assert!(part(before, away) < 0.5, "CPU 3 was never away: {busy:?}");
}

#[test]
fn cpus_go_and_come_back_under_load_on_the_newest() {
    cpus_go_and_come_back_under_load("newest");
}

#[test]
#[ignore = "make test-all"]
fn cpus_go_and_come_back_under_load_on_6_18() {
    cpus_go_and_come_back_under_load("6.18");
}

/// A CPU goes while the programs are being loaded, after the machine was read.
const GOES_MEANWHILE: &str = "
    { usleep 500000; echo 0 >/sys/devices/system/cpu/cpu1/online; echo \"off=$?\"; } & off=$!
    start && wait $off && health && stop";

#[test]
fn a_cpu_that_goes_while_attaching_is_noticed() {
    let outcome = Guest::new().shape("1x1x2x1").run(&script(GOES_MEANWHILE)).success();
    assert_eq!(outcome.said("off"), ["0"], "{}", outcome.console);
    assert!(outcome.console.contains("reading the machine again"), "it came too late to matter\n{}", outcome.console);
    assert!(outcome.console.contains("scheduling 1 CPUs in 1 domains"), "{}", outcome.console);
    // The kernel may have ended the first try and said so; what runs now is well.
    assert!(outcome.said("health")[0].starts_with("enabled "), "{}", outcome.console);
    assert_eq!((outcome.said("rc"), outcome.said("after")), (vec!["0"], vec!["disabled"]), "{}", outcome.console);
}

/// Two deadline tasks that need 60 % of a CPU each: with one CPU less there is not enough for them, so the kernel gives
/// the unplug up half-way. After they have ended, it works. Two hogs are there both times.
const REFUSED: &str = "
    deadline() { chrt -d -T 60000000 -D 100000000 -P 100000000 0 sleep 1000 & }
    off() { echo 0 >/sys/devices/system/cpu/cpu1/online; echo \"off=$?\"; guest-load hogs --threads 2 --seconds 3; }
    start --stats 1 && deadline && deadline && usleep 100000 && off && health && killall sleep &&
    usleep 500000 && off && health && stop";

#[test]
fn an_unplug_that_the_kernel_refuses_changes_nothing() {
    let guest = Guest::new().shape("1x2x1x1").copy("/usr/bin/chrt").limit(600);
    let outcome = guest.run(&script(REFUSED)).success().healthy();
    assert_eq!(outcome.said("off"), ["1", "0"], "{}", outcome.console);
    let shares: Vec<f64> = stats::read(&outcome.console).iter().map(|report| report.domains[1].share).collect();
    println!("shares of domain 1, whose only CPU stays, then goes: {shares:?}");
    assert!(shares[1] > 0.5, "a CPU that stayed has no share: {shares:?}");
    assert_eq!(shares.last(), Some(&0.0), "a CPU that went has one: {shares:?}");
}
