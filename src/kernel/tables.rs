//! The tables that BPF looks things up in, made from the domains. Pure.

use super::skel::{MapValue, intf};
use crate::cpuset::CpuSet;
use crate::domain::{Domain, Domains, Proximity};
use crate::frequency::Asked;
use crate::placement::{MAX_CLASSES, Ranks};
use crate::topology::Topology;
use crate::units::{ClassId, CpuId, DomainId, LlcId, NodeId};
use std::collections::BTreeMap;

/// The values of the scheduler's maps, by index.
pub struct Tables {
    pub cpu_configs: Vec<intf::cpu_config>,
    pub domain_configs: Vec<intf::domain_config>,
    pub domain_cpus: Vec<u32>,
    pub neighbours: Vec<intf::near_domain>,
    /// The mask of each node that has CPUs.
    pub node_areas: BTreeMap<NodeId, u32>,
    /// By class, the fastest first: the capacity of one of its CPUs. Of one class only where classes decide nothing.
    pub class_capacities: Vec<u32>,
    /// For each domain, by class: the nearest domain of that class.
    pub class_domains: Vec<u32>,
    /// Are some CPUs of a domain to be preferred to its others?
    pub ranks_differ: bool,
    /// Entries of the map of LLC and node masks, and one more for the whole machine.
    pub areas: u32,
    pub smt: bool,
}

impl Tables {
    /// Make them. `possible` are the CPUs that may ever come online: one that is offline now gets the domain of the CPU
    /// nearest by number, so that the scheduler has a place for it when it comes.
    /// Without `classes` all CPUs count as alike, preferred ones too. The frequency of those in `cpuperf` is asked of the scheduler.
    pub fn new(topology: &Topology, domains: &Domains, possible: &CpuSet, classes: bool, cpuperf: &[Asked]) -> Self {
        let class_capacities: Vec<u32> = topology.classes.iter().map(|class| class.capacity.0).collect();
        let ranks = if classes { Ranks::new(topology, domains) } else { Ranks::default() };
        let classes = if classes { class_capacities.len().clamp(1, MAX_CLASSES) } else { 1 };
        let llcs = index_of(domains, |domain| domain.llc);
        let nodes = index_of(domains, |domain| domain.node);
        let cpu_configs = cpu_configs(topology, domains, possible, classes, cpuperf);
        let (domain_configs, domain_cpus) = domain_configs(domains, &cpu_configs, &llcs, &nodes, classes);
        let mut tables = Self {
            cpu_configs,
            domain_configs,
            domain_cpus,
            neighbours: neighbours(domains),
            node_areas: nodes.iter().copied().zip(llcs.len() as u32..).collect(),
            class_capacities: class_capacities.into_iter().take(classes).collect(),
            class_domains: class_domains(domains, classes),
            ranks_differ: ranks.differ(),
            areas: (llcs.len() + nodes.len() + 1) as u32,
            smt: topology.cores.iter().any(|core| core.cpus.len() > 1),
        };
        tables.prefer(&ranks);
        tables
    }
}

impl Tables {
    /// Let classes rank otherwise: `domains` are those of before, each with the rank of its class, 0 for the fastest.
    pub fn rank(&mut self, domains: &Domains, capacities: &[u32]) {
        let classes = self.class_capacities.len();
        let rank = |id: u32| domains.get(DomainId(id)).map(|domain| class_index(domain.class, classes));
        for (config, id) in self.domain_configs.iter_mut().zip(0..) {
            config.class = rank(id).unwrap_or(config.class);
        }
        for config in &mut self.cpu_configs {
            config.class = rank(config.domain).unwrap_or(config.class);
        }
        self.class_domains = class_domains(domains, classes);
        self.class_capacities = capacities.iter().copied().take(classes).collect();
    }

