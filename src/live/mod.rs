//! What changes about a machine while the scheduler runs, and what follows from it. Pure.
//!
//! The CPUs that are there are cut into domains once, and queues are made for them. What may change under them without a CPU
//! coming or going, and is taken over in place:
//!
//! - what a CPU of a **class** can do (`cpu_capacity`, a boot firmware's or a driver's word that comes late);
//! - which CPUs are **preferred** (`amd_pstate_prefcore_ranking`, which AMD's X3D mode turns round too);
//! - what CPUs **may** do: a ceiling on their frequency, by a user, a power daemon or the kernel's cooling; or heat.
//!
//! Where fast CPUs may do less than slow ones, the classes change places: what needs a fast CPU is sent to those that are
//! fast now. Example: P-cores of 1024 that are held at a quarter of their frequency do 256, E-cores 512. With the P-cores still
//! taken for the fast ones, hogs would move to them and be half as fast as before.
//!
//! Only where CPUs have changed *class* do the domains not fit any more, nor where a CPU has come that nobody knows: then the
//! machine is read and cut anew ([`Renewed::Anew`]).

mod files;

pub use files::Files;

use crate::cpuset::CpuSet;
use crate::domain::Domains;
use crate::topology::{Class, Topology};
use crate::units::ClassId;

/// By so many thousandths a class has to be above another to take its place: a ceiling that the kernel's cooling moves up and down
/// must not have all tasks move with it.
const MARGIN: u64 = 1125;
/// The whole, of a frequency.
const WHOLE: u64 = 1000;

/// What has become of a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renewed {
    /// What it was.
    Same,
    /// Its classes are what they were, and other things are said of them.
    InPlace(Box<Topology>),
    /// It has to be cut into domains anew: why.
    Anew(String),
}

/// What `known` is by what the same CPUs' files say `now`.
#[must_use]
pub fn renewed(known: &Topology, now: &Topology) -> Renewed {
    let mut new = known.clone();
    for class in &mut new.classes {
        let same = now.classes.iter().find(|other| other.cpus == class.cpus);
        let Some(same) = same.filter(|_| now.classes.len() == known.classes.len()) else {
            return Renewed::Anew(format!("CPUs {} are not one core class any more", class.cpus));
        };
        *class = Class { id: class.id, name: class.name.clone(), ..same.clone() };
    }
    if new == *known { Renewed::Same } else { Renewed::InPlace(Box::new(new)) }
}

/// CPUs that are online and in no domain.
#[must_use]
pub fn unknown(domains: &Domains, online: &CpuSet) -> CpuSet {
    online.iter().filter(|cpu| domains.domain_of(*cpu).is_none()).collect()
}

/// How the classes rank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranking {
    /// Positions in [`Topology::classes`], the fastest first.
    pub order: Vec<usize>,
    /// By that order: what a CPU of the class can do within its limits, 1 to 1024.
    pub room: Vec<u32>,
}

impl Ranking {
    /// As the machine has them, with no limits.
    #[must_use]
    pub fn new(topology: &Topology) -> Self {
        let room = topology.classes.iter().map(|class| class.capacity.0).collect();
        Self { order: (0..topology.classes.len()).collect(), room }
    }

    /// What follows where CPUs may do so many thousandths less than they could. Classes keep their places until one is clearly
    /// above the other.
    #[must_use]
    pub fn next(&self, topology: &Topology, lost: &[(CpuSet, u32)]) -> Self {
        let room: Vec<u32> = topology.classes.iter().map(|class| room(class, lost)).collect();
        let mut order = self.order.clone();
        let overtakes = |below: usize, above: usize| u64::from(room[below]) * WHOLE > u64::from(room[above]) * MARGIN;
        // By neighbours, until nobody overtakes: each step puts one pair right and no other wrong.
        while let Some(at) = (1..order.len()).find(|at| overtakes(order[*at], order[at - 1])) {
            order.swap(at - 1, at);
        }
        let room = order.iter().map(|class| room[*class]).collect();
        Self { order, room }
    }

    /// The machine with its classes in this order.
    #[must_use]
    pub fn ranked(&self, topology: &Topology) -> Topology {
        let class = |(rank, class): (u32, &usize)| Class { id: ClassId(rank), ..topology.classes[*class].clone() };
        Topology { classes: (0..).zip(&self.order).map(class).collect(), ..topology.clone() }
    }

    /// The domains, each with the rank of its class in the place of the class.
    #[must_use]
    pub fn ranks(&self, domains: &Domains) -> Domains {
        let mut ranked = domains.clone();
        for domain in &mut ranked.domains {
            let rank = self.order.iter().position(|class| *class == domain.class.index()).unwrap_or(0);
            domain.class = ClassId(rank as u32);
        }
        ranked
    }
}

