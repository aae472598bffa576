//! What a unit of work costs on a CPU of each class, by how much there is to do: from the energy model where it knows all
//! classes, else by rank, for a class that is slower is thriftier.

use std::cmp::Reverse;

use super::{EnergyModel, PerfDomain};
use crate::cpuset::CpuSet;
use crate::topology::Topology;
use crate::units::{Capacity, ClassId};

/// A demand is looked up in steps of 1/8 of the fastest CPU, rounded up.
const STEPS: usize = 8;

/// What the cheapest class costs at its cheapest.
const CHEAPEST: u64 = 1024;

/// Room that the kernel leaves when it picks a frequency: a quarter more than is used (`map_util_perf`).
const HEADROOM_QUARTERS: u64 = 5;

/// Costs by class and demand, relative to the cheapest: to be compared, not summed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Costs {
    /// By class, then by step; none where a CPU of the class cannot do so much.
    table: Vec<[Option<u32>; STEPS]>,
    modelled: bool,
}

impl Costs {
    /// The costs of the classes of a machine.
    #[must_use]
    pub fn new(topology: &Topology) -> Self {
        let sets: Vec<CpuSet> = topology.classes.iter().map(|class| class.cpus.clone()).collect();
        let models = models(&topology.perf_domains, &sets);
        let rows = topology.classes.iter().enumerate().map(|(index, class)| {
            let model = models.as_ref().map(|models| models[index]);
            std::array::from_fn(|step| {
                let demand = (step as u64 + 1) * 1024 / STEPS as u64;
                let fits = demand <= u64::from(class.capacity.0) || step == step_of(class.capacity);
                fits.then(|| model.map_or(u64::from(class.cost_rank) + 1, |model| cost_at(model, demand)))
            })
        });
        let costs: Vec<[Option<u64>; STEPS]> = rows.collect();
        let least = costs.iter().flatten().flatten().copied().min().unwrap_or(1).max(1);
        let relative = |cost: u64| u32::try_from(u128::from(cost) * u128::from(CHEAPEST) / u128::from(least));
        let table = costs.into_iter().map(|row| row.map(|cost| cost.map(|cost| relative(cost).unwrap_or(u32::MAX))));
        Self { table: table.collect(), modelled: models.is_some() }
    }

    /// Are they from the energy model? Else they follow the ranks of the classes.
    #[must_use]
    pub fn is_modelled(&self) -> bool {
        self.modelled
    }

    /// What a unit of work costs on a CPU of `class` that has `demand` to do (1 to 1024, 1024 being all that a CPU of the
    /// fastest class can do); 1024 is the least that it costs anywhere. None where it cannot do so much.
    #[must_use]
    pub fn of(&self, class: ClassId, demand: Capacity) -> Option<u32> {
        self.table.get(class.index()).and_then(|row| row[step_of(demand)])
    }
}

fn step_of(demand: Capacity) -> usize {
    (demand.0.clamp(1, 1024) as usize * STEPS).div_ceil(1024) - 1
}

fn cost_at(model: &PerfDomain, demand: u64) -> u64 {
    model.state_for(demand * HEADROOM_QUARTERS / 4).map_or(1, |state| state.cost)
}

/// The performance domain that speaks for each class, that of its lowest CPU; none where a class has none, or where some
/// costs are artificial and some are not.
fn models<'a>(domains: &'a [PerfDomain], classes: &[CpuSet]) -> Option<Vec<&'a PerfDomain>> {
    let speaks = |class: &CpuSet| domains.iter().find(|domain| !domain.cpus.is_disjoint(class));
    let models: Vec<&PerfDomain> = classes.iter().map(speaks).collect::<Option<_>>()?;
    let alike = models.windows(2).all(|pair| pair[0].artificial == pair[1].artificial);
    alike.then_some(models)
}

