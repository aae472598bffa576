//! Core classes by vote.
//!
//! Sources say of CPUs what they are or how fast, and many of them err: hwloc's kinds and CPPC make a class of each turbo
//! bin, some boards give all CPUs one CPPC value or swap them, `cpu_capacity` knows no classes where SMT is on. So each is
//! a [`Witness`] with a word ([`witness`]), the words are voted on ([`vote`]), and [`capacity`] says what a CPU of each
//! class can do. Who said what and what was believed is kept: `scx_domains topology --explain`.
//!
//! Differences that make no class (preferred and binned cores) rank the CPUs inside it ([`Class::preferred`]).

mod capacity;
mod vote;
mod witness;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::Class;
use super::discovery::Discovery;
use super::energy::cost_ranks;
use crate::cpuset::CpuSet;
use crate::units::{ClassId, CpuId};

pub use capacity::Capacities;
pub use vote::Tally;
pub use witness::{Group, Witness, Word};

/// The most classes; those beyond, the slowest, are one.
const MAX_CLASSES: usize = 8;

/// Why the classes are as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassReport {
    /// What each witness says; those that say nothing are left out.
    pub words: Vec<Word>,
    /// How the vote about each class and the next slower one went.
    pub tallies: Vec<Tally>,
    pub capacities: Capacities,
    /// Those who told CPUs apart that were found to be of one class.
    pub outvoted: Vec<Witness>,
    /// CPUs that no witness compares with others, so they have joined the fastest class.
    pub strays: CpuSet,
    /// The classes whose CPUs are ranked, and whose figures rank them.
    pub preferred_by: Vec<(CpuSet, &'static str)>,
}

/// The classes of the online CPUs, the fastest first, and why.
pub(super) fn classes(found: &Discovery) -> (Vec<Class>, ClassReport) {
    let mut words = witness::words(found);
    let (mut sets, strays) = vote::elect(&mut words, &found.online);
    if let Some(rest) = sets.get(MAX_CLASSES..).filter(|rest| !rest.is_empty()) {
        let rest: CpuSet = rest.iter().flat_map(CpuSet::iter).collect();
        sets.truncate(MAX_CLASSES);
        sets[MAX_CLASSES - 1].extend(rest.iter());
    }

    let capacities = capacity::capacities(&words, &sets);
    let heads: Vec<_> = sets.iter().filter_map(CpuSet::first).collect();
    let preferences: Vec<_> = sets.iter().map(|cpus| preference(found, &words, cpus)).collect();
    let report = ClassReport {
        tallies: heads.windows(2).map(|pair| vote::tally(&words, pair[0], pair[1])).collect(),
        outvoted: outvoted(&words, &sets),
        capacities,
        strays,
        preferred_by: sets
            .iter()
            .zip(&preferences)
            .filter_map(|(cpus, by)| Some((cpus.clone(), by.as_ref()?.0)))
            .collect(),
        words,
    };
    let costs = cost_ranks(&found.energy, &sets, &report.capacities.of);
    let names = names(found, sets.len());
    let parts = sets.into_iter().zip(preferences).zip(names).zip(&report.capacities.of).zip(costs).zip(0..);
    let classes = parts.map(|(((((cpus, preference), name), capacity), cost_rank), id)| {
        let preferred = preference.map(|(_, order)| order).unwrap_or_default();
        Class { id: ClassId(id), name, capacity: *capacity, cost_rank, cpus, preferred }
    });
    (classes.collect(), report)
}

/// Those who told CPUs of one class apart.
fn outvoted(words: &[Word], classes: &[CpuSet]) -> Vec<Witness> {
    let splits = |word: &&Word| {
        let heard = |class: &CpuSet| word.groups.iter().filter(|group| !group.cpus.is_disjoint(class)).count();
        word.ignored.is_none() && classes.iter().any(|class| heard(class) > 1)
    };
    words.iter().filter(splits).map(|word| word.witness).collect()
}

/// Whose figures say which CPUs of a class are to be preferred, and the CPUs by them, the best first: AMD's ranking where the
/// driver has one, else CPPC, by which Intel ranks its favoured cores, else the maximum frequency. Each class is asked for
/// itself: what differs between classes only ranks nothing inside them.
fn preference(found: &Discovery, words: &[Word], class: &CpuSet) -> Option<(&'static str, Vec<CpuSet>)> {
    let by = |witness: Witness| words.iter().find(|word| word.witness == witness);
    let (cppc, frequency) = (by(Witness::Cppc), by(Witness::MaxFrequency));
    let ranking = ranked(class, |cpu| found.facts.get(&cpu)?.preference.map(u64::from));
    let all = [
        ("amd_pstate_prefcore_ranking", ranking),
        ("CPPC", ranked(class, |cpu| cppc?.figure(cpu))),
        ("max frequency", ranked(class, |cpu| frequency?.figure(cpu))),
    ];
    all.into_iter().find_map(|(name, order)| Some((name, order?)))
}

/// CPUs by figure, the highest first; none where all have the same, or one has none.
fn ranked(cpus: &CpuSet, figure: impl Fn(CpuId) -> Option<u64>) -> Option<Vec<CpuSet>> {
    let mut by_figure: BTreeMap<Reverse<u64>, CpuSet> = BTreeMap::new();
    for cpu in cpus.iter() {
        by_figure.entry(Reverse(figure(cpu)?)).or_default().insert(cpu);
    }
    (by_figure.len() > 1).then(|| by_figure.into_values().collect())
}

/// In the terms of those who make the CPUs: big, mid and little on Arm.
fn names(found: &Discovery, count: usize) -> Vec<String> {
    let arm = found.facts.values().any(|facts| facts.arm_part.is_some());
    let known: &[&str] = match count {
        1 => &["cpu"],
        2 if arm => &["big", "little"],
        _ if arm => &["big", "mid", "little"],
        _ => &["P", "E", "LP-E"],
    };
    let further = (known.len()..).map(|rank| format!("class{rank}"));
    known.iter().map(|&name| name.to_owned()).chain(further).take(count).collect()
}

#[cfg(test)]
mod tests;
