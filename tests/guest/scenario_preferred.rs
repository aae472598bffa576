//! CPUs of one class of which some are better than others: who needs a CPU has the best that is idle.

use crate::harness::Guest;
use crate::scheduler::script;

/// Four CPUs of one class: the best is 2, then 3, then 0 and 1. Each load says, time and again, where its threads are (after the
/// main thread and the one that watches the time): hogs born one after the other on an idle machine, two at once, one that is born
/// on CPU 0 and may then go elsewhere; and sleepers of like birth, of which one needs a third of a CPU and the other a fortieth.
/// Then a file of the kernel's says that CPU 1 is the best, while a hog runs, and others are born. What looks where they are does so on a CPU that none
/// of them should be on, so that it pushes nobody off: CPU 1, and then CPU 3. So does all of the shell while it sets sleepers free.
const LOADS: &str = "
    echo 'for i in 1 2 3 4; do for t in $(ls /proc/$1/task | tail -n +3); do cut -d\" \" -f39 /proc/$1/task/$t/stat; done;
        usleep 20000; done' >/places
    threads() { ls /proc/$1/task | tail -n +3; }
    where() { usleep 200000; echo $1=$(taskset ${3:-2} sh /places $2); }
    hog() { guest-load hogs --threads 1 --seconds 1 \"$@\" >/dev/null & }
    born() { for i in 1 2 3; do hog; where born $! $1; wait $!; done; }
    pair() { guest-load hogs --threads 2 --seconds 1 >/dev/null & where pair $!; wait $!; }
    moved() { hog --cpus 0 --release; usleep 300000; where moved $!; wait $!; }
    freed() { guest-load sleepers --threads 1 --period-ms 20 --work-us $2 --count 80 >/dev/null & sleeper=$!
        usleep 100000; thread=$(threads $sleeper); taskset -p 1 $thread >/dev/null; usleep 700000
        taskset -p 2 $$ >/dev/null; taskset -p f $thread >/dev/null; usleep 300000; where $1 $sleeper; wait $sleeper
        taskset -p f $$ >/dev/null; }
    heavy_ones() { born && moved && freed heavy 7000; }
    other=/sys/devices/system/cpu/cpufreq/policy1/cpuinfo_max_freq; cat $other >/khz; mount --bind /khz $other

    start --no-frequency && scx_domains topology --explain | grep preferred && heavy_ones && pair &&
    freed light 500 && freed light 500 && freed light 500 &&
    { guest-load hogs --threads 1 --seconds 3 >/dev/null & hog=$!; } && where before $hog && echo 4200000 >/khz &&
    sleep 2 && where changed $hog 8 && wait $hog && born 8 && health && stop && echo 3600000 >/khz && echo blind &&
    start --no-frequency --no-placement && heavy_ones && moved && moved && freed heavy 7000 && freed heavy 7000 &&
    echo 4200000 >/khz && born 8 && health && stop";

fn the_best_cpus_come_first(kernel: &str) {
    let guest = Guest::new().kernel(kernel).shape("1x1x4x1").mhz("3600x2,4000x1,3800x1").limit(600);
    let outcome = guest.run(&script(LOADS)).success().healthy();
    let said = |name: &str| -> Vec<Vec<u32>> {
        let numbers = |line: &str| line.split_whitespace().map(|word| word.parse().expect("a CPU")).collect();
        outcome.said(name).into_iter().map(numbers).collect()
    };
    let (born, pair, moved, heavy, light) = (said("born"), said("pair"), said("moved"), said("heavy"), said("light"));
    let (before, changed) = (said("before"), said("changed"));
    println!("on {kernel}: born on {born:?}, two on {pair:?}, born on 0 and moved to {moved:?}");
    println!(
        "heavy sleepers on {heavy:?}, light ones on {light:?}; while another becomes the best, from {before:?} to {changed:?}"
    );
    assert!(
        outcome.console.contains("preferred in cpu, by max frequency: 2 before 3 before 0-1"),
        "{}",
        outcome.console
    );

    // What starts the one that reads this has a CPU for a moment too, and may push one off.
    let mostly =
        |places: &[u32], best: &[u32]| 4 * places.iter().filter(|cpu| best.contains(cpu)).count() >= 3 * places.len();
    let all = |born: &[Vec<u32>], best: u32| born.iter().all(|places| mostly(places, &[best]));
    let (with, blind) = born.split_at(6);
    assert!(all(&with[..3], 2) && all(&with[3..], 1), "each hog is born on the best CPU: {with:?}");
    assert!(mostly(&pair[0], &[2, 3]), "of two, each has one of the best: {pair:?}");
    assert!(mostly(&moved[0], &[2]), "one that was born elsewhere goes there: {moved:?}");
    assert!(mostly(&heavy[0], &[2]), "and one that sleeps, when it wakes up: {heavy:?}");
    assert!(!all(&light, 2), "who needs little does not, though what comes to its CPU may push one off: {light:?}");
    assert!(
        mostly(&before[0], &[2]) && mostly(&changed[0], &[1]),
        "another is the best: from {before:?} to {changed:?}"
    );

    // Nothing of this is so by itself; by chance it may be now and then, but not each time.
    assert!(!(all(&blind[..3], 2) && all(&blind[3..], 1)), "{blind:?}");
    assert!(!(all(&moved[1..], 2) && all(&heavy[1..], 2)), "{moved:?} {heavy:?}");
}

#[test]
fn the_best_cpus_come_first_on_the_newest() {
    the_best_cpus_come_first("newest");
}