/// What the middle CPU of a class can do within what it may: one that is held down alone makes no slower class.
fn room(class: &Class, lost: &[(CpuSet, u32)]) -> u32 {
    let of = |cpu| lost.iter().filter(|(cpus, _)| cpus.contains(cpu)).map(|(_, lost)| u64::from(*lost)).max();
    let mut all: Vec<u64> = class.cpus.iter().map(|cpu| of(cpu).unwrap_or(0)).collect();
    all.sort_unstable();
    let lost = all.get(all.len().saturating_sub(1) / 2).copied().unwrap_or(0).min(WHOLE);
    u32::try_from(u64::from(class.capacity.0) * (WHOLE - lost) / WHOLE).unwrap_or(1).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::{ClassSpec, Source, read};
    use crate::units::Capacity;
    use proptest::prelude::*;

    /// P-cores 0-3, E-cores 4-7, LP-E cores 8-9.
    fn machine() -> Topology {
        let mut topology = read(&Source::Synthetic("l3:1 core:10 pu:1".to_owned())).expect("a machine");
        let classes: ClassSpec = "0-3=P:1024,4-7=E:512,8-9=LP-E:300".parse().expect("classes");
        classes.apply(&mut topology).expect("its classes");
        topology
    }

    fn cpus(text: &str) -> CpuSet {
        text.parse().expect("a cpulist")
    }

    #[test]
    fn who_may_do_less_than_the_next_class_changes_places_with_it() {
        let machine = machine();
        let at_first = Ranking::new(&machine);
        let held = |lost| at_first.next(&machine, &[(cpus("0-3"), lost)]);
        assert_eq!(held(0), at_first);
        assert_eq!(held(400), Ranking { order: vec![0, 1, 2], room: vec![614, 512, 300] });
        assert_eq!(held(500).order, [0, 1, 2], "as much as the next is not less");
        assert_eq!(held(600), Ranking { order: vec![1, 0, 2], room: vec![512, 409, 300] });
        assert_eq!(held(900).order, [1, 2, 0]);
        assert_eq!(held(900).next(&machine, &[]), at_first, "and back again");
        let back = held(600).next(&machine, &[(cpus("0-3"), 480)]);
        assert_eq!(back.order, [1, 0, 2], "532 are not clearly above 512");
    }

    #[test]
    fn one_cpu_alone_makes_no_slower_class() {
        let machine = machine();
        let ranking = Ranking::new(&machine).next(&machine, &[(cpus("0"), 900)]);
        assert_eq!(ranking, Ranking::new(&machine));
    }

    #[test]
    fn ranks_are_those_of_domains_and_classes() {
        let machine = machine();
        let domains = Domains::build(&machine).expect("domains");
        let ranking = Ranking { order: vec![1, 2, 0], room: vec![512, 300, 102] };
        let ranks: Vec<u32> = ranking.ranks(&domains).domains.iter().map(|domain| domain.class.0).collect();
        assert_eq!(ranks, [2, 0, 1]);
        let names: Vec<String> = ranking.ranked(&machine).classes.into_iter().map(|class| class.name).collect();
        assert_eq!(names, ["E", "LP-E", "P"]);
    }

    #[test]
    fn capacities_and_preferences_change_in_place_and_classes_do_not() {
        let known = machine();
        assert_eq!(renewed(&known, &known), Renewed::Same);
        let mut other = known.clone();
        other.classes[1].capacity = Capacity(600);
        other.classes[0].preferred = vec![cpus("2-3"), cpus("0-1")];
        assert_eq!(renewed(&known, &other), Renewed::InPlace(Box::new(other.clone())));
        other.classes.swap(0, 1);
        assert!(
            matches!(renewed(&known, &other), Renewed::InPlace(new) if new.classes[0].name == "P"),
            "the order stays"
        );
        let mut moved = known.clone();
        moved.classes[0].cpus = cpus("0-4");
        moved.classes[1].cpus = cpus("5-7");
        assert!(matches!(renewed(&known, &moved), Renewed::Anew(why) if why.contains("0-3")));
        let mut one = known.clone();
        one.classes.truncate(1);
        assert!(matches!(renewed(&known, &one), Renewed::Anew(_)));
        let domains = Domains::build(&known).expect("domains");
        assert_eq!(unknown(&domains, &cpus("0-3,9-11")).to_string(), "10-11");
        assert!(unknown(&domains, &cpus("0-3")).is_empty(), "one that has gone keeps its place");
    }

    proptest! {
        #[test]
        fn the_order_is_one_and_goes_by_room(
            lost in prop::collection::vec(0..3000_u32, 3), before in Just(vec![0, 1, 2]).prop_shuffle(),
        ) {
            let machine = machine();
            let ceilings: Vec<_> = machine.classes.iter().map(|class| class.cpus.clone()).zip(lost).collect();
            let ranking = Ranking { order: before, room: vec![1; 3] }.next(&machine, &ceilings);
            let mut classes = ranking.order.clone();
            classes.sort_unstable();
            prop_assert_eq!(classes, [0, 1, 2]);
            for pair in ranking.room.windows(2) {
                prop_assert!(u64::from(pair[1]) * WHOLE <= u64::from(pair[0]) * MARGIN);
            }
            prop_assert!(ranking.room.iter().all(|room| (1..=1024).contains(room)));
            prop_assert_eq!(ranking.next(&machine, &ceilings), ranking, "and stays");
        }
    }
}
