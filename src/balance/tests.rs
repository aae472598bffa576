//! Properties of a round, over random machines and loads.

use super::{DomainSample, Params, Plan, Sample, imbalances, plan};
use crate::cpuset::CpuSet;
use crate::domain::{Domain, Domains, Neighbour, Proximity};
use crate::units::{Capacity, ClassId, CpuId, DomainId, LlcId, NodeId};
use proptest::prelude::*;

/// Two domains a node, `capacity` a CPU by domain; `cpus` CPUs each.
fn machine(capacities: &[u32], cpus: u32) -> Domains {
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
    Sample { domains: tasks.iter().map(domain).collect() }
}

/// The loads after a plan has been carried out to the letter.
fn carried_out(sample: &Sample, plan: &Plan) -> Sample {
    let mut after = sample.clone();
    for flow in &plan.flows {
        after.domains[flow.src.index()].load -= flow.amount;
        after.domains[flow.dst.index()].load += flow.amount;
    }
    after
}

fn total_imbalance(domains: &Domains, sample: &Sample) -> u64 {
    imbalances(domains, sample).iter().map(|i| i.over.unsigned_abs()).sum()
}

#[test]
fn nothing_moves_when_balanced() {
    let domains = machine(&[1024; 4], 2);
    assert_eq!(plan(&domains, &hogs(&[4, 4, 4, 4]), &Params::default()), Plan::default());
    assert_eq!(plan(&domains, &hogs(&[0, 0, 0, 0]), &Params::default()), Plan::default());
}

#[test]
fn all_in_one_place_spreads_nearest_first() {
    let domains = machine(&[1024; 4], 2);
    let plan = plan(&domains, &hogs(&[16, 0, 0, 0]), &Params::default());
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
fn a_domain_with_a_cpu_for_each_task_gives_nothing() {
    let domains = machine(&[1024; 2], 2);
    let mut sample = hogs(&[2, 0]);
    sample.domains[0].load = 2 * 88761; // two at nice -20
    assert_eq!(plan(&domains, &sample, &Params::default()), Plan::default());
}

#[test]
fn pinned_load_stays() {
    let domains = machine(&[1024; 2], 2);
    let mut sample = hogs(&[8, 0]);
    sample.domains[0].pinned = 7 * 1024;
    let plan = plan(&domains, &sample, &Params::default());
    assert_eq!(plan.flows.iter().map(|flow| flow.amount).sum::<u64>(), 1024);
}

#[test]
fn nothing_flows_to_a_domain_without_cpus() {
    let domains = machine(&[1024; 3], 2);
    let mut sample = hogs(&[9, 0, 0]);
    sample.domains[1].online = 0;
    let plan = plan(&domains, &sample, &Params::default());
    assert!(plan.flows.iter().all(|flow| flow.dst == DomainId(2)) && !plan.flows.is_empty(), "{plan:?}");
}

#[test]
fn a_sample_of_another_machine_plans_nothing() {
    assert_eq!(plan(&machine(&[1024; 2], 2), &hogs(&[9, 0, 0]), &Params::default()), Plan::default());
}

prop_compose! {
    fn domain_sample()(
        load in 0u64..200_000, pinned_percent in 0u64..=100, runnable_milli in 0u64..40_000, online in 0u32..=2,
    ) -> DomainSample {
        DomainSample { load, pinned: load * pinned_percent / 100, runnable_milli, online }
    }
}

prop_compose! {
    fn machine_and_sample()(count in 1usize..24)(
        capacities in prop::collection::vec(prop::sample::select(vec![512u32, 800, 1024]), count),
        domains in prop::collection::vec(domain_sample(), count),
    ) -> (Domains, Sample) {
        (machine(&capacities, 2), Sample { domains })
    }
}

proptest! {
    #[test]
    fn every_plan_keeps_the_rules((domains, sample) in machine_and_sample()) {
        let params = Params::default();
        let before = imbalances(&domains, &sample);
        let plan = plan(&domains, &sample, &params);
        for (id, own) in before.iter().enumerate() {
            let out: Vec<_> = plan.flows.iter().filter(|flow| flow.src.index() == id).collect();
            let given: u64 = out.iter().map(|flow| flow.amount).sum();
            let taken: u64 = plan.flows.iter().filter(|flow| flow.dst.index() == id).map(|flow| flow.amount).sum();
            prop_assert!(given <= own.can_give, "domain {} gives {} of {:?}", id, given, own);
            prop_assert!(taken <= own.can_take, "domain {} takes {} of {:?}", id, taken, own);
            prop_assert!(given <= sample.domains[id].load - sample.domains[id].pinned);
            prop_assert!(taken == 0 || sample.domains[id].online > 0);
            prop_assert!(out.len() <= super::MAX_FLOWS_PER_DOMAIN);
        }
        prop_assert!(plan.flows.iter().all(|flow| flow.amount >= params.min_amount && flow.src != flow.dst));
    }

    #[test]
    fn load_is_conserved_and_imbalance_never_grows((domains, sample) in machine_and_sample()) {
        let after = carried_out(&sample, &plan(&domains, &sample, &Params::default()));
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
        let params = Params::default();
        let first = plan(&domains, &sample, &params);
        let full = (0..sample.domains.len()).any(|id| {
            first.flows.iter().filter(|flow| flow.src.index() == id).count() == super::MAX_FLOWS_PER_DOMAIN
        });
        prop_assume!(!full);
        let second = plan(&domains, &carried_out(&sample, &first), &params);
        prop_assert!(second.flows.is_empty(), "{second:?}");
    }
}
