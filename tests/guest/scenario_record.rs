//! A record holds what the daemon planned, whatever ends it, and a disk that is full ends nothing else.

use crate::harness::Guest;
use crate::scheduler::script;

/// What replay says last.
const SUMMARY: &str = "summary() { scx_domains replay \"$@\" | tail -n 1 | sed 's/^/summary=/'; }";

/// 16 hogs let go on domain 0's CPUs, recorded until the daemon is killed.
const KILLED: &str = "
    start --record /rec && guest-load hogs --threads 16 --cpus 0-1 --release --nice 0,5 --seconds 3 && health &&
    kill -KILL $scheduler; ended
    summary /rec && summary /rec --set min_amount=512";

#[test]
fn a_killed_daemons_record_replays_as_it_was_planned() {
    let outcome = Guest::new().run(&script(&format!("{SUMMARY}\n{KILLED}"))).success().healthy();
    let summaries = outcome.said("summary");
    println!("{summaries:?}");
    assert_eq!(outcome.said("rc"), ["137"]);
    let numbers =
        |text: &str| -> Vec<f64> { text.split([' ', ';', ',']).filter_map(|word| word.parse().ok()).collect() };
    let [same, other] = &summaries[..] else { panic!("replayed twice\n{}", outcome.console) };
    let (same, other) = (numbers(same), numbers(other));
    assert!(same[0] > 20.0 && same[1] == 0.0 && same[2] > 1.0 && same[2] == same[3], "{summaries:?}");
    assert!(other[0] == same[0] && other[1] > 0.0 && other[3] < other[2], "{summaries:?}");
}

/// Stopped as asked, which leaves nothing behind, then thrown out.
const EJECTED: &str = "
    start --flight-recorder /black/box && stop && echo \"quiet=$(ls /black/box | wc -l)\"
    start --flight-recorder /black/box && guest-load hogs --threads 16 --cpus 0-1 --release --seconds 1
    guest-load hogs --threads 12 --seconds 4 >/dev/null & load=$!; usleep 200000
    scx_domains top --once --screen tasks | sed 's/^/tasks=/'; wait $load
    scx_domains top --once | sed 's/^/domains=/'; scx_domains top --batch --count 2 --screen rounds | sed 's/^/log=/'
    scx_domains record -o /now && summary /now
    echo S >/proc/sysrq-trigger; ended
    echo \"left=$(cd /black/box && ls | tr '\\n' ' ')\"; echo \"dump=$(head -n 1 /black/box/*.dump)\"
    summary /black/box/*.jsonl
    scx_domains --flight-recorder /dev/null/box; echo \"refused=$?\"
    scx_domains top --once; echo \"gone=$?\"";

#[test]
fn an_ejection_leaves_the_rounds_before_it_and_the_kernels_dump() {
    let guest = Guest::new().limit(600);
    let outcome = guest.run(&script(&format!("{SUMMARY}\n{EJECTED}"))).success();
    println!("{:?} {:?}", outcome.said("left"), outcome.said("summary"));
    assert_eq!((outcome.said("quiet"), outcome.said("rc")), (vec!["0"], vec!["0", "7"]), "{}", outcome.console);
    let left: Vec<&str> = outcome.said("left")[0].split_whitespace().collect();
    assert!(left.len() == 2 && left[0].ends_with(".dump") && left[1].ends_with(".jsonl"), "{left:?}");
    assert!(outcome.said("dump")[0].contains("sysrq"), "{:?}", outcome.said("dump"));
    let [asked, written] = &outcome.said("summary")[..] else { panic!("replayed twice\n{}", outcome.console) };
    let rounds = |summary: &str| -> f64 { summary.split(' ').next().and_then(|n| n.parse().ok()).expect("a number") };
    assert!(rounds(asked) > 8.0 && rounds(written) >= rounds(asked), "{asked} {written}");
    assert!(asked.contains(" 0 differ") && written.contains(" 0 differ"), "{asked} {written}");
    let (domains, log) = (outcome.said("domains"), outcome.said("log"));
    assert!(domains.len() == 2 + 4 && domains[0].contains("8 CPUs in 4 domains"), "{domains:#?}");
    let planned = log.iter().filter(|line| line.contains("planned;")).count();
    assert!(planned >= 2 && log.iter().any(|line| line.contains("moved (")), "what flows came to is told: {log:#?}");
    let hogs = outcome.said("tasks").into_iter().filter(|line| line.contains("guest-load")).count();
    assert!(hogs >= 10, "the hogs that run or wait are listed: {:#?}", outcome.said("tasks"));
    assert_eq!(outcome.said("gone"), ["1"]);
    assert_eq!(outcome.said("refused"), ["2"]);
}

/// A disk for a few dozen rounds, and none at all.
const FULL: &str = "
    mkdir /disk && mount -t tmpfs -o size=12k none /disk
    start --record /disk/rec && guest-load hogs --threads 16 --seconds 4 && health && stop
    summary /disk/rec; echo \"warnings=$(grep -c 'the record ends here' /log)\"
    scx_domains --record /dev/full; echo \"refused=$?\"";

#[test]
#[ignore = "make test-all"]
fn a_full_disk_ends_the_record_and_nothing_else() {
    let outcome = Guest::new().run(&script(&format!("{SUMMARY}\n{FULL}"))).success().healthy();
    println!("{:?}", outcome.said("summary"));
    assert_eq!((outcome.said("rc"), outcome.said("warnings")), (vec!["0"], vec!["1"]), "{}", outcome.console);
    assert!(outcome.said("summary")[0].contains(" rounds, 0 differ"), "{}", outcome.console);
    assert_eq!(outcome.said("refused"), ["2"]);
    assert!(outcome.console.contains("--record /dev/full: it cannot be written"), "{}", outcome.console);
}
