//! Which CPUs are of one class, by vote, and which class is the faster.
//!
//! CPUs that no witness tells apart go together. For any two such groups each witness that knows both says *different*
//! or *alike*; they are of different classes where *different* weighs more. Example, E- and LP-E cores of Meteor Lake: core
//! type and CPUID say alike (1 + 1), for both are Efficiency cores; the L3 (3), base (1) and maximum frequency (1) say
//! different: 5 to 2.
//!
//! Which of two classes is the faster goes by weight too, so firmware that has swapped its figures is outvoted by core
//! types and frequencies.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::witness::{Witness, Word};
use crate::cpuset::CpuSet;
use crate::units::CpuId;

/// Groups that are compared in pairs: more are not told apart, the lightest witnesses being left out until it is enough.
const MAX_GROUPS: usize = 128;

/// How a vote about two sets of CPUs went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    pub different: Vec<Witness>,
    pub alike: Vec<Witness>,
}

impl Tally {
    /// What those weigh who say that the two are of different classes.
    #[must_use]
    pub fn weight_of_different(&self) -> u32 {
        self.different.iter().map(|witness| witness.weight()).sum()
    }

    /// What those weigh who say that they are of one.
    #[must_use]
    pub fn weight_of_alike(&self) -> u32 {
        self.alike.iter().map(|witness| witness.weight_of_alike()).sum()
    }

    fn says_alike(&self) -> bool {
        !self.alike.is_empty() && self.weight_of_different() <= self.weight_of_alike()
    }

    fn says_nothing(&self) -> bool {
        self.different.is_empty() && self.alike.is_empty()
    }
}

/// How the vote about two CPUs goes.
pub(super) fn tally(words: &[Word], one: CpuId, two: CpuId) -> Tally {
    let mut tally = Tally::default();
    for word in words.iter().filter(|word| word.ignored.is_none()) {
        match (word.group_of(one), word.group_of(two)) {
            (Some(one), Some(two)) if one == two => tally.alike.push(word.witness),
            (Some(_), Some(_)) => tally.different.push(word.witness),
            _ => {}
        }
    }
    tally
}

/// The CPUs of each class, the fastest first; and those among them that nobody compares with others: they join the fastest.
pub(super) fn elect(words: &mut [Word], online: &CpuSet) -> (Vec<CpuSet>, CpuSet) {
    let groups = groups(words, online);
    let heads: Vec<CpuId> = groups.iter().filter_map(CpuSet::first).collect();

    // Who is alike goes together, step by step: bins that differ little from the next may be of one class.
    let mut class_of: Vec<usize> = (0..heads.len()).collect();
    let mut unknown = vec![heads.len() > 1; heads.len()];
    for one in 0..heads.len() {
        for two in 0..one {
            let tally = tally(words, heads[one], heads[two]);
            if !tally.says_nothing() {
                unknown[one] = false;
                unknown[two] = false;
            }
            if tally.says_alike() {
                let (from, to) = (class_of[one], class_of[two]);
                class_of.iter_mut().filter(|class| **class == from).for_each(|class| *class = to);
            }
        }
    }

    let mut classes: BTreeMap<usize, CpuSet> = BTreeMap::new();
    let mut strays = CpuSet::new();
    for (index, cpus) in groups.iter().enumerate() {
        let class = if unknown[index] { &mut strays } else { classes.entry(class_of[index]).or_default() };
        class.extend(cpus.iter());
    }
    let mut classes = ordered(words, classes.into_values().collect());
    match classes.first_mut() {
        Some(fastest) => fastest.extend(strays.iter()),
        None => classes.push(strays.clone()),
    }
    (classes, strays)
}

/// CPUs that all witnesses find alike, together.
fn groups(words: &mut [Word], online: &CpuSet) -> Vec<CpuSet> {
    loop {
        let mut groups: BTreeMap<Vec<Option<usize>>, CpuSet> = BTreeMap::new();
        for cpu in online.iter() {
            let heard = words.iter().filter(|word| word.ignored.is_none());
            groups.entry(heard.map(|word| word.group_of(cpu)).collect()).or_default().insert(cpu);
        }
        let lightest = words.iter_mut().filter(|word| word.ignored.is_none()).min_by_key(|word| word.witness.weight());
        match lightest {
            Some(word) if groups.len() > MAX_GROUPS => word.ignored = Some("together they tell too many kinds apart"),
            _ => return groups.into_values().collect(),
        }
    }
}

/// The class that is faster than most others first; the one with the lowest CPU where that is undecided.
fn ordered(words: &[Word], mut classes: Vec<CpuSet>) -> Vec<CpuSet> {
    classes.sort_by_key(CpuSet::first);
    let wins = |class: &CpuSet| classes.iter().filter(|other| lead(words, class, other) == Ordering::Greater).count();
    let mut ranked: Vec<(usize, CpuSet)> = classes.iter().map(|class| (wins(class), class.clone())).collect();
    ranked.sort_by_key(|(wins, _)| std::cmp::Reverse(*wins));
    ranked.into_iter().map(|(_, class)| class).collect()
}

/// Which of two classes is the faster, by the weight of those who say so.
fn lead(words: &[Word], one: &CpuSet, two: &CpuSet) -> Ordering {
    let heard = words.iter().filter(|word| word.ignored.is_none());
    let (mut ahead, mut behind) = (0, 0);
    for word in heard {
        match word.compare(one, two) {
            Ordering::Greater => ahead += word.witness.weight(),
            Ordering::Less => behind += word.witness.weight(),
            Ordering::Equal => {}
        }
    }
    ahead.cmp(&behind)
}
