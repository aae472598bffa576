//! Properties of a round, over random machines and loads.

use super::{Balancer, DomainSample, Imbalance, Params, Plan, Sample};
use crate::cpuset::CpuSet;
use crate::domain::{Domain, Domains, Neighbour, Proximity};
use crate::units::{Capacity, ClassId, CpuId, DomainId, LlcId, NodeId};
use proptest::prelude::*;

/// Two domains a node, `capacity` a CPU by domain; `cpus` CPUs each.
pub(super) fn machine(capacities: &[u32], cpus: u32) -> Domains {
    let domain = |id: u32, capacity: u32| Domain {
        id: DomainId(id),
        node: NodeId(id / 2),
        llc: LlcId(id),
        class: ClassId(0),
        cpus: (id * cpus..(id + 1) * cpus).map(CpuId).collect::<CpuSet>(),
        capacity: Capacity(capacity * cpus),
    };
    let domains: Vec<Domain> = (0..).zip(capacities).map(|(id, capacity)| domain(id, *capacity)).collect();
    let neighbours = domains.iter().map(|of| neighbours(of, &domains)).collect();
    Domains { domains, neighbours }
}

fn neighbours(of: &Domain, all: &[Domain]) -> Vec<Neighbour> {
    let near = |other: &Domain| match other.node.0.abs_diff(of.node.0) {
        0 => Proximity::SameNode,
        apart => Proximity::Remote { distance: 20 + apart },
    };
    let others = all.iter().filter(|other| other.id != of.id);
    let mut list: Vec<Neighbour> = others.map(|other| Neighbour { domain: other.id, proximity: near(other) }).collect();
    list.sort_by_key(|neighbour| neighbour.proximity);
    list
}

/// Hogs at nice 0, `tasks` in each domain of 2 CPUs.
fn hogs(tasks: &[u64]) -> Sample {
    let domain = |tasks: &u64| DomainSample {
        load: tasks * 1024,
        runnable_milli: tasks * 1000,
        online: 2,
        ..Default::default()
    };
    Sample { domains: tasks.iter().map(domain).collect(), ..Default::default() }
}

/// What a balancer plans that has seen the same in the round before, and nothing else.
fn plan(domains: &Domains, sample: &Sample) -> Plan {
    let mut balancer = Balancer::default();
    let _ = balancer.plan(domains, sample);
    balancer.plan(domains, sample)
}

fn imbalances(domains: &Domains, sample: &Sample) -> Vec<Imbalance> {
    let mut balancer = Balancer::default();
    let _ = balancer.plan(domains, sample);
    let _ = balancer.plan(domains, sample);
    balancer.imbalances().to_vec()
}

/// The loads after a plan has been carried out to the letter, by tasks of the domain's mean load.
fn carried_out(sample: &Sample, plan: &Plan) -> Sample {
    let mut after = sample.clone();
    for flow in &plan.flows {
        let from = &sample.domains[flow.src.index()];
        let tasks = flow.amount * from.runnable_milli / from.load;
        after.domains[flow.src.index()].load -= flow.amount;
        after.domains[flow.src.index()].runnable_milli -= tasks;
        after.domains[flow.dst.index()].load += flow.amount;
        after.domains[flow.dst.index()].runnable_milli += tasks;
    }
    after
}

fn total_imbalance(domains: &Domains, sample: &Sample) -> u64 {
    imbalances(domains, sample).iter().map(|i| i.over.unsigned_abs()).sum()
}

#[test]
fn nothing_moves_when_balanced() {
    let domains = machine(&[1024; 4], 2);
    assert_eq!(plan(&domains, &hogs(&[4, 4, 4, 4])), Plan::default());
    assert_eq!(plan(&domains, &hogs(&[0, 0, 0, 0])), Plan::default());
}

#[test]
fn all_in_one_place_spreads_nearest_first() {
    let domains = machine(&[1024; 4], 2);
    let plan = plan(&domains, &hogs(&[16, 0, 0, 0]));
    let flows: Vec<_> = plan.flows.iter().map(|flow| (flow.src.0, flow.dst.0, flow.amount)).collect();
    assert_eq!(flows, [(0, 1, 4096), (0, 2, 4096), (0, 3, 4096)]);
}

