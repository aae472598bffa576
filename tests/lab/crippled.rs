//! What a scheduler lacks shows: scx_domains whole, and with parts of it switched off or turned up.

use std::collections::BTreeMap;

use crate::lab::catalogue::{Catalogue, Contestant, folder};
use crate::lab::results::{Measures, Outcome};
use crate::lab::scenario::Suite;

const CRIPPLED: &[(&str, &[&str])] = &[
    ("no-balance", &["--no-balance"]),
    // Without the balancer too: it is so quick to spread them that stealing alone is hardly missed.
    ("no-steal", &["--no-steal", "--no-balance"]),
    ("restless", &["-vv", "--balance-interval", "10ms"]),
];

const SCENARIOS: &str = "
    [[scenario]]
    name = 'nothing'
    about = ''
    window_ms = 500
    group = []

    [[scenario]]
    name = 'born-together'
    about = ''
    warmup_ms = 0
    window_ms = 1000
    group = [{ kind = 'hog', count = 8, born_together = true }]

    [[scenario]]
    name = 'crowd'
    about = ''
    warmup_ms = 1000
    window_ms = 1000
    group = [{ kind = 'hog', count = 12, born_together = true }]";

/// Who is to differ from the whole one, where, in what, in which direction and by how much at least.
const MOVED: &[(&str, &str, &str, f64)] = &[
    // Stealing takes one to each idle CPU, and then nobody moves: eight share four CPUs, and four have one each.
    ("no-balance", "crowd", "share_error_mean_percent", 5.0),
    ("no-balance", "crowd", "share_error_worst_percent", 5.0),
    ("no-steal", "born-together", "delivered_percent", -2.0),
    ("no-steal", "born-together", "longest_wait_ms", 5.0),
    // What is switched off when it is loaded is not verified.
    ("no-steal", "nothing", "verified_instructions", -100.0),
    // Libbpf's log takes time, and so do rounds; an idle machine has few of them whatever is asked for.
    ("restless", "nothing", "attach_ms", 10.0),
    ("restless", "crowd", "daemon_cpu_percent", 0.5),
];

#[test]
fn what_is_missing_moves_what_it_is_there_for() {
    let mut catalogue = Catalogue::read(&folder()).unwrap();
    let ours = catalogue.contestants(&["scx_domains".to_string()]).unwrap()[0].clone();
    let crippled = CRIPPLED.iter().map(|(name, arguments)| Contestant {
        name: name.to_string(),
        arguments: arguments.iter().map(ToString::to_string).collect(),
        ..ours.clone()
    });
    catalogue.contestants = std::iter::once(ours.clone()).chain(crippled).collect();
    let suite: Suite = toml::from_str(SCENARIOS).unwrap();
    catalogue.suites = BTreeMap::from([("crippled".to_string(), suite)]);
    catalogue.machines.retain(|name, _| name == "8c2n");

    let records = super::smoke::lab(&catalogue, "--kernel 7.3 --seeds 1");
    let measures = |contestant: &str, scenario: &str| -> &Measures {
        let mut records = records.iter();
        let record = records.find(|record| record.contestant == contestant && record.scenario == scenario).unwrap();
        assert_eq!(record.outcome, Outcome::Ok, "{contestant} {scenario}: {}", record.note);
        &record.measures
    };
    let unmoved = MOVED.iter().filter_map(|(contestant, scenario, measure, least)| {
        let (whole, crippled) = (measures("scx_domains", scenario), measures(contestant, scenario));
        let name = format!("{contestant} {scenario}");
        super::sabotage::unmoved(&name, measure, *least, whole, crippled)
    });
    let unmoved: Vec<_> = unmoved.collect();
    assert!(unmoved.is_empty(), "{}", unmoved.join("\n"));
}
