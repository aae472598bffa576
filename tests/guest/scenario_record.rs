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

/// A disk for a few dozen rounds, and none at all.
const FULL: &str = "
    mkdir /disk && mount -t tmpfs -o size=12k none /disk
    start --record /disk/rec && guest-load hogs --threads 16 --seconds 4 && health && stop
    summary /disk/rec; echo \"warnings=$(grep -c 'the record ends here' /log)\"
    scx_domains --record /dev/full; echo \"refused=$?\"";

#[test]
fn a_full_disk_ends_the_record_and_nothing_else() {
    let outcome = Guest::new().run(&script(&format!("{SUMMARY}\n{FULL}"))).success().healthy();
    println!("{:?}", outcome.said("summary"));
    assert_eq!((outcome.said("rc"), outcome.said("warnings")), (vec!["0"], vec!["1"]), "{}", outcome.console);
    assert!(outcome.said("summary")[0].contains(" rounds, 0 differ"), "{}", outcome.console);
    assert_eq!(outcome.said("refused"), ["2"]);
    assert!(outcome.console.contains("--record /dev/full: it cannot be written"), "{}", outcome.console);
}
