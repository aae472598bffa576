//! Which core class a task should be on, by how much of a CPU it needs. Pure.
//!
//! BPF knows a task's demand (`bpf/class.bpf.h`) and looks up the class that such a task should be on; this makes the
//! table. What is in question is light and middling work: whatever needs more than half of a slower CPU belongs on the
//! fastest, in any profile, since it would be late anywhere else.
//!
//! - **performance**: all on the fastest class.
//! - **balanced**: what is *light* too, on the fastest: it is awake for so short a time that what counts is how soon it
//!   is done. What needs more than that goes to the class where its work costs least, if it fits there at half of its
//!   capacity, so that a burst of twice the mean is still served.
//! - **powersave**: light work as well goes where it costs least.
//!
//! Example, P-cores of 1024 that cost 5 mJ for a ms of their work and E-cores of 512 that cost 2.5 mJ for as much, in
//! balanced: 1 ms of each 10 is a demand of 102, P; 2 ms of each 10 is 205, E; 3 ms of each 10 is 307, more than 256, P.
//!
//! It is a wish, not a place: where no CPU of that class is idle, any other is better than a queue.

mod parking;
mod preferred;

pub use parking::{Parking, parks};
pub use preferred::Ranks;

use crate::topology::{Class, Costs, Topology};
use crate::units::Capacity;

/// Steps of demand, 0 to 1024, that are told apart; `DEMAND_STEPS` of `bpf/intf.h`.
pub const DEMAND_STEPS: usize = 32;
/// How wide one is.
const STEP: u32 = 1024 / DEMAND_STEPS as u32;
/// Classes that are told apart; `MAX_CLASSES` of `bpf/intf.h`.
pub const MAX_CLASSES: usize = 8;

/// Work is light up to this demand: an eighth of a fastest CPU. The steady part of a desktop or of a web server's workers is
/// below, frames of a game and steps of a compiler are above.
const LIGHT: u32 = 128;

/// What is wanted of the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// All that there is, whatever it costs.
    Performance,
    /// Fast where somebody waits for it, thrifty where nobody does.
    #[default]
    Balanced,
    /// The least energy for what there is to do.
    Powersave,
}

impl Profile {
    /// As it is written.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Performance => "performance",
            Self::Balanced => "balanced",
            Self::Powersave => "powersave",
        }
    }
}

/// A core class as far as it decides who should be on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassTerms {
    /// Of one CPU, 1 to 1024.
    pub capacity: u32,
    /// By step of demand: what a unit of work costs on a CPU that has so much to do. To be compared only; the most where a CPU
    /// cannot do so much.
    pub costs: [u32; DEMAND_STEPS],
}

/// By step of demand, the class that a task should be on: 0 is the fastest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// Step `i` is a demand from `i * 32` up to the next step.
    pub class_for_demand: [u8; DEMAND_STEPS],
}

impl Placement {
    /// The table for these classes, the fastest first.
    #[must_use]
    pub fn new(classes: &[ClassTerms], profile: Profile) -> Self {
        Self { class_for_demand: std::array::from_fn(|step| class_for(classes, step, profile)) }
    }
}

/// The class for demands in this step.
fn class_for(classes: &[ClassTerms], step: usize, profile: Profile) -> u8 {
    let thrifty = match profile {
        Profile::Performance => false,
        Profile::Balanced => step as u32 * STEP >= LIGHT,
        Profile::Powersave => true,
    };
    let most = (step as u32 + 1) * STEP;
    let fits = |(rank, class): &(usize, &ClassTerms)| *rank == 0 || thrifty && 2 * most <= class.capacity;
    let fitting = classes.iter().take(MAX_CLASSES).enumerate().filter(fits);
    // Of those that cost the same, the fastest: `min_by_key` keeps the first.
    let cheapest = fitting.min_by_key(|(_, class)| class.costs[step]);
    cheapest.map_or(0, |(rank, _)| u8::try_from(rank).unwrap_or(0))
}

/// The classes of a machine, the fastest first.
#[must_use]
pub fn class_terms(topology: &Topology) -> Vec<ClassTerms> {
    let costs = Costs::new(topology);
    let cost = |class, step| costs.of(class, Capacity((step as u32 + 1) * STEP)).unwrap_or(u32::MAX);
    let terms = |class: &Class| ClassTerms {
        capacity: class.capacity.0,
        costs: std::array::from_fn(|step| cost(class.id, step)),
    };
    topology.classes.iter().map(terms).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const P: ClassTerms = ClassTerms { capacity: 1024, costs: [50; DEMAND_STEPS] };
    const E: ClassTerms = ClassTerms { capacity: 512, costs: [25; DEMAND_STEPS] };
    const LP_E: ClassTerms = ClassTerms { capacity: 340, costs: [15; DEMAND_STEPS] };

    fn class_of(demand: usize, classes: &[ClassTerms], profile: Profile) -> u8 {
        Placement::new(classes, profile).class_for_demand[demand * DEMAND_STEPS / 1024]
    }

    #[test]
    fn light_and_heavy_work_is_fast_and_the_rest_is_thrifty() {
        let balanced = |demand| class_of(demand, &[P, E], Profile::Balanced);
        assert_eq!([51, 102, 205, 240, 307, 1023].map(balanced), [0, 0, 1, 1, 0, 0]);
    }

    #[test]
    fn powersave_has_light_work_where_it_costs_least() {
        let powersave = |demand| class_of(demand, &[P, E, LP_E], Profile::Powersave);
        assert_eq!([0, 150, 170, 205, 307].map(powersave), [2, 2, 1, 1, 0]);
    }

    #[test]
    fn performance_has_all_on_the_fastest() {
        assert_eq!(Placement::new(&[P, E, LP_E], Profile::Performance), Placement::default());
    }

    #[test]
    fn a_slower_class_that_costs_more_gets_nobody() {
        let wasteful = ClassTerms { costs: [60; DEMAND_STEPS], ..E };
        assert_eq!(Placement::new(&[P, wasteful], Profile::Powersave), Placement::default());
    }

    proptest! {
        #[test]
        fn who_is_sent_to_a_slower_class_fits_at_half_of_it(
            classes in prop::collection::vec((1..=1024_u32, 0..10_u32), 1..12),
        ) {
            let classes: Vec<_> = classes.into_iter().map(|(capacity, cost)| ClassTerms { capacity, costs: [cost; DEMAND_STEPS] }).collect();
            for profile in [Profile::Performance, Profile::Balanced, Profile::Powersave] {
                let table = Placement::new(&classes, profile).class_for_demand;
                for (step, class) in (1..).zip(table) {
                    let class = usize::from(class);
                    prop_assert!(class < classes.len().min(MAX_CLASSES));
                    prop_assert!(class == 0 || step * 64 <= classes[class].capacity);
                    prop_assert!(class == 0 || classes[class].costs < classes[0].costs);
                }
            }
        }
    }
}
