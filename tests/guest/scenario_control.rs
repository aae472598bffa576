//! The running daemon is asked and steered, by those who may, and by a thousand clients of which half are bad.

use crate::harness::{Guest, Outcome};
use crate::scheduler::script;
use serde_json::Value;

/// `try NAME COMMAND…` prints "rc=NAME …" and "out=NAME …" with what it said, errors too. `rounds` counts those of a second.
const TRY: &str = r#"
    echo root:x:0:0:root:/:/bin/sh >/etc/passwd
    echo nobody:x:65534:65534:nobody:/:/bin/sh >>/etc/passwd
    mkdir -p /etc/scx_domains; config=/etc/scx_domains/config.toml
    try() { name=$1; shift; timeout 60 "$@" >/out 2>&1; echo "rc=$name $?"; sed "s/^/out=$name /" /out; }
    count() { scx_domains status --json | sed 's/.*"rounds":\([0-9]*\).*/\1/'; }
    rounds() { before=$(count); sleep 1; echo "rounds=$1 $(($(count) - before))"; }
    served() { wget -qO - http://127.0.0.1:$2/metrics 2>/dev/null | grep -c '^scx_domains_machine_load ' | sed "s/^/served=$1 /"; }
    late() { sleep 2; echo "late=$1 $(grep 'rounds late' /log | tail -n 1 | sed 's/.*p99 \([0-9.]*\) max \([0-9.]*\).*/\1 \2/')"; }
"#;

/// What each step is to show is said where it is looked at, below.
const STEERED: &str = r#"
    try before scx_domains status
    try dead scx_domains get
    echo 'slice = "8ms" # mine' >$config
    start --balance-interval 200ms --stats 1
    { guest-load hogs --threads 9 --seconds 60 >/dev/null & hogs=$!; } && sleep 2
    try status scx_domains status --json
    try get scx_domains get --json
    rounds slow
    try set scx_domains set balance-interval=50ms slice=6ms --persist
    rounds fast
    try wrong scx_domains set slice=7ms balance-interval=1ms
    try typo scx_domains set slcie=7ms
    try cold scx_domains set policy=fifo
    try unchanged scx_domains get --json slice balance-interval
    cat $config | sed 's/^/config=/'
    try task scx_domains task $hogs --json
    try none scx_domains task 99999
    try off scx_domains balance off
    try why scx_domains explain
    try on scx_domains balance on
    try now scx_domains balance now
    try dump scx_domains dump
    echo 'slice = "5ms"' >$config; kill -HUP $scheduler; sleep 1
    try hup scx_domains get --json slice balance-interval
    echo 'slice = "9s"' >$config
    try bad scx_domains reload
    chmod 666 $config; try open scx_domains reload; chmod 644 $config
    try still scx_domains get --json slice
    try denied su nobody -c "scx_domains status"
    chmod 666 /run/scx_domains/control.sock
    try look su nobody -c "scx_domains get slice"
    try steer su nobody -c "scx_domains set slice=7ms"
    try end su nobody -c "scx_domains stop"
    late alone
    su nobody -c "guest-load clients --count 1000 --limit-s 300"
    late crowd
    try after scx_domains get --json slice no-balance
    health
    kill -STOP $scheduler; usleep 500000; kill -CONT $scheduler; late stopped
    scx_domains set profile=powersave >/dev/null; kill $hogs
    until tail -n 2 /log | grep -q parked; do sleep 1; done
    sleep 4; scx_domains set no-parking=true >/dev/null; sleep 5; scx_domains set no-parking=false >/dev/null; sleep 5
    echo 'slice = "5ms"' >$config; ip link set lo up; nc -l -p 9719 & other=$!
    try first scx_domains set metrics=127.0.0.1:9718; served first 9718
    try taken scx_domains set slice=7ms metrics=127.0.0.1:9719; served kept 9718
    try moved scx_domains set metrics=[::1]:9720 --persist; served old 9718; kill $other
    try path scx_domains set metrics=unix:/run/metrics
    sed -i 's/^metrics.*/metrics = "unix:\/run\/metrics"/' $config; try file scx_domains reload; ls -l /run/metrics | sed 's/^/file=/'
    try nowhere scx_domains set metrics=off; ls /run/metrics 2>/dev/null | sed 's/^/left=/'
    try metrics scx_domains get --json slice metrics
    health
    try stop scx_domains stop
    ended
    try gone scx_domains status"#;

fn of<'a>(outcome: &'a Outcome, kind: &str, name: &str) -> Vec<&'a str> {
    outcome.said(kind).into_iter().filter_map(|said| said.strip_prefix(name)?.strip_prefix(' ')).collect()
}

