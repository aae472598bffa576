//! What the verifier has to look at is kept within a budget: it decides how long attaching takes, and a program that
//! grows towards the verifier's limit fails on the next kernel.

use crate::harness::Guest;
use std::collections::BTreeMap;

/// Verified instructions by program, from the lines "program NAME: N instructions, M verified" of `scx_domains -v`.
fn verified(log: &str) -> BTreeMap<String, u32> {
    let lines = log.lines().filter_map(|line| line.split_once("program "));
    lines
        .filter_map(|(_, rest)| {
            let (name, costs) = rest.split_once(": ")?;
            let count = costs.strip_suffix(" verified")?.rsplit_once(' ')?.1;
            Some((name.to_owned(), count.parse().ok()?))
        })
        .collect()
}

/// The budget in the repository: "NAME MOST" a line, `#` before comments.
fn budget() -> BTreeMap<String, u32> {
    let lines = include_str!("../../bpf/verifier-budget").lines().filter(|line| !line.starts_with('#'));
    let words = lines.filter_map(|line| line.split_once(char::is_whitespace));
    words.map(|(name, most)| (name.to_owned(), most.trim().parse().expect("a number"))).collect()
}

/// Programs that are over budget, or have none.
fn over(verified: &BTreeMap<String, u32>, budget: &BTreeMap<String, u32>) -> Vec<String> {
    let too_much = |(name, count): &(&String, &u32)| budget.get(*name).is_none_or(|most| *count > most);
    verified.iter().filter(too_much).map(|(name, count)| format!("{name}: {count}")).collect()
}

fn programs_stay_within_budget(kernel: &str) {
    let run = "scx_domains -v >log 2>&1 & guest-load wait enabled; kill $!; wait $!; grep 'verified$' log";
    let verified = verified(&Guest::new().kernel(kernel).shape("1x1x2x1").run(run).success().console);
    println!("verified instructions on {kernel}: {verified:?}");
    assert!(verified.len() > 15, "not all programs were listed: {verified:?}");
    assert_eq!(over(&verified, &budget()), Vec::<String>::new(), "over the budget in bpf/verifier-budget on {kernel}");
    let none = BTreeMap::new();
    assert_eq!(over(&verified, &none).len(), verified.len(), "without a budget every program is over it");
}

#[test]
fn programs_stay_within_budget_on_6_18() {
    programs_stay_within_budget("6.18");
}

#[test]
fn programs_stay_within_budget_on_the_newest() {
    programs_stay_within_budget("newest");
}
