//! What the outlets tell of a running scheduler is what happens: over the socket of scx_stats, as JSON, and to Prometheus.

use crate::harness::Guest;
use crate::scheduler::script;
use scx_domains::stats::Report;

/// `metrics NAME` prints the lines of interest as "metric=NAME …"; nothing where nobody answers.
const METRICS: &str = "
    ip link set lo up
    metrics() {
        wget -qO - http://127.0.0.1:9718/metrics >/metrics || echo \"metric=$1 none\"
        grep -E '^scx_domains_(machine_(load|turns_total|util_ratio)|daemon_rounds_total|domain_load.*)[ {]' /metrics |
            sed \"s/^/metric=$1 /\"; }
    monitor() { scx_domains --monitor 1 --json 2>/err | head -n 1; }
    try() { name=$1; shift; timeout 20 \"$@\" >/out 2>&1; echo \"$name=$? $(head -n 1 /out)\"; }";

/// Eight hogs on four CPUs, and after them. Then without what was asked for, beside those who have taken its place, and after a
/// daemon that was killed.
const BUSY_AND_IDLE: &str = "
    try alone scx_domains --monitor 1
    start --metrics 127.0.0.1:9718 --stats 1 --json
    { guest-load hogs --threads 8 --seconds 5 >/dev/null & hogs=$!; } && sleep 1
    monitor && metrics busy && wait $hogs && sleep 1 && monitor && metrics idle && health
    kill -KILL $scheduler; ended
    grep -c '^{\"version\":1,' /log | sed 's/^/lines=/'
    ls /var/run/scx/root | sed 's/^/stale=/'
    start && monitor >/again && metrics without && health && stop
    grep -c '\"uptime\"' /again | sed 's/^/again=/'; ls /var/run/scx/root | wc -l | sed 's/^/left=/'
    nc -l -p 9718 & other=$!
    usleep 200000; try port scx_domains --metrics 127.0.0.1:9718; kill $other
    echo precious >/var/run/scx/root/stats; try file scx_domains; cat /var/run/scx/root/stats | sed 's/^/file=/'
    cat /sys/kernel/sched_ext/state | sed 's/^/state=/'";

#[test]
fn outlets_tell_what_happens() {
    let guest = Guest::new().shape("2x1x2x1").limit(400);
    let outcome = guest.run(&script(&format!("{METRICS}{BUSY_AND_IDLE}"))).success().healthy();
    let metric = |when: &str, name: &str| -> f64 {
        let line =
            outcome.said("metric").into_iter().find_map(|said| said.strip_prefix(when)?.trim().strip_prefix(name));
        line.unwrap_or_else(|| panic!("{name} is told when {when}\n{}", outcome.console))
            .trim()
            .parse()
            .expect("a number")
    };
    let reports: Vec<Report> =
        outcome.console.lines().filter_map(|line| serde_json::from_str(line).ok()).take(2).collect();
    let [busy, idle] = &reports[..] else { panic!("asked twice\n{}", outcome.console) };
    println!(
        "busy: load {:.2}, {:.0} % used, waits p50 {:.1} p99 {:.1} ms, {} turns; daemon {:.2} s of CPU, {} KiB; \
         idle: load {:.2}, {:.0} % used; attached in {:.2} s; events {:?}",
        busy.machine.stats.load,
        busy.machine.stats.util * 100.0,
        busy.machine.stats.delay_p50 * 1e3,
        busy.machine.stats.delay_p99 * 1e3,
        busy.machine.stats.turns,
        busy.daemon.cpu,
        busy.daemon.memory / 1024,
        idle.machine.stats.load,
        idle.machine.stats.util * 100.0,
        busy.daemon.attach,
        busy.events.keys().next(),
    );
    let now = &busy.machine.stats;
    assert_eq!((busy.domains.len(), busy.cpus.len(), now.online, now.running), (2, 4, 4, 4));
    assert!((7.5..10.5).contains(&now.load) && now.util > 0.95 && now.waiting >= 4, "{now:?}");
    // Two hogs a CPU take turns of a slice, 4 ms.
    assert!((0.002..0.02).contains(&now.delay_p50) && now.delay_p99 >= now.delay_p50, "{now:?}");
    assert!(busy.machine.counters.domain_queued > 100 && now.queued_turns > 100, "{:?}", busy.machine);
    assert!(busy.daemon.attach > 0.1 && busy.daemon.rounds > 10 && busy.daemon.memory > 1 << 20, "{:?}", busy.daemon);
    assert!(busy.events.contains_key("SCX_EV_BYPASS_ACTIVATE"), "{:?}", busy.events);
    // And when there is nothing to do.
    let (then, now) = (now, &idle.machine.stats);
    assert!(now.load < 1.0 && now.util < 0.2 && now.turns > then.turns, "{now:?}");

    // Prometheus is told the same.
    assert!((7.5..10.5).contains(&metric("busy", "scx_domains_machine_load ")));
    assert!(metric("busy", "scx_domains_machine_util_ratio ") > 0.9);
    assert!(metric("idle", "scx_domains_machine_load ") < 1.0);
    assert!(metric("idle", "scx_domains_machine_turns_total ") >= now.turns as f64);
    assert!(metric("busy", "scx_domains_domain_load{domain=\"1\",node=\"1\",llc=\"1\",class=\"cpu\"} ") > 3.0);

    // Nobody answers who was not asked to, and nothing is in the way of the next.
    assert_eq!(outcome.said("metric").last(), Some(&"without none"), "{}", outcome.console);
    assert!(
        outcome.said("alone")[0].starts_with("1 scx_domains: no scheduler tells statistics"),
        "{}",
        outcome.console
    );
    assert!(outcome.said("lines")[0].parse::<u32>().is_ok_and(|lines| lines >= 3), "{}", outcome.console);
    assert_eq!(outcome.said("stale"), ["stats"], "a killed daemon leaves its socket\n{}", outcome.console);
    assert_eq!((outcome.said("again"), outcome.said("left")), (vec!["1"], vec!["0"]), "{}", outcome.console);
    assert!(
        outcome.said("port")[0].starts_with("2 scx_domains: --metrics: 127.0.0.1:9718 is in use"),
        "{}",
        outcome.console
    );
    let [told, kept] = outcome.said("file")[..] else { panic!("{}", outcome.console) };
    assert!(told.starts_with("2 scx_domains: ") && told.contains("is no socket") && kept == "precious", "{told}");
    assert_eq!(outcome.said("state"), ["disabled"]);
}
