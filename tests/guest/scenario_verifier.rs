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

/// The budget in the repository: "NAME MOST" a line, `#` before comments; and a third word where `hybrid` machines take more.
fn budget(hybrid: bool) -> BTreeMap<String, u32> {
    let lines = include_str!("../../bpf/verifier-budget").lines().filter(|line| !line.starts_with('#'));
    let entry = |line: &str| {
        let words: Vec<_> = line.split_whitespace().collect();
        let most = words.get(2).filter(|_| hybrid).or(words.get(1)).expect("a name and a number");
        (words[0].to_owned(), most.parse().expect("a number"))
    };
    lines.map(entry).collect()
}

/// Programs that are over budget, or have none.
fn over(verified: &BTreeMap<String, u32>, budget: &BTreeMap<String, u32>) -> Vec<String> {
    let too_much = |(name, count): &(&String, &u32)| budget.get(*name).is_none_or(|most| *count > most);
    verified.iter().filter(too_much).map(|(name, count)| format!("{name}: {count}")).collect()
}

/// One class on two CPUs; or on `hybrid` ones two classes, of which each core has two threads, and of one class frequencies differ.
fn programs_stay_within_budget(kernel: &str, hybrid: bool) {
    let run = |arguments: &str| {
        format!(
            "scx_domains -v {arguments} >log 2>&1 & guest-load wait enabled; kill $!; wait $!; grep 'verified$' log"
        )
    };
    let guest = Guest::new().kernel(kernel);
    let outcome = if hybrid {
        guest.shape("1x1x4x2").mhz("4000x2,3800x2,2000x4").run(&run("--classes 0-3=P:1024,4-7=E:512 --fair-progress"))
    } else {
        guest.shape("1x1x2x1").run(&run(""))
    };
    let verified = verified(&outcome.success().console);
    println!("verified instructions on {kernel}: {verified:?}");
    assert!(verified.len() > 15, "not all programs were listed: {verified:?}");
    assert_eq!(
        over(&verified, &budget(hybrid)),
        Vec::<String>::new(),
        "over the budget in bpf/verifier-budget on {kernel}"
    );
    let none = BTreeMap::new();
    assert_eq!(over(&verified, &none).len(), verified.len(), "without a budget every program is over it");
}

#[test]
fn programs_stay_within_budget_on_6_18() {
    programs_stay_within_budget("6.18", false);
}

#[test]
#[ignore = "make test-all"]
fn programs_stay_within_budget_on_the_newest() {
    programs_stay_within_budget("newest", false);
}

/// Classes, threads of a core, ranks and frequencies together: all of the code is loaded.
#[test]
fn programs_stay_within_budget_with_classes_and_smt_on_the_newest() {
    programs_stay_within_budget("newest", true);
}
