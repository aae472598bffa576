//! Core classes from the kinds of CPU that hwloc tells apart.
//!
//! hwloc's kinds are finer than classes: turbo bins and preferred cores each make one. Two kinds are one class
//!
//! - if both have a core type: when it is the same, unless it is `IntelAtom` and one is under an L3 and the other
//!   is not (nothing else tells the LP-E cores of Meteor Lake from its E-cores);
//! - else if both have a capacity or a maximum frequency: when neither differs by 25 % or more of the smaller. The
//!   bins of one class differ by up to 15 %, the classes of one machine by 28 % and more;
//! - else when hwloc does not rank one above the other.
//!
//! Capacity is the kernel's `cpu_capacity` where that tells the classes apart, else the maximum frequency, which
//! is all that is known of throughput then and flatters the slower class, else assumed by rank.

use std::cmp::Reverse;

use super::Class;
use super::discovery::{Discovery, FoundKind};
use crate::cpuset::CpuSet;
use crate::units::{Capacity, ClassId};

/// Assumed capacities of the classes from the fastest down where no source gives a figure: about what an E-core of
/// Alder Lake does of its P-core's single-threaded work, and a low-power E-core of Meteor Lake of its P-core's.
const ASSUMED: [u32; 3] = [1024, 620, 400];

/// hwloc's core type of the E-cores and LP-E cores.
const ATOM: &str = "IntelAtom";

/// A kind as far as it decides its class.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Evidence {
    kind: FoundKind,
    under_l3: bool,
}

impl Evidence {
    /// Sorts the fastest first. A core type outranks a frequency: an E-core may turbo above a capped P-core.
    fn speed(&self) -> impl Ord + use<> {
        let kind = &self.kind;
        let core = kind.core_type.as_deref().map(|core_type| core_type != ATOM);
        Reverse((core, kind.capacity, kind.max_mhz, kind.rank, self.under_l3))
    }

    fn same_class(&self, other: &Self) -> bool {
        let (a, b) = (&self.kind, &other.kind);
        if let (Some(one), Some(two)) = (&a.core_type, &b.core_type) {
            return one == two && (one != ATOM || self.under_l3 == other.under_l3);
        }
        let capacity = a.capacity.zip(b.capacity);
        let frequency = a.max_mhz.zip(b.max_mhz);
        if capacity.is_none() && frequency.is_none() {
            return a.rank.zip(b.rank).is_none_or(|(one, two)| one == two);
        }
        let alike = |(one, two): (u32, u32)| {
            let (less, more) = (u64::from(one.min(two)), u64::from(one.max(two)));
            4 * more < 5 * less
        };
        capacity.is_none_or(alike) && frequency.is_none_or(alike)
    }
}

/// The classes of the online CPUs, the fastest first. CPUs of which no kind is known join the fastest.
pub(super) fn classes(found: &Discovery) -> Vec<Class> {
    let mut evidence = evidence(found);
    evidence.sort_by_cached_key(Evidence::speed);

    let mut groups: Vec<(Evidence, CpuSet)> = Vec::new();
    for item in evidence {
        let cpus = item.kind.cpus.clone();
        match groups.iter_mut().find(|(leader, _)| leader.same_class(&item)) {
            Some((_, members)) => members.extend(cpus.iter()),
            None => groups.push((item, cpus)),
        }
    }

    let sorted: CpuSet = groups.iter().flat_map(|(_, cpus)| cpus.iter()).collect();
    let unknown = found.online.difference(&sorted);
    match groups.first_mut() {
        Some((_, fastest)) => fastest.extend(unknown.iter()),
        None => groups.push((Evidence { kind: FoundKind::default(), under_l3: false }, unknown)),
    }

    let leaders: Vec<&FoundKind> = groups.iter().map(|(leader, _)| &leader.kind).collect();
    let capacities = capacities(&leaders);
    let names = names(groups.len());
    let parts = groups.into_iter().zip(names).zip(capacities).zip(0..);
    parts.map(|((((_, cpus), name), capacity), id)| Class { id: ClassId(id), name, capacity, cpus }).collect()
}

/// The kinds, each CPU in the first that has it, cut in two where only a part of one is under an L3.
fn evidence(found: &Discovery) -> Vec<Evidence> {
    let l3 = found.caches.iter().filter(|cache| cache.level >= 3);
    let l3: CpuSet = l3.flat_map(|cache| cache.cpus.iter()).collect();
    let mut left = found.online.clone();
    let mut evidence = Vec::new();
    for kind in &found.kinds {
        let cpus = kind.cpus.intersection(&left);
        left = left.difference(&cpus);
        for (under_l3, cpus) in [(true, cpus.intersection(&l3)), (false, cpus.difference(&l3))] {
            if !cpus.is_empty() {
                evidence.push(Evidence { kind: FoundKind { cpus, ..kind.clone() }, under_l3 });
            }
        }
    }
    evidence
}

/// One capacity a class, 1024 for the first, and no class above it: frequencies of unlike cores do not compare.
fn capacities(leaders: &[&FoundKind]) -> Vec<Capacity> {
    let known = |figure: fn(&FoundKind) -> Option<u32>| -> Option<Vec<u32>> {
        let figures: Vec<u32> = leaders.iter().map(|kind| figure(kind)).collect::<Option<_>>()?;
        // A source that gives all classes one figure (as `cpu_capacity` does on hybrids with SMT on) does not
        // know of them.
        figures.iter().any(|figure| *figure != figures[0]).then_some(figures)
    };
    let figures = known(|kind| kind.capacity).or_else(|| known(|kind| kind.max_mhz));
    let figures = figures.unwrap_or_else(|| (0..leaders.len()).map(|rank| ASSUMED[rank.min(2)]).collect());
    let top = u64::from(figures.first().copied().unwrap_or(1).max(1));
    let scaled = |figure: u32| u32::try_from((u64::from(figure) * 1024 / top).clamp(1, 1024)).unwrap_or(1024);
    figures.into_iter().map(|figure| Capacity(scaled(figure))).collect()
}