/// It ended with this code, having said all these words.
#[track_caller]
fn told(outcome: &Outcome, name: &str, code: &str, words: &[&str]) {
    let text = of(outcome, "out", name).join("\n");
    assert_eq!(of(outcome, "rc", name), [code], "{name}: {text}\n{}", outcome.console);
    for word in words {
        assert!(text.contains(word), "{name}: {word:?} is not in: {text}");
    }
}

#[track_caller]
fn json(outcome: &Outcome, name: &str) -> Value {
    told(outcome, name, "0", &[]);
    serde_json::from_str(of(outcome, "out", name)[0]).expect("JSON")
}

/// The value of a setting, and where it came from.
#[track_caller]
fn setting<'a>(settings: &'a Value, name: &str) -> [&'a str; 2] {
    ["value", "origin"].map(|what| settings[name][what].as_str().unwrap_or_else(|| panic!("{name} in {settings}")))
}

#[track_caller]
fn numbers(outcome: &Outcome, kind: &str, name: &str) -> Vec<f64> {
    let said = of(outcome, kind, name);
    let words = said.first().unwrap_or_else(|| panic!("{kind} of {name}\n{}", outcome.console)).split(' ');
    words.map(|word| word.parse().expect("a number")).collect()
}

/// How many CPUs are parked, by report of `--stats`.
fn parked<'a>(log: impl Iterator<Item = &'a str>) -> Vec<u32> {
    let mut reports = Vec::new();
    for line in log {
        if line.contains("s] since start |") {
            reports.push(0);
        } else if let (Some(report), Some((_, count))) = (reports.last_mut(), line.split_once(" ms parked ")) {
            *report += count.parse::<u32>().expect("a number");
        }
    }
    reports
}

