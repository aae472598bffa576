//! A machine that changes while it is scheduled: what its CPUs may do, what they can do, and a CPU that nobody knew.

use crate::harness::Guest;
use crate::scheduler::script;

/// Four CPUs of 4 GHz (0 to 3) and four of 2 GHz, the last of which is offline at first. Hogs, as many as fast CPUs, say where they
/// are: before anything has changed, twice, so that it is no whim that they are there; two seconds after the fast ones are held
/// at 1 GHz, when only three slow ones are there to go to; and after they are let go. Then a file of the kernel's says that fast CPUs have 3 GHz; and the last CPU comes.
const CHANGES: &str = "
    cpufreq() { echo /sys/devices/system/cpu/cpufreq/policy$1; }
    places() { for t in $(ls /proc/$1/task | tail -n +3); do cut -d' ' -f39 /proc/$1/task/$t/stat; done | tr '\\n' ' '; }
    where() { for i in 1 2 3; do places $hogs; usleep 20000; done | tr '\\n' ' '; }
    hold() { for cpu in 0 1 2 3; do echo $1 >$(cpufreq $cpu)/scaling_max_freq; done; sleep 2; }
    echo 4000000 >/khz; for cpu in 0 1 2 3; do mount --bind /khz $(cpufreq $cpu)/cpuinfo_max_freq; done

    echo 0 >/sys/devices/system/cpu/cpu7/online && start --log-level debug &&
    { guest-load hogs --threads 4 --seconds 9 >/dev/null & hogs=$!; } &&
    sleep 1 && echo \"free=$(where)\" && sleep 2 && echo \"free=$(where)\" && hold 1000000 && echo \"held=$(where)\" &&
    hold 4000000 && echo \"free=$(where)\" && health && wait $hogs &&
    echo 3000000 >/khz && sleep 2 && health &&
    { guest-load sleepers --threads 2 --period-ms 100 --count 150 & light=$!; } &&
    echo 1 >/sys/devices/system/cpu/cpu7/online && sleep 12 && health && wait $light &&
    scx_domains topology && stop";

#[test]
fn what_changes_about_a_machine_counts_at_once() {
    let guest = Guest::new().shape("1x1x8x1").mhz("4000x4,2000x4").limit(600);
    let outcome = guest.run(&script(CHANGES)).success().healthy();
    let places = |name: &str| -> Vec<Vec<u32>> {
        let numbers = |line: &str| line.split_whitespace().map(|word| word.parse().expect("a CPU")).collect();
        outcome.said(name).into_iter().map(numbers).collect()
    };
    let (free, held) = (places("free"), places("held"));
    println!("hogs on {free:?} while fast CPUs are free, on {held:?} while they are held");
    assert_eq!((free.len(), held.len()), (3, 1), "{}", outcome.console);
    // What starts those that read this has a CPU for a moment too, and may push one off.
    let slow = |places: &[u32]| places.iter().filter(|cpu| **cpu >= 4).count();
    assert!(free.iter().all(|places| slow(places) <= 1), "fast CPUs are free, and hogs are elsewhere");
    assert!((8..=10).contains(&slow(&held[0])), "fast CPUs are slower now, and three of four hogs have a better place");

    let logged = |line: &str| outcome.console.matches(line).count();
    assert_eq!(logged("the fastest first: P 1024, E 682"), 1, "3 GHz against 2\n{}", outcome.console);
    assert_eq!(logged("CPUs 7 have come that were not there before; reading the machine again"), 1);
    assert_eq!(logged("scheduling 7 CPUs in 2 domains") + logged("scheduling 8 CPUs in 2 domains"), 2);
    let light = outcome.report();
    let late = light.threads.iter().filter_map(|thread| thread.late_ms.as_ref()).map(|late| late.max);
    assert!(light.threads.len() == 2 && late.fold(0.0, f64::max) < 2000.0, "a task was lost on the way: {light:?}");
    assert!(outcome.console.contains("acpi-cpufreq with schedutil: the scheduler says"), "{}", outcome.console);
}