fn names(count: usize) -> Vec<String> {
    if count == 1 {
        return vec!["cpu".to_owned()];
    }
    let known = ["P", "E", "LP-E"].into_iter().map(str::to_owned);
    known.chain((3..).map(|rank| format!("class{rank}"))).take(count).collect()
}

#[cfg(test)]
mod tests {
    use super::super::discovery::FoundCache;
    use super::*;

    /// A kind with CPUs, core type, maximum MHz and capacity; empty and 0 for "not known".
    fn kind(cpus: &str, core_type: &str, max_mhz: u32, capacity: u32) -> FoundKind {
        FoundKind {
            cpus: cpus.parse().unwrap(),
            rank: None,
            core_type: (!core_type.is_empty()).then(|| core_type.to_owned()),
            max_mhz: Some(max_mhz).filter(|mhz| *mhz > 0),
            capacity: Some(capacity).filter(|capacity| *capacity > 0),
        }
    }

    fn lines(online: &str, kinds: Vec<FoundKind>, l3: &str) -> Vec<String> {
        let caches = vec![FoundCache { level: 3, cpus: l3.parse().unwrap() }];
        let found = Discovery { online: online.parse().unwrap(), kinds, caches, ..Discovery::default() };
        let line = |class: &Class| format!("{} {}: {}", class.name, class.capacity, class.cpus);
        classes(&found).iter().map(line).collect()
    }

    #[test]
    fn five_kinds_of_turbo_bins_are_two_classes() {
        let bins = || {
            let fast = [kind("0-3", "", 5000, 0), kind("4-7", "", 5200, 0), kind("8-11", "", 4800, 0)];
            let slow = [kind("12-15", "", 3700, 0), kind("16-19", "", 3600, 0)];
            slow.into_iter().chain(fast)
        };
        assert_eq!(lines("0-19", bins().collect(), ""), ["P 1024: 0-11", "E 728: 12-19"]);
        let types = |(index, kind): (usize, FoundKind)| {
            let core_type = if index < 2 { "IntelAtom" } else { "IntelCore" };
            FoundKind { core_type: Some(core_type.to_owned()), ..kind }
        };
        let typed = bins().enumerate().map(types).collect();
        assert_eq!(lines("0-19", typed, "0-19"), ["P 1024: 0-11", "E 728: 12-19"]);
    }

    #[test]
    fn a_quarter_faster_is_another_class_and_less_is_not() {
        let two = |fast, slow| lines("0-1", vec![kind("0", "", slow, 0), kind("1", "", fast, 0)], "");
        assert_eq!(two(4999, 4000), ["cpu 1024: 0-1"]);
        assert_eq!(two(5000, 4000), ["P 1024: 1", "E 819: 0"]);
    }

    #[test]
    fn low_power_cores_are_told_by_the_l3_that_they_lack() {
        let kinds = vec![kind("2-5", "IntelAtom", 0, 0), kind("0-1", "IntelCore", 0, 0)];
        assert_eq!(lines("0-5", kinds, "0-3"), ["P 1024: 0-1", "E 620: 2-3", "LP-E 400: 4-5"]);
        // Where no core has an L3, as hypervisors have it, nothing follows from that.
        let kinds = vec![kind("2-5", "IntelAtom", 0, 0), kind("0-1", "IntelCore", 0, 0)];
        assert_eq!(lines("0-5", kinds, ""), ["P 1024: 0-1", "E 620: 2-5"]);
    }

    #[test]
    fn one_capacity_for_all_says_nothing() {
        let kinds = vec![kind("0-1", "", 5000, 1024), kind("2-3", "", 3000, 1024)];
        assert_eq!(lines("0-3", kinds, ""), ["P 1024: 0-1", "E 614: 2-3"]);
    }

    #[test]
    fn an_e_core_with_the_higher_clock_is_not_above_the_p_core() {
        let kinds = vec![kind("0", "IntelCore", 3000, 0), kind("1", "IntelAtom", 3900, 0)];
        assert_eq!(lines("0-1", kinds, ""), ["P 1024: 0", "E 1024: 1"]);
    }

    #[test]
    fn ranks_count_where_nothing_else_is_known() {
        let ranked = |cpus: &str, rank| FoundKind { rank: Some(rank), ..kind(cpus, "", 0, 0) };
        let kinds = vec![ranked("0", 0), ranked("1", 1), ranked("2", 2), ranked("3", 3)];
        assert_eq!(lines("0-3", kinds, ""), ["P 1024: 3", "E 620: 2", "LP-E 400: 1", "class3 400: 0"]);
        assert_eq!(lines("0-1", vec![kind("0", "", 0, 0), ranked("1", 1)], ""), ["cpu 1024: 0-1"]);
    }

    #[test]
    fn every_online_cpu_and_no_other_has_one_class() {
        assert_eq!(lines("0-3", vec![], ""), ["cpu 1024: 0-3"]);
        let overlapping = vec![kind("0-2", "", 5000, 0), kind("2-9", "", 3000, 0)];
        assert_eq!(lines("0-3,5", overlapping, ""), ["P 1024: 0-2", "E 614: 3,5"]);
        assert_eq!(lines("0-3", vec![kind("2", "", 3000, 0)], ""), ["cpu 1024: 0-3"]);
        assert_eq!(lines("0-1", vec![kind("7", "", 3000, 0)], ""), ["cpu 1024: 0-1"]);
    }
}