/// The rank of each class by what half of what the slowest can do costs, 0 for the cheapest. Without a model that knows all
/// classes, or where two cost the same, the slower is the cheaper.
pub(in crate::topology) fn cost_ranks(energy: &EnergyModel, classes: &[CpuSet], capacities: &[Capacity]) -> Vec<u32> {
    let demand = capacities.last().map_or(1, |slowest| u64::from(slowest.0) / 2);
    let models = models(&energy.domains, classes);
    let cost = |class: usize| models.as_ref().map_or(0, |models| cost_at(models[class], demand));
    let mut cheapest_first: Vec<usize> = (0..classes.len()).collect();
    cheapest_first.sort_by_key(|&class| (cost(class), Reverse(class)));
    let mut ranks = vec![0; classes.len()];
    for (rank, class) in (0..).zip(cheapest_first) {
        ranks[class] = rank;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::super::{EnergyOrigin, PerfState};
    use super::*;
    use crate::topology::{Source, read};

    /// Does `demand` cost less on a CPU of `one` than on one of `other`?
    fn is_cheaper(costs: &Costs, one: ClassId, other: ClassId, demand: u32) -> bool {
        let cost = |class| costs.of(class, Capacity(demand)).unwrap_or(u32::MAX);
        cost(one) < cost(other)
    }

    /// Two classes of two CPUs each, the slower of half the capacity, with a performance domain each.
    fn machine(fast: &[(u64, u64)], slow: &[(u64, u64)]) -> Topology {
        let source = Source::parse("synthetic:core:4 pu:1").expect("a machine");
        let mut topology = read(&source).expect("a machine");
        let class = |id: u32, name: &str, capacity, cpus: &str| crate::topology::Class {
            id: ClassId(id),
            name: name.to_owned(),
            capacity: Capacity(capacity),
            cost_rank: 1 - id,
            cpus: cpus.parse().expect("a cpulist"),
            preferred: Vec::new(),
        };
        topology.classes = vec![class(0, "P", 1024, "0-1"), class(1, "E", 512, "2-3")];
        let domain = |cpus: &str, states: &[(u64, u64)]| PerfDomain {
            cpus: cpus.parse().expect("a cpulist"),
            microwatts: true,
            artificial: false,
            skips_inefficient: false,
            states: states
                .iter()
                .map(|&(performance, cost)| PerfState {
                    frequency: performance * 4000,
                    power: cost * performance,
                    cost,
                    performance,
                    inefficient: false,
                })
                .collect(),
        };
        let domains = vec![domain("0-1", fast), domain("2-3", slow)].into_iter().filter(|d| !d.states.is_empty());
        let online = &topology.online;
        topology.perf_domains =
            EnergyModel::new(domains.collect(), EnergyOrigin::Debugfs, online).expect("a model").domains;
        topology
    }

    const P: ClassId = ClassId(0);
    const E: ClassId = ClassId(1);

    #[test]
    fn the_energy_model_says_what_is_cheaper_at_which_demand() {
        // An E-core that is driven hard costs more than a P-core at ease.
        let costs = Costs::new(&machine(&[(256, 200), (512, 220), (1024, 400)], &[(256, 100), (512, 300)]));
        assert_eq!(costs.of(E, Capacity(100)), Some(1024));
        assert_eq!(costs.of(P, Capacity(100)), Some(2048));
        assert!(is_cheaper(&costs, E, P, 100) && !is_cheaper(&costs, P, E, 100));
        assert!(is_cheaper(&costs, P, E, 384), "384 and a quarter more needs the E-core's top speed");
        assert_eq!(costs.of(E, Capacity(513)), None);
        assert!(is_cheaper(&costs, P, E, 1024) && !is_cheaper(&costs, E, P, 1024));
    }

    #[test]
    fn without_a_model_of_all_classes_ranks_count() {
        for topology in [machine(&[], &[]), machine(&[(1024, 7)], &[])] {
            let costs = Costs::new(&topology);
            assert_eq!((costs.of(E, Capacity(1)), costs.of(P, Capacity(1))), (Some(1024), Some(2048)));
            assert!(is_cheaper(&costs, E, P, 512));
        }
    }

    #[test]
    fn ranks_follow_the_model_where_there_is_one() {
        let topology = machine(&[(1024, 100)], &[(512, 300)]);
        let sets: Vec<CpuSet> = topology.classes.iter().map(|class| class.cpus.clone()).collect();
        let capacities = [Capacity(1024), Capacity(512)];
        let model = EnergyModel { domains: topology.perf_domains, origin: EnergyOrigin::Debugfs };
        assert_eq!(cost_ranks(&model, &sets, &capacities), [0, 1]);
        assert_eq!(cost_ranks(&EnergyModel::default(), &sets, &capacities), [1, 0]);
    }
}