#[test]
fn shares_follow_capacity() {
    let domains = machine(&[1024, 512], 2);
    let over: Vec<i64> = imbalances(&domains, &hogs(&[3, 3])).iter().map(|i| i.over).collect();
    assert_eq!(over, [-1024, 1024], "six hogs are four on the fast domain and two on the slow one");
}

#[test]
fn heat_takes_capacity_and_makes_no_crowd() {
    let domains = machine(&[1024; 2], 2);
    let mut sample = hogs(&[4, 4]);
    assert_eq!(plan(&domains, &sample), Plan::default());
    sample.domains[0].heat_milli = 400;
    let over: Vec<i64> = imbalances(&domains, &sample).iter().map(|i| i.over).collect();
    assert_eq!(over, [1024, -1024], "of eight hogs, three of 1228 of capacity and five of 2048");
    assert_eq!(plan(&domains, &sample).flows[0].dst, domains.domains[1].id);
    let mut sample = hogs(&[2, 0]);
    sample.domains[0].heat_milli = 400;
    assert_eq!(plan(&domains, &sample), Plan::default(), "each has a CPU");
}

#[test]
fn a_domain_with_a_cpu_for_each_task_gives_nothing() {
    let domains = machine(&[1024; 2], 2);
    let mut sample = hogs(&[2, 0]);
    sample.domains[0].load = 2 * 88761; // two at nice -20
    assert_eq!(plan(&domains, &sample), Plan::default());
}

#[test]
fn pinned_load_stays() {
    let domains = machine(&[1024; 2], 2);
    let mut sample = hogs(&[8, 0]);
    sample.domains[0].pinned = 7 * 1024;
    let plan = plan(&domains, &sample);
    assert_eq!(plan.flows.iter().map(|flow| flow.amount).sum::<u64>(), 1024);
}

#[test]
fn nothing_flows_to_a_domain_without_cpus() {
    let domains = machine(&[1024; 3], 2);
    let mut sample = hogs(&[9, 0, 0]);
    sample.domains[1].online = 0;
    let plan = plan(&domains, &sample);
    assert!(plan.flows.iter().all(|flow| flow.dst == DomainId(2)) && !plan.flows.is_empty(), "{plan:?}");
}

#[test]
fn what_a_higher_class_has_is_not_there() {
    let domains = machine(&[1024; 2], 4);
    let mut sample = hogs(&[6, 6]);
    sample.span_ns = 100_000_000;
    for domain in &mut sample.domains {
        domain.online = 4;
    }
    sample.domains[0].taken_milli = 950;
    let mut balancer = Balancer::default();
    for _ in 0..50 {
        let _ = balancer.plan(&domains, &sample);
    }
    let shares: Vec<u64> = balancer.imbalances().iter().map(|imbalance| imbalance.share).collect();
    assert_eq!(shares, [5316, 6972], "12 hogs on 3.05 and 4 CPUs");
    let mut fresh = Balancer::default();
    let _ = fresh.plan(&domains, &sample);
    assert!(fresh.imbalances()[0].share > 5900, "one round of it is no proof: {:?}", fresh.imbalances());
}

#[test]
fn a_flow_has_to_be_worth_its_distance() {
    let domains = machine(&[1024; 4], 2);
    let mut sample = hogs(&[16, 16, 16, 16]);
    sample.span_ns = 100_000_000;
    sample.domains[0].load += 82;
    sample.domains[2].load -= 82;
    assert_eq!(plan(&domains, &sample), Plan::default(), "0.6 % of 16 tasks, with what is owed, to another node");
    sample.domains[2].load += 82;
    sample.domains[1].load -= 82;
    assert_eq!(plan(&domains, &sample).flows.len(), 1, "the same on one node");
}

#[test]
fn a_little_too_much_has_to_show_for_a_while_and_a_lot_does_not() {
    let domains = machine(&[1024; 2], 2);
    let mut sample = hogs(&[6, 6]);
    sample.span_ns = 100_000_000;
    sample.domains[0].load += 400;
    sample.domains[1].load -= 400;
    let mut balancer = Balancer::default();
    assert_eq!(balancer.plan(&domains, &sample), Plan::default());
    assert_eq!(balancer.plan(&domains, &sample).flows.len(), 1);
    sample.span_ns = 20_000_000;
    let mut balancer = Balancer::default();
    let flows: [usize; 5] = std::array::from_fn(|_| balancer.plan(&domains, &sample).flows.len());
    assert_eq!(flows, [0, 0, 0, 0, 1], "it is time that counts");
    assert_eq!(Balancer::default().plan(&domains, &hogs(&[7, 5])).flows.len(), 1);
}

