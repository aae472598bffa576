//! Where light tasks go that find no idle CPU of the class that they should be on, while CPUs are parked.

use crate::harness::Guest;
use crate::scheduler::script;

/// A P-core, three E-cores (1 to 3) and an LP-E core.
const MHZ: &str = "4000x1,3000x3,2000x1";

/// Two sleepers for whom the LP-E core will do, half a period apart, each put onto an E-core and then let go where it is wanted,
/// while a hog has that LP-E core; for how long each CPU ran in one second, in us, some seconds after they were let go. Then the same
/// where no CPU is parked, in the first second: by and by they meet on one CPU there too, by chance.
const SPILL: &str = r#"
    ran() { awk '/^cpu[0-9]/ { all = all " " int($8 / 1000) } END { print "ran=" substr(all, 2) }' /proc/schedstat; }
    spill() {
        after=$1; shift; start --profile powersave $@; guest-load hogs --threads 1 --cpus 4 --seconds 5 >/dev/null & all=$!
        guest-load sleepers --threads 2 --work-us 1000 --count 400 >/dev/null & sleepers=$!; all="$all $sleepers"
        usleep 100000; threads=$(ls /proc/$sleepers/task | tail -n 2); set -- 4 8
        for thread in $threads; do taskset -p $1 $thread; shift; done >/dev/null; usleep 100000
        for thread in $threads; do taskset -p 1f $thread; done >/dev/null
        sleep $after; ran; sleep 1; ran; scx_domains status --json | grep -o '"parked":"[^"]*"'; wait $all; health; stop; }
    spill 3 && spill 0 --no-parking"#;

/// What an E-core may run in a second that is left asleep but for kernel threads; a sleeper takes a hundred.
const ASLEEP_US: i64 = 50_000;

#[test]
fn what_spills_over_keeps_few_cpus_awake() {
    let outcome = Guest::new().shape("1x1x5x1").mhz(MHZ).limit(300).run(&script(SPILL)).success().healthy();
    let numbers = |line: &str| -> Vec<i64> { line.split(' ').map(|word| word.parse().expect("a number")).collect() };
    let ran: Vec<Vec<i64>> = outcome.said("ran").into_iter().map(numbers).collect();
    let in_a_second =
        |first: usize| -> Vec<i64> { ran[first].iter().zip(&ran[first + 1]).map(|(a, b)| b - a).collect() };
    let (with, without) = (in_a_second(0), in_a_second(2));
    println!("each CPU ran for us: {with:?}, with none parked {without:?}");
    assert!(outcome.console.contains(r#""parked":"2-3""#), "{}", outcome.console);
    assert!(with[1] > 3 * ASLEEP_US && with[2..4].iter().all(|us| *us < ASLEEP_US), "the first is enough: {with:?}");
    assert!(without[2..4].iter().any(|us| *us >= ASLEEP_US), "any will do where none is parked: {without:?}");
}
