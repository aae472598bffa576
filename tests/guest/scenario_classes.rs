//! Core classes that the kernel tells by their frequencies, under schedutil: who ends up where, and how fast CPUs run.

use crate::harness::{Guest, lacks_6_12};
use crate::scheduler::script;
use scx_domains::stats::Report;

/// Four CPUs of 4 GHz (0 to 3) and four of 2 GHz, which a firmware's CPPC takes for the better ones. Each load says where its threads are (after the main thread and the one that
/// watches the time); and one, five times, where it was given a CPU and when: "CPU SECONDS" each. At first schedutil forgets whatever
/// it is asked for less than 10 ms after a switch.
const CLASSES: &str = "
    places() { for t in $(ls /proc/$1/task | tail -n +3); do cut -d' ' -f39 /proc/$1/task/$t/stat; done | tr '\\n' ' '; }
    khz() { for c in ${1:-0 1 2 3 4 5 6 7}; do cat /sys/devices/system/cpu/cpu$c/cpufreq/scaling_cur_freq; done | tr '\\n' ' '; }
    born_on_slow() { guest-load hogs --threads 1 --cpus 7 --release --seconds 2 >/dev/null & usleep 300000
        echo \"heavy=$(places $!)\"; usleep 200000; for i in 1 2 3 4 5; do khz $(places $!); usleep 20000; done >/khz
        echo \"heavy_khz=$(tr '\\n' ' ' </khz)\"; wait $!; }
    half_busy() { guest-load sleepers --threads 1 --cpus 2 --work-us 5000 --count 60 >/dev/null & usleep 200000
        for i in 1 2 3 4 5; do khz 2; usleep 50000; done >/khz; echo \"half_khz=$(tr '\\n' ' ' </khz)\"; wait $!; }
    light() { guest-load sleepers --threads 4 --work-us 500 --count 300 >/dev/null & sleep 1
        for i in 1 2 3 4 5 6 7 8 9 10; do places $!; usleep 100000; done >/places
        echo \"light=$(tr '\\n' ' ' </places)\"; wait $!; }
    told() { scx_domains --monitor 1 --json | head -n 1 | sed 's/^/stats=/'; }
    misfit() { t=/sys/kernel/tracing; for i in 1 2 3 4 5; do
        echo 1 >$t/events/sched/sched_switch/enable; echo >$t/trace
        guest-load hogs --threads 1 --cpus 7 --release --cpu-ms 100 >/dev/null & usleep 60000
        tid=$(ls /proc/$!/task | tail -n 1); wait $!
        echo 0 >$t/events/sched/sched_switch/enable
        echo \"misfit=$(sed -n \"s/.*\\[\\(...\\)\\].* \\([0-9.]*\\): sched_switch:.*next_pid=$tid .*/\\1 \\2/p\" $t/trace | tr '\\n' ' ')\"; done; }
    turns() { guest-load hogs --threads 8 --seconds 3 >/dev/null & usleep 500000
        for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
            cut -d' ' -f39 /proc/$!/task/*/stat | tail -n +3 | tr '\\n' ' '; usleep 95000; done >/places
        echo \"turns=$(tr '\\n' ' ' </places)\"; wait $!; }
    supply=/sys/class/power_supply; mount -t tmpfs tmpfs $supply; mkdir $supply/AC $supply/BAT0; echo Mains >$supply/AC/type
    echo Battery >$supply/BAT0/type; echo 1 >$supply/AC/online
    now() { cut -d' ' -f1 /proc/uptime; }
    unplug() { echo 0 >$supply/AC/online; from=$(now); for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        scx_domains get profile | grep -q 'auto (powersave' && break; usleep 50000; done; echo \"switch=$from $(now)\"; }
    pinned() { guest-load sleepers --threads 4 --cpus 3 --work-us 500 --count 50; }
    limit=/sys/devices/system/cpu/cpufreq/schedutil/rate_limit_us; usual=$(cat $limit); echo 10000 >$limit

    start && sleep 2 && echo \"fresh_khz=$(khz)\" && echo $usual >$limit && misfit && born_on_slow && half_busy && light && sleep 2 && echo \"idle_khz=$(khz)\" && told &&
    guest-load hogs --threads 8 --seconds 1 && { guest-load hogs --threads 8 --seconds 1 >/dev/null & usleep 300000; } &&
    told && wait $! && turns && health && stop && echo powersave &&
    start --profile powersave && light && told && pinned && health && stop && echo blind &&
    start --no-placement --no-frequency --no-parking && sleep 2 && echo \"fresh_khz=$(khz)\" && misfit && born_on_slow && light && health && stop && echo turns &&
    start --fair-progress && scx_domains set profile=auto && turns && echo \"profile=$(scx_domains get profile)\" &&
    unplug && light && scx_domains set profile=powersave && echo \"profile=$(scx_domains get profile)\" && health && stop";

fn numbers(text: &str) -> Vec<u32> {
    text.split_whitespace().map(|word| word.parse().expect("a number")).collect()
}

/// How many distinct CPUs.
fn spread(places: &[u32]) -> usize {
    places.iter().collect::<std::collections::BTreeSet<_>>().len()
}

/// What part of the CPUs where tasks were seen, time and again, are fast.
fn on_fast(places: &[u32]) -> f64 {
    places.iter().filter(|cpu| **cpu < 4).count() as f64 / places.len() as f64
}

/// Of eight hogs that were looked at time and again, all at once: what part of the looks each was on a fast CPU.
fn turns(places: &[u32]) -> [f64; 8] {
    let of = |hog: usize| places.iter().skip(hog).step_by(8).copied().collect::<Vec<_>>();
    std::array::from_fn(|hog| on_fast(&of(hog)))
}

/// From when a task was given a slow CPU to when it was given a fast one, in ms; none if it never was.
fn until_fast(turns: &str) -> Option<f64> {
    let words: Vec<f64> = turns.split_whitespace().map(|word| word.parse().expect("a number")).collect();
    let mut turns = words.chunks(2).skip_while(|turn| turn[0] < 4.0);
    let slow = turns.next().expect("it was born on a slow CPU")[1];
    turns.find(|turn| turn[0] < 4.0).map(|fast| (fast[1] - slow) * 1000.0)
}

fn who_is_where_and_how_fast(kernel: &str) {
    let guest = Guest::new().kernel(kernel).shape("1x1x8x1").mhz("4000:39x4,2000:64x4").limit(600);
    let outcome = guest.run(&script(CLASSES)).success().healthy();
    let said = |name: &str| -> Vec<Vec<u32>> { outcome.said(name).into_iter().map(numbers).collect() };
    let (heavy, heavy_khz, half, light, idle) =
        (said("heavy"), said("heavy_khz"), said("half_khz"), said("light"), said("idle_khz"));
    println!(
        "on {kernel}: heavy on {heavy:?} at {heavy_khz:?}, half busy at {half:?}, light on {light:?}, idle at {idle:?}"
    );
    let is_fast = |cpu: &u32| *cpu < 4;

    assert!(heavy[0].iter().all(is_fast), "born on a slow CPU, it goes to a fast one");
    // What reads this may push it off for a moment.
    let fastest = heavy_khz[0].iter().filter(|khz| **khz == 4_000_000).count();
    assert!(fastest >= 4, "which runs as fast as it can");
    // None of the speeds at which a CPU may have been left: those of nothing to do, of the start, or of all there is.
    let between = |khz: &u32| *khz == 3_000_000;
    assert!(half[0].iter().all(between) && spread(&half[0]) == 1, "half busy is between, and does not flutter");
    let slowest = [[1_000_000; 4], [500_000; 4]].concat();
    assert_eq!(idle[0], slowest, "who has nothing to do runs as slowly as it can");
    let fresh = said("fresh_khz");
    println!("two seconds after the start, with nothing to do: {:?}, blind {:?}", fresh[0], fresh[1]);
    let slow = |khz: &[u32]| khz.iter().zip(&slowest).filter(|(khz, slowest)| khz == slowest).count();
    // Who reads this has a CPU.
    assert!(slow(&fresh[0]) >= 7 && slow(&fresh[1]) < 7, "and who has had nothing to do since the start too");
    let [balanced, thrifty, blind, on_battery] = [0, 1, 2, 3].map(|run: usize| on_fast(&light[run]));
    println!(
        "light work, part of it on fast CPUs: {balanced}, powersave {thrifty}, blind {blind}, auto on battery {on_battery}"
    );
    assert!(balanced > 0.9, "who waits for little work has it done fast");
    let reports = outcome.reports();
    let [hogs, pinned] = &reports[..] else { panic!("two loads report: {reports:?}") };
    assert!(hogs.threads.iter().all(|hog| hog.cpu_ms > 900.0), "each of as many hogs as CPUs has one: {hogs:?}");
    let all: f64 = hogs.threads.iter().map(|hog| hog.cpu_ms).sum();
    println!("eight hogs on as many CPUs got {:.2} % of them", all / 80.0);
    assert!(all >= 0.98 * 8000.0, "and nothing of what CPUs could do is lost: {hogs:?}");

    // Statistics say the same.
    let stats: Vec<Report> = outcome.said("stats").into_iter().filter_map(|s| serde_json::from_str(s).ok()).collect();
    let [idle, busy, thrifty_ones] = &stats[..] else { panic!("told three times\n{}", outcome.console) };
    let told = |report: &Report| {
        let [fast, slow] = [0, 1].map(|class| report.classes[class].stats);
        [(fast.misfits, fast.parked, fast.frequency_target), (slow.misfits, slow.parked, slow.frequency_target)]
    };
    println!("misfits, parked and targets of fast and slow CPUs: idle {:?}", told(idle));
    println!("busy {:?}, powersave {:?}", told(busy), told(thrifty_ones));
    assert!(told(idle)[1].0 == 0 && told(idle)[0].1 > 0 && told(idle)[1].2 < 0.5, "{:?}", told(idle));
    // Who asks has a CPU too.
    assert!(
        told(busy)[0].0 == 0 && told(busy)[1].0 >= 3 && told(busy)[0].1 == 0,
        "each slow CPU has a hog: {:?}",
        told(busy)
    );
    assert!(told(busy).iter().all(|class| class.2 > 0.9), "{:?}", told(busy));
    assert!(told(thrifty_ones)[0].1 >= 3, "{:?}", told(thrifty_ones));

    // Now and then all slow CPUs are taken for a moment.
    assert!(thrifty < 0.2 && on_battery < 0.2, "in powersave, it is done thriftily");
    let switch: Vec<f64> =
        outcome.said("switch")[0].split_whitespace().map(|word| word.parse().expect("seconds")).collect();
    println!(
        "s from when the power supply was unplugged to the profile that goes with that: {:.2}",
        switch[1] - switch[0]
    );
    assert!(switch[1] - switch[0] < 1.0, "and that is in force in under a second");
    let late = pinned.threads.iter().filter_map(|thread| thread.late_ms.as_ref());
    assert!(late.map(|late| late.max).fold(0.0, f64::max) < 20.0, "but not those that somebody is pinned to");

    let turns: Vec<_> = said("turns").iter().map(|places| turns(places)).collect();
    println!("eight hogs, part of the looks on fast CPUs: {:?}, with --fair-progress {:?}", turns[0], turns[1]);
    assert!(
        turns[1].iter().all(|part| 0.0 < *part && *part < 1.0),
        "where progress counts, all have turns on fast CPUs"
    );
    let until_fast: Vec<_> = outcome.said("misfit").into_iter().map(until_fast).collect();
    let (seeing, blind) = until_fast.split_at(5);
    println!("ms until a hog that is born on a slow CPU is on a fast one: {seeing:?}, blind {blind:?}");
    assert!(seeing.iter().all(|ms| ms.is_some_and(|ms| ms <= 20.0)), "the longer of 20 ms and three ticks: {seeing:?}");
    assert!(blind.iter().filter(|ms| ms.is_none_or(|ms| ms > 20.0)).count() >= 4, "it is not so by itself: {blind:?}");
    let profiles: Vec<String> =
        outcome.said("profile").iter().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(profiles, ["profile auto (balanced, for nobody asks for another) set", "profile powersave set"]);

    // Nothing of this is so by itself.
    assert!(turns[0].contains(&0.0) && turns[0].contains(&1.0), "each stays where it is");
    // Whoever pushes the hog off for a moment may bring it to a fast CPU, but nobody asks for its frequency.
    assert!(!heavy_khz[1].contains(&4_000_000), "where classes count for nothing, it is slow: {heavy:?} {heavy_khz:?}");
}

#[test]
fn who_is_where_and_how_fast_on_the_newest() {
    who_is_where_and_how_fast("newest");
}

/// A machine of which the scheduler is told, for kernels without the drivers: four slow CPUs (0 to 3) and three fast ones, of which
/// the last is the best. A hog that is born on a slow CPU; five hogs, of which two have to do with slow ones; and as many as CPUs.
/// Last, on the first CPU and the last one each that deserves far more than it, among ten light ones: what load they count for.
const HOGS: &str = "
    places() { for t in $(ls /proc/$1/task | tail -n +3); do cut -d' ' -f39 /proc/$1/task/$t/stat; done | tr '\\n' ' '; }
    looked() { for i in 1 2 3 4; do places $1; usleep 20000; done | tr '\\n' ' '; }
    born_on_slow() { guest-load hogs --threads 1 --cpus 0 --release --seconds 1 >/dev/null & usleep 300000
        echo \"heavy=$(looked $!)\"; wait $!; }
    five() { guest-load hogs --threads 5 --seconds 1 >/dev/null & usleep 500000; echo \"five=$(looked $!)\"; wait $!; }
    worth() { all=; for cpu in 0 6; do guest-load hogs --threads 1 --nice -20 --cpus $cpu --seconds 6 >/dev/null & all=\"$all $!\"; done
        guest-load hogs --threads 10 --seconds 6 >/dev/null & sleep 2
        for pid in $all; do scx_domains task $(ls /proc/$pid/task | tail -n 1) --json | tr ',' '\\n' | sed -n 's/.*\"load\": *//p'; done >/loads
        echo \"worth=$(tr '\\n' ' ' </loads)\"; wait $all $!; }
    start --topology /machine.xml && born_on_slow && five && guest-load hogs --threads 7 --seconds 1 && worth && health && stop &&
    start --topology /machine.xml --no-placement && born_on_slow && worth && health && stop";

/// Of two loads, the first in parts of the second.
fn slow_to_fast(loads: &str) -> f64 {
    let loads: Vec<f64> = loads.split_whitespace().map(|load| load.parse().expect("a load")).collect();
    loads[0] / loads[1]
}

fn hogs_have_fast_cpus_and_fill_slow_ones(kernel: &str) {
    let machine = concat!(env!("CARGO_MANIFEST_DIR"), "/topologies/big-little/machine.xml:/machine.xml");
    let outcome = Guest::new().kernel(kernel).shape("1x1x7x1").copy(machine).limit(600).run(&script(HOGS));
    let outcome = outcome.success().healthy();
    let [heavy, five] = ["heavy", "five"].map(|name| outcome.said(name).into_iter().map(numbers).collect::<Vec<_>>());
    let report = outcome.report();
    println!("on {kernel}: heavy on {heavy:?}, five on {five:?}, seven got {:?}", report.threads);
    let worth: Vec<f64> = outcome.said("worth").iter().map(|loads| slow_to_fast(loads)).collect();
    println!("a slow CPU's worth of load is so much of a fast one's: {worth:?}");
    // Seen: 0.37 to 0.47, and 0.92 to 1.01 where classes count for nothing. They are asked one after the other, rounds between.
    assert!(
        worth[0] < 0.7 && worth[1] > 0.7,
        "nobody counts for more than its CPU can do, where CPUs differ: {worth:?}"
    );
    let part =
        |places: &[u32], least: u32| places.iter().filter(|cpu| **cpu >= least).count() as f64 / places.len() as f64;
    // What looks has a CPU too, for a moment.
    assert!(part(&heavy[0], 6) > 0.7, "born on a slow CPU, it goes to the best: {heavy:?}");
    assert!(part(&five[0], 4) > 0.5 && spread(&five[0]) >= 5, "of five, three have a fast CPU each: {five:?}");
    assert!(report.threads.iter().all(|hog| hog.cpu_ms > 900.0), "each of as many hogs as CPUs has one: {report:?}");
    assert!(part(&heavy[1], 4) < 0.5, "where classes count for nothing, it is slow: {heavy:?}");
}

#[test]
#[ignore = "make test-all"]
fn hogs_have_fast_cpus_and_fill_slow_ones_on_6_18() {
    hogs_have_fast_cpus_and_fill_slow_ones("6.18");
}

#[test]
#[ignore = "make test-all"]
fn hogs_have_fast_cpus_and_fill_slow_ones_on_6_12() {
    if !lacks_6_12() {
        hogs_have_fast_cpus_and_fill_slow_ones("6.12");
    }
}
