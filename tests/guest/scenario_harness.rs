//! The harness tests itself: what every other scenario takes for granted.

use crate::harness::Guest;

#[test]
fn same_command_prints_the_same() {
    let run = || Guest::new().shape("2x1x2x1").run("guest-load hogs --threads 6 --cpu-ms 100 --nice 0,5,-5").success();
    let (first, second) = (run(), run());
    assert_eq!(first.report().threads.len(), 6);
    assert_eq!(first.console, second.console);
}

/// A kernel that is asked for, and a shape; files and arguments of the kernel; what it prints, and how it ends.
#[test]
fn what_is_asked_for_is_what_runs() {
    let guest = Guest::new().kernel("6.18").shape("2x2x2x1").copy("LICENSE:/etc/licence").append("answer=42");
    let outcome = guest.run(
        "uname -r; nproc; (cd /sys/devices/system; cat node/online node/node*/distance node/node*/cpulist
        cat cpu/cpu*/topology/physical_package_id | uniq -c)
        grep -o answer=42 /proc/cmdline; head -n 1 /etc/licence; echo it\\'s here; exit 7",
    );
    let mut words: Vec<_> = outcome.console.split_whitespace().collect();
    assert!(words.remove(0).starts_with("6.18"), "booted another kernel:\n{}", outcome.console);
    let shape = "8 0-1 10 21 21 10 0-3 4-7 2 0 2 1 2 2 2 3";
    assert_eq!(words.join(" "), format!("{shape} answer=42 GNU GENERAL PUBLIC LICENSE it's here"));
    assert_eq!(outcome.status, 7, "{}", outcome.errors);
}

#[test]
fn unknown_kernel_names_those_there_are() {
    let outcome = Guest::new().kernel("2.4").run("true");
    assert_eq!(outcome.status, 125);
    assert!(outcome.errors.contains("no kernel '2.4'; there are: "), "{}", outcome.errors);
    assert!(outcome.errors.contains(" 7.3 "), "{}", outcome.errors);
}

#[test]
fn hang_ends_at_the_limit() {
    let outcome = Guest::new().shape("1x1x1x1").limit(45).run("echo before; sleep 1000000; echo after");
    assert_eq!((outcome.status, outcome.console.as_str()), (124, "before\n"), "{}", outcome.errors);
}

#[test]
fn panic_of_the_kernel_is_told() {
    let outcome = Guest::new().shape("1x1x1x1").run("echo c >/proc/sysrq-trigger");
    assert_eq!(outcome.status, 123, "{}", outcome.errors);
    assert!(outcome.errors.contains("Kernel panic"), "{}", outcome.errors);
}

/// Each load ends by itself and reports its threads, under the kernel's own scheduler; one that the scheduler does not let end fails
/// by itself, within guest time.
#[test]
fn loads_end_and_report() {
    let outcome = Guest::new().run(
        "guest-load hogs --threads 3 --cpu-ms 20 --cpus 0 --release &&
            guest-load hogs --threads 1 --seconds 1 --warmup-ms 500 &&
            guest-load sleepers --threads 2 --count 10 --cpus 1 &&
            guest-load pipes --pairs 2 --rounds 100 &&
            guest-load forks --count 6 --parallel 2 &&
            guest-load affinity-churn --threads 10 --changes 20 &&
            guest-load nice-churn --threads 10 --changes 20 &&
            guest-load cpuset-churn --threads 3 --changes 20 &&
            guest-load wait disabled && guest-load hogs --seconds 1000 --limit-s 1",
    );
    assert_eq!(outcome.status, 3, "{}{}", outcome.console, outcome.errors);
    let reports = outcome.reports();
    let seen: Vec<_> = reports.iter().map(|r| (r.load.clone(), r.threads.len())).collect();
    let expected = [
        ("hogs", 3),
        ("hogs", 1),
        ("sleepers", 2),
        ("pipes", 4),
        ("forks", 2),
        ("affinity-churn", 10),
        ("nice-churn", 10),
        ("cpuset-churn", 3),
    ];
    assert_eq!(seen, expected.map(|(load, threads)| (load.to_string(), threads)));
    let (counted, timed, sleepers) = (&reports[0], &reports[1], &reports[2]);
    assert!(counted.threads.iter().all(|t| t.cpu_ms >= 20.0 && t.nice == 0), "{counted:?}");
    // Alone on the machine (of three, the kernel may put two onto one CPU), a thread gets all of the half second that is counted, but for interrupts.
    assert!(timed.threads.iter().all(|t| t.cpu_ms > 480.0 && t.max_gap_ms < 20.0), "{timed:?}");
    assert!((1_000.0..1_100.0).contains(&timed.wall_ms), "{timed:?}");
    let late = sleepers.threads.iter().map(|t| t.late_ms.as_ref().expect("sleepers tell how late they woke"));
    assert!(late.clone().count() == 2 && late.clone().all(|l| 0.0 < l.p50 && l.p50 <= l.p99 && l.p99 <= l.max));
}
