use crate::lab::machine::Machine;
use crate::lab::resolve::*;
use crate::lab::scenario::Scenario;
use crate::lab::spec;

fn resolved(group: &str, seed: u64) -> spec::Group {
    let machine: Machine = toml::from_str("about = ''\nshape = '2x1x4x1'").unwrap();
    let text = format!("name = 's'\nabout = ''\ngroup = [{{ {group} }}]");
    let scenario: Scenario = toml::from_str(&text).unwrap();
    assert_eq!(scenario.check(), Ok(()));
    resolve(&scenario, &machine, seed).groups.remove(0)
}

#[test]
fn counts_go_with_the_machine_and_fill_teams() {
    let count = |group| resolved(group, 1).workers.len();
    assert_eq!(count("kind = 'hog', count = { per_cpu = 1.5 }"), 12);
    assert_eq!(count("kind = 'hog', count = { per_fast_cpu = 0.01 }"), 1);
    assert_eq!(count("kind = 'ring', team = 4, count = 10"), 12);
}

#[test]
fn seeds_shift_starts_and_nothing_else() {
    let starts = |seed| -> Vec<_> {
        resolved("kind = 'hog', count = 3", seed).workers.iter().map(|worker| worker.start_us).collect()
    };
    assert_eq!(starts(1), starts(1));
    assert_ne!(starts(1), starts(2));
    assert!(starts(1).iter().all(|&start| start < SPREAD_US));
}

#[test]
fn affinity_and_nice_are_given_in_turn() {
    let group = resolved("kind = 'hog', count = 9, nice = [0, 5], may_run = 'one-each'", 1);
    assert_eq!((group.workers[1].nice, group.workers[2].nice), (5, 0));
    assert_eq!((&group.workers[3].may_run, &group.workers[8].may_run), (&vec![3], &vec![0]));
}
