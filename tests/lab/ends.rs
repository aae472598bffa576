//! Guests that hang or die in the middle: it is marked, and all others get their results.

use crate::lab::catalogue::{Catalogue, Chosen, folder};
use crate::lab::guest::Kernel;
use crate::lab::machine::Machine;
use crate::lab::matrix::{self, Wanted};
use crate::lab::programs::Programs;
use crate::lab::results::{Outcome, Results};
use crate::lab::runner::Runner;
use crate::lab::scenario::Suite;
use crate::lab::spec;

/// What a scenario's only worker runs, and what is to become of the scenario; nothing for those that are as they should be.
const SCENARIOS: &[(&str, Option<&str>, Outcome)] = &[
    ("first", None, Outcome::Ok),
    ("hangs", Some("killall -STOP lab-load"), Outcome::Hung),
    ("between", None, Outcome::Ok),
    ("dies", Some("echo c > /proc/sysrq-trigger"), Outcome::Lost),
    ("last", None, Outcome::Ok),
];

#[test]
fn a_guest_that_hangs_or_dies_is_marked_and_the_others_go_on() {
    let mut catalogue = Catalogue::read(&folder()).unwrap();
    catalogue.contestants.retain(|contestant| contestant.name == "eevdf");
    let machine: Machine = toml::from_str("about = ''\nshape = '1x1x2x1'").unwrap();
    let scenario = |name| {
        let text = format!("name = '{name}'\nabout = ''\nwarmup_ms = 0\nwindow_ms = 100\n");
        toml::from_str(&(text + "group = [{ kind = 'hog', count = 1 }]")).unwrap()
    };
    let scenario = SCENARIOS.iter().map(|(name, ..)| scenario(name)).collect();
    let (name, suite) = ("ends".to_string(), Suite { machines: Vec::new(), scenario });
    let chosen = |scenario| Chosen { suite_name: &name, suite: &suite, scenario };
    let kernel = Kernel::find("7.3").unwrap();
    let wanted = Wanted {
        machines: vec![(&name, &machine)],
        scenarios: suite.scenario.iter().map(chosen).collect(),
        contestants: catalogue.contestants.iter().collect(),
        seeds: 1,
        kernel: kernel.release.clone(),
    };
    let programs = Programs::prepare(&wanted.contestants, &wanted.scenarios).unwrap();
    let mut boots = matrix::boots(&wanted, &catalogue.model, &programs);
    for (run, (_, command, _)) in boots[0].runs.iter_mut().zip(SCENARIOS) {
        if let Some(command) = command {
            run.resolved.limit_s = 1;
            let group = &mut run.resolved.groups[0];
            (group.kind, group.command) = (spec::Kind::Program, ["sh", "-c", command].map(str::to_string).to_vec());
        }
    }

    let results = tempfile::tempdir().unwrap();
    let results = Results::open(&results.path().join("results.jsonl"), false).unwrap();
    let records = Runner { kernel: &kernel, programs: &programs, jobs: 1 }.run(boots, results).unwrap();
    let came = records.iter().map(|record| (record.scenario.as_str(), record.outcome));
    let expected = SCENARIOS.iter().map(|(name, _, outcome)| (*name, *outcome));
    assert_eq!(came.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    assert!(records[1].note.contains("said nothing for 10 s"), "{}", records[1].note);
    assert!(records[3].note.contains("panic"), "{}", records[3].note);
    // Each of the others had another boot.
    assert_eq!([1, 2, 4].map(|index| records[index].after.as_deref()), [Some("first"), None, None]);
}
