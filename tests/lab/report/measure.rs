use crate::lab::report::measure::*;

#[test]
fn one_of_a_group_is_known_by_what_follows_the_point() {
    let games = measure("games.wake_p99_ms");
    assert_eq!((games.label.as_str(), games.better), ("games: wake-up latency, p99 (ms)", Better::Lower));
}

#[test]
fn an_unknown_one_keeps_its_name_and_comes_last() {
    let mut measures = [measure("zeal_percent"), measure("wake_p99_ms")];
    sort(&mut measures);
    assert_eq!(measures[1].label, "zeal percent");
    assert_eq!(measures[1].better, Better::Unknown);
}