#[test]
fn what_a_higher_class_has_crowds() {
    let domains = machine(&[1024; 2], 2);
    let mut sample = hogs(&[2, 2]);
    sample.span_ns = 100_000_000;
    let mut balancer = Balancer::default();
    let _ = balancer.plan(&domains, &sample);
    assert!(!balancer.is_crowded());
    sample.domains[0].taken_milli = 20;
    let _ = balancer.plan(&domains, &sample);
    assert!(!balancer.is_crowded(), "kernel threads are no crowd");
    sample.domains[0].taken_milli = 1000;
    let _ = balancer.plan(&domains, &sample);
    assert!(balancer.is_crowded());
}

#[test]
fn a_sample_of_another_machine_plans_nothing() {
    assert_eq!(plan(&machine(&[1024; 2], 2), &hogs(&[9, 0, 0])), Plan::default());
}

prop_compose! {
    fn domain_sample()(
        load in 0u64..200_000, pinned_percent in 0u64..=100, runnable_milli in 0u64..40_000, taken_milli in 0u32..1500,
        online in 0u32..=2,
    ) -> DomainSample {
        DomainSample { load, pinned: load * pinned_percent / 100, runnable_milli, taken_milli, online, ..Default::default() }
    }
}

prop_compose! {
    fn machine_and_sample()(count in 1usize..24)(
        capacities in prop::collection::vec(prop::sample::select(vec![512u32, 800, 1024]), count),
        domains in prop::collection::vec(domain_sample(), count),
    ) -> (Domains, Sample) {
        (machine(&capacities, 2), Sample { domains, ..Default::default() })
    }
}

proptest! {
    #[test]
    fn every_plan_keeps_the_rules((domains, sample) in machine_and_sample()) {
        let before = imbalances(&domains, &sample);
        let plan = plan(&domains, &sample);
        prop_assert_eq!(plan.verify_invariants(&before), Ok(()));
        for id in 0..before.len() {
            let out: Vec<_> = plan.flows.iter().filter(|flow| flow.src.index() == id).collect();
            let given: u64 = out.iter().map(|flow| flow.amount).sum();
            let taken: u64 = plan.flows.iter().filter(|flow| flow.dst.index() == id).map(|flow| flow.amount).sum();
            prop_assert!(given <= sample.domains[id].load - sample.domains[id].pinned);
            prop_assert!(taken == 0 || sample.domains[id].online > 0);
        }
        prop_assert!(plan.flows.iter().all(|flow| flow.amount >= Params::default().min_amount));
    }

    #[test]
    fn load_is_conserved_and_imbalance_never_grows((domains, sample) in machine_and_sample()) {
        let after = carried_out(&sample, &plan(&domains, &sample));
        let sum = |s: &Sample| s.domains.iter().map(|d| d.load).sum::<u64>();
        prop_assert_eq!(sum(&after), sum(&sample));
        prop_assert!(total_imbalance(&domains, &after) <= total_imbalance(&domains, &sample));
        let pairs = imbalances(&domains, &sample).into_iter().zip(imbalances(&domains, &after));
        for (before, after) in pairs {
            prop_assert!(after.over.unsigned_abs() <= before.over.unsigned_abs());
        }
    }

    #[test]
    fn what_one_plan_has_settled_the_next_leaves_alone((domains, sample) in machine_and_sample()) {
        let first = plan(&domains, &sample);
        let full = (0..sample.domains.len()).any(|id| {
            first.flows.iter().filter(|flow| flow.src.index() == id).count() == super::MAX_FLOWS_PER_DOMAIN
        });
        // `plan` is the second of two rounds: what the first had planned and nothing came of rests.
        let rests = Balancer::default().plan(&domains, &sample).flows.iter().any(|flow| !first.flows.contains(flow));
        if full || rests {
            return Ok(());
        }
        let second = plan(&domains, &carried_out(&sample, &first));
        prop_assert!(second.flows.is_empty(), "{second:?}");
    }
}
