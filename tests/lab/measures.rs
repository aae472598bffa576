use crate::lab::catalogue::{Catalogue, folder};
use crate::lab::measures;
use crate::lab::results::Measures;
use crate::lab::spec::{Daemon, Ran, Scenario};

/// The measures of a second in which nothing ran but the contestant.
fn of(daemon: Option<Daemon>) -> Measures {
    let catalogue = Catalogue::read(&folder()).unwrap();
    let scenario = Scenario {
        name: "idle".into(),
        warmup_ms: 0,
        window_ms: 1000,
        limit_s: 1,
        bpf_stats: true,
        groups: Vec::new(),
    };
    let ran = Ran { window_ms: 1000.0, groups: Vec::new(), switches: 100, daemon };
    measures::of(&scenario, &catalogue.machines["8c2n"], &catalogue.model, &ran).unwrap().0
}

#[test]
fn what_a_daemon_takes_is_told() {
    let daemon = |cpu_ms, memory_kb, bpf_ms| of(Some(Daemon { cpu_ms, memory_kb, bpf_ms }));
    let (small, large) = (daemon(1.0, 2048, 1.0), daemon(20.0, 8192, 3.0));
    for (name, expected) in [
        ("daemon_cpu_percent", [0.1, 2.0]),
        ("daemon_memory_mb", [2.0, 8.0]),
        ("bpf_instructions_per_switch", [5_000.0, 15_000.0]),
    ] {
        assert_eq!([&small, &large].map(|measures| measures[name]), expected, "{name}");
    }
}

#[test]
fn what_there_is_nothing_of_is_left_out() {
    assert_eq!(of(None), Measures::from([("switches_per_s".to_string(), 100.0)]));
}