    /// Let CPUs of a domain rank so, the best first among its CPUs. One that nothing is known of, since it is offline, is of the
    /// last.
    pub fn prefer(&mut self, ranks: &Ranks) {
        for config in &self.domain_configs {
            let (first, count) = (config.first_cpu as usize, config.nr_cpus as usize);
            let row = &mut self.domain_cpus[first..first + count];
            let last = row.iter().filter_map(|cpu| ranks.of(CpuId(*cpu))).max().unwrap_or(0);
            let rank = |cpu: &u32| ranks.of(CpuId(*cpu)).unwrap_or(last);
            row.iter().for_each(|cpu| self.cpu_configs[*cpu as usize].rank = rank(cpu));
            row.sort_by_key(|cpu| (rank(cpu), *cpu));
        }
    }

    /// By CPU id; none for one that never comes.
    pub fn cpu_domains(&self) -> Vec<Option<DomainId>> {
        let domain =
            |config: &intf::cpu_config| (config.domain != intf::none_NO_DOMAIN).then_some(DomainId(config.domain));
        self.cpu_configs.iter().map(domain).collect()
    }
}

/// The distinct ids of one kind among the domains, sorted: their positions are mask numbers.
fn index_of<Id: Ord + Copy>(domains: &Domains, of: impl Fn(&crate::domain::Domain) -> Id) -> Vec<Id> {
    let mut ids: Vec<Id> = domains.domains.iter().map(of).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// The configurations, and the CPUs of all domains in a row: those that are offline now too.
fn domain_configs(
    domains: &Domains,
    cpu_configs: &[intf::cpu_config],
    llcs: &[LlcId],
    nodes: &[NodeId],
    classes: usize,
) -> (Vec<intf::domain_config>, Vec<u32>) {
    let mut all: Vec<u32> = Vec::new();
    let configs = domains
        .domains
        .iter()
        .map(|domain| {
            let cpus = (0u32..).zip(cpu_configs).filter(|(_, config)| config.domain == domain.id.0).map(|(cpu, _)| cpu);
            let first_cpu = all.len();
            all.extend(cpus);
            let mut config = intf::domain_config::zeroed();
            config.llc_mask = llcs.partition_point(|id| *id < domain.llc) as u32;
            config.node_mask = (llcs.len() + nodes.partition_point(|id| *id < domain.node)) as u32;
            config.first_cpu = first_cpu as u32;
            config.nr_cpus = (all.len() - first_cpu) as u32;
            config.node = i32::try_from(domain.node.0).unwrap_or(-1);
            let in_llc = domains.domains.iter().filter(|other| other.llc == domain.llc).count();
            config.shares_llc = u32::from(in_llc > 1);
            config.class = class_index(domain.class, classes);
            config
        })
        .collect();
    (configs, all)
}

/// By CPU id: the thread after it in the ring of its core's threads, itself where it is the only one. In one walk over the cores,
/// not one for each CPU.
fn next_threads(topology: &Topology, ids: u32) -> Vec<u32> {
    let mut next: Vec<u32> = (0..ids).collect();
    for core in &topology.cores {
        let after = core.cpus.iter().skip(1).chain(core.cpus.first());
        for (cpu, after) in core.cpus.iter().zip(after) {
            if let Some(place) = next.get_mut(cpu.index()) {
                *place = after.0;
            }
        }
    }
    next
}

fn cpu_configs(
    topology: &Topology,
    domains: &Domains,
    possible: &CpuSet,
    classes: usize,
    cpuperf: &[Asked],
) -> Vec<intf::cpu_config> {
    let ids = possible.iter().map(|cpu| cpu.0 + 1).max().unwrap_or(1);
    (0..ids)
        .zip(next_threads(topology, ids))
        .map(|(id, next_thread)| {
            let mut config = intf::cpu_config::zeroed();
            config.domain = intf::none_NO_DOMAIN;
            config.next_thread = next_thread;
            if possible.contains(CpuId(id)) {
                config.domain = nearest_domain(domains, id).0;
                let domain = domains.get(DomainId(config.domain));
                config.class = domain.map_or(0, |domain| class_index(domain.class, classes));
                if let Some(asked) = cpuperf.iter().find(|asked| asked.cpus.contains(CpuId(id))) {
                    config.cpuperf = 1;
                    config.max_khz = asked.unmeasured.map_or(0, |(highest, _)| highest);
                }
            }
            config
        })
        .collect()
}

/// The domain of a CPU, or of the CPU nearest to it by number that has one.
fn nearest_domain(domains: &Domains, cpu: u32) -> DomainId {
    domains.domain_of(CpuId(cpu)).unwrap_or_else(|| {
        let all = domains.domains.iter().flat_map(|domain| domain.cpus.iter().map(move |known| (known, domain.id)));
        all.min_by_key(|(known, _)| known.0.abs_diff(cpu)).map_or(DomainId(0), |(_, id)| id)
    })
}

/// The class as a position in tables of `classes`: any slower ones count as the last.
fn class_index(class: ClassId, classes: usize) -> u32 {
    class.0.min(classes as u32 - 1)
}

/// For each domain the nearest of each class, itself if it is of that class; and if none is.
fn class_domains(domains: &Domains, classes: usize) -> Vec<u32> {
    let nearest = |domain: &Domain, class: u32| {
        let is_of = |id: DomainId| domains.get(id).is_some_and(|other| class_index(other.class, classes) == class);
        let all =
            std::iter::once(domain.id).chain(domains.neighbours[domain.id.index()].iter().map(|near| near.domain));
        all.into_iter().find(|id| is_of(*id)).unwrap_or(domain.id).0
    };
    domains.domains.iter().flat_map(|domain| (0..classes as u32).map(move |class| nearest(domain, class))).collect()
}

fn neighbours(domains: &Domains) -> Vec<intf::near_domain> {
    let count = domains.domains.len();
    let mut table = vec![intf::near_domain::zeroed(); count * count];
    for (row, nearest) in table.chunks_mut(count.max(1)).zip(&domains.neighbours) {
        for (slot, neighbour) in row.iter_mut().zip(nearest) {
            slot.domain = neighbour.domain.0;
            slot.proximity = match neighbour.proximity {
                Proximity::SameLlc => intf::proximity_NEAR_LLC,
                Proximity::SameNode => intf::proximity_NEAR_NODE,
                Proximity::Remote { .. } => intf::proximity_NEAR_REMOTE,
            };
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::{Source, read};

    fn tables(machine: &str, possible: &str) -> Tables {
        let topology = Source::parse(machine).and_then(|source| read(&source)).expect("a good machine");
        let domains = Domains::build(&topology).expect("a good machine");
        Tables::new(&topology, &domains, &possible.parse().expect("a cpulist"), true, &[])
    }

    #[test]
    fn every_possible_cpu_has_a_domain_and_the_others_none() {
        let tables = tables("synthetic:node:2 l3:1 core:2 pu:1", "0-3,6");
        let domains: Vec<u32> = tables.cpu_configs.iter().map(|config| config.domain).collect();
        assert_eq!(domains, [0, 0, 1, 1, intf::none_NO_DOMAIN, intf::none_NO_DOMAIN, 1]);
        assert_eq!(tables.domain_cpus, [0, 1, 2, 3, 6]);
        assert_eq!(tables.domain_configs[1].nr_cpus, 3, "a CPU that is offline now counts too");
    }

    #[test]
    fn each_domain_lists_its_cpus_and_its_areas() {
        let tables = tables("synthetic:node:2 l3:2 core:1 pu:2", "0-7");
        assert!(tables.smt);
        assert_eq!(tables.domain_cpus, [0, 1, 2, 3, 4, 5, 6, 7]);
        let configs: Vec<_> =
            tables.domain_configs.iter().map(|c| (c.first_cpu, c.nr_cpus, c.llc_mask, c.node_mask, c.node)).collect();
        assert_eq!(configs, [(0, 2, 0, 4, 0), (2, 2, 1, 4, 0), (4, 2, 2, 5, 1), (6, 2, 3, 5, 1)]);
        assert_eq!(tables.areas, 7);
        assert!(tables.domain_configs.iter().all(|config| config.shares_llc == 0));
    }

    #[test]
    fn the_threads_of_a_core_are_a_ring() {
        let next = |machine, possible| -> Vec<u32> {
            tables(machine, possible).cpu_configs.iter().map(|config| config.next_thread).collect()
        };
        assert_eq!(next("synthetic:node:2 l3:2 core:1 pu:2", "0-7"), [1, 0, 3, 2, 5, 4, 7, 6]);
        // Who is offline now has no core that is known.
        assert_eq!(next("synthetic:core:2 pu:4", "0-9"), [1, 2, 3, 0, 5, 6, 7, 4, 8, 9]);
        assert_eq!(next("synthetic:core:3 pu:1", "0-2"), [0, 1, 2]);
    }

    #[test]
    fn the_best_cpus_of_a_domain_come_first_and_may_change() {
        let topology = Source::parse("synthetic:l3:2 core:3 pu:1").and_then(|source| read(&source)).expect("a machine");
        let domains = Domains::build(&topology).expect("a good machine");
        let prefer = |order: &[&str]| topology.clone().preferring(order);
        let known = prefer(&["2,5", "0-1,3-4"]);
        let of = |classes| Tables::new(&known, &domains, &"0-6".parse().expect("a cpulist"), classes, &[]);
        let ranks = |tables: &Tables| -> (Vec<u32>, Vec<u32>) {
            (tables.domain_cpus.clone(), tables.cpu_configs.iter().map(|config| config.rank).collect())
        };
        let mut tables = of(true);
        assert!(tables.ranks_differ);
        assert_eq!(ranks(&tables), (vec![2, 0, 1, 5, 3, 4, 6], vec![1, 1, 0, 1, 1, 0, 1]));
        tables.prefer(&Ranks::new(&prefer(&["0", "1", "2", "3-5"]), &domains));
        assert_eq!(ranks(&tables), (vec![0, 1, 2, 3, 4, 5, 6], vec![0, 1, 2, 0, 0, 0, 0]));
        assert!(!of(false).ranks_differ);
        assert_eq!(ranks(&of(false)), ((0..7).collect(), vec![0; 7]));
    }

    #[test]
    fn classes_may_change_places() {
        let mut topology =
            Source::parse("synthetic:l3:1 core:4 pu:1").and_then(|source| read(&source)).expect("a machine");
        let classes: crate::topology::ClassSpec = "0-1=P:1024,2-3=E:512".parse().expect("classes");
        classes.apply(&mut topology).expect("its classes");
        let mut domains = Domains::build(&topology).expect("a good machine");
        let mut tables = Tables::new(&topology, &domains, &"0-4".parse().expect("a cpulist"), true, &[]);
        let ranks = |tables: &Tables| {
            let of_cpus: Vec<u32> = tables.cpu_configs.iter().map(|config| config.class).collect();
            (of_cpus, tables.class_domains.clone(), tables.class_capacities.clone())
        };
        assert_eq!(ranks(&tables), (vec![0, 0, 1, 1, 1], vec![0, 1, 0, 1], vec![1024, 512]));
        domains.domains[0].class = ClassId(1);
        domains.domains[1].class = ClassId(0);
        tables.rank(&domains, &[512, 1024]);
        assert_eq!(ranks(&tables), (vec![1, 1, 0, 0, 0], vec![1, 0, 1, 0], vec![512, 1024]));
        assert_eq!(tables.domain_configs.iter().map(|config| config.class).collect::<Vec<_>>(), [1, 0]);
    }

    #[test]
    fn neighbours_come_nearest_first() {
        let tables = tables("synthetic:node:2 l3:2 core:1 pu:1", "0-3");
        let of_domain_0: Vec<_> = tables.neighbours[..3].iter().map(|n| (n.domain, n.proximity)).collect();
        assert_eq!(of_domain_0[0], (1, intf::proximity_NEAR_NODE));
        assert!(of_domain_0[1..].iter().all(|(domain, near)| *domain >= 2 && *near == intf::proximity_NEAR_REMOTE));
    }
}
