use super::record;
use crate::lab::report::current::Current;
use crate::lab::results::Record;

/// Seeds of who is compared, with version, in their order; and how many are not.
fn current(records: &[Record]) -> (Vec<(u64, String)>, usize) {
    let Current { records, superseded } = Current::of(records.to_vec());
    (records.into_iter().map(|run| (run.seed, run.version)).collect(), superseded)
}

fn runs(version: &str, seeds: &[u64]) -> Vec<Record> {
    let run = |seed: &u64| Record { version: version.into(), ..record("eevdf", "hogs", *seed) };
    seeds.iter().map(run).collect()
}

#[test]
fn a_later_run_of_a_seed_takes_the_place_of_the_earlier() {
    let (kept, superseded) = current(&runs("1", &[1, 2, 1]));
    assert_eq!((kept, superseded), (vec![(2, "1".into()), (1, "1".into())], 1));
}

#[test]
fn another_version_takes_the_place_of_all_that_contestants_runs() {
    let both = [runs("1", &[1, 2, 3]), vec![record("scx_rusty", "hogs", 1)], runs("2", &[1])].concat();
    assert_eq!(current(&both).1, 3);
}

#[test]
fn other_parameters_take_the_place_of_everybodys_runs_of_the_scenario() {
    let mut later = record("scx_rusty", "hogs", 1);
    later.parameters.hash = "2".into();
    let all = [runs("1", &[1, 2]), vec![record("eevdf", "sleepers", 1), later]].concat();
    assert_eq!(current(&all).1, 2);
}