#[test]
fn the_daemon_is_steered_while_it_runs_and_by_nobody_else() {
    let outcome = Guest::new().shape("2x1x2x1").limit(500).run(&script(&format!("{TRY}{STEERED}"))).healthy();

    told(&outcome, "before", "3", &["inactive", "none listens"]);
    told(&outcome, "dead", "1", &["no scx_domains listens"]);
    let status = json(&outcome, "status");
    assert_eq!((&status["status"], &status["daemon"]["domains"]), (&"active".into(), &2.into()), "{status}");

    // Each source goes before those ahead of it; a change is in force at once, or none of it is.
    let got = json(&outcome, "get");
    assert_eq!(setting(&got, "slice"), ["8ms", "file"]);
    assert_eq!(setting(&got, "balance-interval"), ["200ms", "command-line"]);
    assert_eq!(setting(&got, "node-delay"), ["500us", "default"]);
    told(&outcome, "set", "0", &["slice: 6ms instead of 8ms", "written to", "at the next start, balance-interval"]);
    let rounds = ["slow", "fast"].map(|name| numbers(&outcome, "rounds", name)[0]);
    println!("rounds a second at 200 and at 50 ms: {rounds:?}");
    assert!(rounds[0] > 2.0 && rounds[1] > 2.0 * rounds[0], "{rounds:?}");
    told(&outcome, "wrong", "2", &["balance-interval", "10ms to 60s"]);
    told(&outcome, "typo", "2", &["did you mean slice?"]);
    told(&outcome, "cold", "2", &["restart"]);
    let unchanged = json(&outcome, "unchanged");
    assert_eq!(setting(&unchanged, "slice"), ["6ms", "set"]);
    assert_eq!(setting(&unchanged, "balance-interval"), ["50ms", "set"]);
    assert_eq!(outcome.said("config"), ["slice = \"6ms\" # mine", "balance-interval = \"50ms\""]);

    let task = json(&outcome, "task");
    assert!(task["proc"]["name"] == "guest-load" && task["scheduler"]["home"].as_u64() < Some(2), "{task}");
    told(&outcome, "none", "2", &["no task 99999"]);
    told(&outcome, "off", "0", &["no-balance: true instead of false"]);
    told(&outcome, "why", "0", &["balance is off"]);
    told(&outcome, "on", "0", &["no-balance: false instead of true"]);
    told(&outcome, "now", "0", &["at once"]);
    told(&outcome, "dump", "0", &["slice = 6ms (set)", "domain 1", "domains_enqueue"]);

    // What is read again is as the sources say; what makes no sense changes nothing.
    let hup = json(&outcome, "hup");
    assert_eq!(setting(&hup, "slice"), ["5ms", "file"]);
    assert_eq!(setting(&hup, "balance-interval"), ["200ms", "command-line"]);
    told(&outcome, "bad", "2", &["nothing is changed", "config.toml", "1ms to 100ms"]);
    told(&outcome, "open", "2", &["anybody may write to it"]);
    assert_eq!(setting(&json(&outcome, "still"), "slice"), ["5ms", "file"]);

    // Who may not change things may look, if he can connect.
    told(&outcome, "denied", "0", &["active", "no permission"]);
    told(&outcome, "look", "0", &["slice  5ms"]);
    told(&outcome, "steer", "3", &["may not change anything"]);
    told(&outcome, "end", "3", &["may not change anything"]);
    let clients = outcome.report();
    let late = ["alone", "crowd", "stopped"].map(|name| numbers(&outcome, "late", name));
    println!("rounds late, p99 and max in ms, alone, with 1000 clients, after 0.5 s of SIGSTOP: {late:?}; {clients:?}");
    // Half an interval: neither those who steer nor those who disturb make a round later than that, and a stop does.
    assert!(late[1][1] < 100.0, "{late:?}");
    assert!(late[2][1] > 100.0, "a daemon that is late is noticed: {late:?}");
    let after = json(&outcome, "after");
    assert_eq!((setting(&after, "slice")[0], setting(&after, "no-balance")[0]), ("5ms", "false"));
    assert_eq!(clients.more["answered"], 500.0, "each honest one got its answer");

    // A setting is in force within two rounds, which are two seconds while nothing runs; and nothing changes by itself.
    let [before, between, after] = ["profile: powersave", "no-parking: true", "no-parking: false"].map(|change| {
        let log: Vec<&str> = outcome.console.lines().skip_while(|line| !line.contains(change)).skip(1).collect();
        parked(log.into_iter().take_while(|line| !line.contains(" instead of ")))
    });
    println!(
        "CPUs parked, a report a second, after powersave: {before:?}; without parking {between:?}; with it {after:?}"
    );
    assert!(before.iter().rev().take(4).all(|parked| *parked > 0), "they stay parked: {before:?}");
    assert!(between.len() > 3 && between[2..].iter().all(|parked| *parked == 0), "{between:?}");
    assert!(after.len() > 3 && after[2..].iter().all(|parked| *parked > 0), "{after:?}");

    // Metrics move as a whole or not at all; no client has files made.
    told(&outcome, "first", "0", &["metrics: 127.0.0.1:9718 instead of off"]);
    told(&outcome, "taken", "2", &["127.0.0.1:9719 is in use"]);
    told(&outcome, "moved", "0", &["metrics: [::1]:9720 instead of 127.0.0.1:9718", "written to"]);
    assert_eq!(outcome.said("served"), ["first 1", "kept 1", "old 0"], "{}", outcome.console);
    told(&outcome, "path", "2", &["write it into the file and reload"]);
    told(&outcome, "file", "0", &["metrics: unix:/run/metrics instead of [::1]:9720"]);
    assert!(outcome.said("file")[0].starts_with('s'), "a socket is there\n{}", outcome.console);
    told(&outcome, "nowhere", "0", &["metrics: off instead of unix:/run/metrics"]);
    assert!(outcome.said("left").is_empty(), "and taken away\n{}", outcome.console);
    let metrics = json(&outcome, "metrics");
    assert_eq!((setting(&metrics, "slice")[0], setting(&metrics, "metrics")), ("5ms", ["off", "set"]));

    told(&outcome, "stop", "0", &["stopped"]);
    // Those of `try` are told with a name.
    assert!(outcome.said("rc").contains(&"0") && outcome.said("after").contains(&"disabled"), "{}", outcome.console);
    told(&outcome, "gone", "3", &["inactive"]);
}
