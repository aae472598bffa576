//! What powersave does to a machine: CPUs are left asleep while others will do, nobody waits beside one, and what spills over
//! to another class wakes few; energy preferences are set, and come back whatever becomes of the daemon.

use crate::harness::{Guest, Outcome};
use crate::scheduler::script;

/// `ran` prints for how long each CPU has run until now, in us.
const RAN: &str = r#"
    ran() { awk '/^cpu[0-9]/ { all = all " " int($8 / 1000) } END { print "ran=" substr(all, 2) }' /proc/schedstat; }"#;

/// In powersave, on eight CPUs in two LLCs: little to do for four sleepers, each of which is put onto a CPU of its own and may then
/// go where it is wanted; which CPUs are parked, and for how long each ran in the second between, in us. Meanwhile two sleepers that only the last CPU may run, and bursts that more want than are awake. Then as
/// many hogs as CPUs, out of nothing. Last, the little again where no CPU is parked.
///
/// That second run has two policies of a driver that takes preferences, made of files. It is killed; then one file refuses.
const LITTLE_AND_MUCH: &str = "
    policies() { mount -t tmpfs files $cpufreq && for cpu in 0 1; do
            mkdir $cpufreq/policy$cpu; cd $cpufreq/policy$cpu; echo $cpu >affected_cpus; echo intel_pstate >scaling_driver
            echo powersave >scaling_governor; echo balance_performance >energy_performance_preference
        done; cd /; cpu0=$cpufreq/policy0/energy_performance_preference; }
    preferences() { echo preferences=$(for cpu in 0 1; do echo $(cat $cpufreq/policy$cpu/energy_performance_preference); done); }
    restore() { scx_domains restore >/out 2>&1; echo \"restored=$? $(cat /out)\"; preferences; }
    cpufreq=/sys/devices/system/cpu/cpufreq
    parked() { scx_domains status --json | sed -n 's/.*\"parked\":\"\\([^\"]*\\)\".*/parked=\\1/p'; }
    little() { guest-load sleepers --threads 4 --work-us 1500 --count 600 >/dev/null & little=$!
        usleep 100000; set -- 1 4 10 40; threads=$(ls /proc/$little/task | tail -n 4)
        for thread in $threads; do taskset -p $1 $thread; shift; done >/dev/null; usleep 100000
        for thread in $threads; do taskset -p ff $thread; done >/dev/null
        sleep 4; parked; ran; sleep 1; ran; parked; }
    start --profile powersave && little && guest-load sleepers --threads 2 --cpus 7 --work-us 500 --count 40 &&
    guest-load bursts --threads 8 --cpus '0-7;0-7;0-7;7' --count 6 --per-llc 4 --per-node 8 && wait $little && sleep 3 &&
    guest-load hogs --threads 8 --seconds 1 && health && stop &&
    policies && scx_domains topology && start --profile powersave --no-parking && little && wait $little && health && preferences &&
    { stop KILL; preferences; mount --bind $cpu0 $cpu0 && mount -o remount,ro,bind $cpu0 && restore && umount $cpu0 && restore; }";

/// What an idle CPU may be late by: emulated CPUs take turns of up to a tick (see scenario_steal).
const LATE_US: f64 = 3000.0;
/// A CPU that ran for less than this in a second was asleep but for kernel threads.
const ASLEEP_US: i64 = 20_000;

#[test]
fn powersave_leaves_cpus_asleep_and_puts_back_what_it_sets() {
    let outcome =
        Guest::new().shape("1x2x4x1").limit(600).run(&script(&format!("{RAN}{LITTLE_AND_MUCH}"))).success().healthy();
    let parked: Vec<Vec<usize>> = outcome.said("parked").into_iter().map(cpus).collect();
    let spans = in_spans(&outcome);
    let [with, without] = &spans[..] else { panic!("two seconds: {spans:?}") };
    println!("parked {parked:?}; each CPU ran for us: {with:?}, with none parked {without:?}");

    let both: Vec<usize> = parked[0].iter().copied().filter(|cpu| parked[1].contains(cpu)).collect();
    assert!(both.len() >= 4 && [4, 5, 6, 7].iter().all(|cpu| both.contains(cpu)), "an LLC is emptied: {parked:?}");
    assert!(both.iter().all(|cpu| with[*cpu] < ASLEEP_US), "who is parked sleeps: {with:?}");
    assert_eq!((parked[2].len(), parked[3].len()), (0, 0), "--no-parking");
    assert!(without[4..].iter().any(|us| *us >= ASLEEP_US), "without parking, who was put there stays: {without:?}");

    let reports = outcome.reports();
    let [pinned, bursts, hogs] = &reports[..] else { panic!("three loads report: {reports:?}") };
    println!("bursts: {:?}", bursts.more);
    let late = pinned.threads.iter().filter_map(|thread| thread.late_ms.as_ref()).map(|late| late.max);
    assert!(late.fold(0.0, f64::max) * 1000.0 < LATE_US, "who may run on a parked CPU only is served: {pinned:?}");
    for distance in ["llc", "node"] {
        let late = bursts.more[&format!("neglected_{distance}_us")];
        assert!(late <= LATE_US, "an idle CPU ({distance}) left a task alone for {late} us");
    }
    assert!(hogs.threads.iter().all(|hog| hog.cpu_ms > 900.0), "a burst gets all CPUs: {hogs:?}");
    preferences_come_back(&outcome);
}

fn preferences_come_back(outcome: &Outcome) {
    let told = "frequency of CPUs 0-1, intel_pstate with powersave: the hardware chooses, by an energy preference";
    assert!(outcome.console.contains(told), "{}", outcome.console);
    let (set, half) = ("power power", "power balance_performance");
    let expected = [set, set, half, "balance_performance balance_performance"];
    assert_eq!(
        outcome.said("preferences"),
        expected,
        "in force; killed; one refuses; it does no more\n{}",
        outcome.console
    );
    let [refused, done] = outcome.said("restored")[..] else { panic!("restored twice\n{}", outcome.console) };
    assert!(
        refused.starts_with("1 1 energy preferences are as they were") && outcome.console.contains("was refused by")
    );
    assert_eq!(done, "0 1 energy preferences are as they were");
}

/// A P-core, three E-cores (1 to 3) and an LP-E core.
const CLASSES: &str = "4000x1,3000x3,2000x1";

/// Two sleepers for whom the LP-E core will do, half a period apart, each put onto an E-core and then let go where it is wanted,
/// while a hog has that LP-E core; for how long each CPU ran in one second, in us, some seconds after they were let go. Then the same
/// where no CPU is parked, ten times and in the first 0.1 s: by and by they meet on one CPU there too, by chance.
const SPILL: &str = r#"
    begin() { start --profile powersave $@; guest-load hogs --threads 1 --cpus 4 --seconds 7 >/dev/null & all=$!
        guest-load sleepers --threads 2 --work-us 1000 --count 600 >/dev/null & sleepers=$!; all="$all $sleepers"
        usleep 100000; threads=$(ls /proc/$sleepers/task | tail -n 2); }
    let_go() { set -- 4 8; for thread in $threads; do taskset -p $1 $thread; shift; done >/dev/null; usleep 100000
        for thread in $threads; do taskset -p 1f $thread; done >/dev/null; }
    end() { wait $all; health; stop; }
    begin && let_go && sleep 3 && ran && sleep 1 && ran && scx_domains status --json | grep -o '"parked":"[^"]*"' && end &&
    begin --no-parking && for _ in $(seq 10); do let_go; ran; usleep 100000; ran; done && end"#;

/// What an E-core may run in a second that is left asleep but for kernel threads; a sleeper takes a hundred.
const SPARED_US: i64 = 50_000;

#[test]
fn what_spills_over_keeps_few_cpus_awake() {
    let outcome = Guest::new()
        .shape("1x1x5x1")
        .mhz(CLASSES)
        .limit(300)
        .run(&script(&format!("{RAN}{SPILL}")))
        .success()
        .healthy();
    let spans = in_spans(&outcome);
    let (with, without) = (&spans[0], &spans[1..]);
    println!("each CPU ran for us: {with:?}, with none parked {without:?}");
    assert!(outcome.console.contains(r#""parked":"2-3""#), "{}", outcome.console);
    assert!(with[1] > 3 * SPARED_US && with[2..4].iter().all(|us| *us < SPARED_US), "the first is enough: {with:?}");
    // A second in ten parts.
    let all = [2, 3].map(|cpu| without.iter().map(|us| us[cpu]).sum::<i64>());
    assert!(all.iter().any(|us| *us >= SPARED_US), "any will do where none is parked: {all:?}");
}

/// For how long each CPU ran in each span, in us, at whose begin and end `ran` was asked.
fn in_spans(outcome: &Outcome) -> Vec<Vec<i64>> {
    let ran: Vec<Vec<i64>> = outcome.said("ran").into_iter().map(numbers).collect();
    ran.chunks_exact(2).map(|span| span[0].iter().zip(&span[1]).map(|(begin, end)| end - begin).collect()).collect()
}

fn numbers(text: &str) -> Vec<i64> {
    text.split_whitespace().map(|word| word.parse().expect("a number")).collect()
}

/// A cpulist.
fn cpus(text: &str) -> Vec<usize> {
    let parts =
        text.split(',').filter(|part| !part.is_empty()).map(|part| part.split_once('-').unwrap_or((part, part)));
    let number = |word: &str| word.parse::<usize>().expect("a number");
    parts.flat_map(|(first, last)| number(first)..=number(last)).collect()
}
