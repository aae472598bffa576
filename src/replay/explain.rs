//! Why a plan is as it is, in words. Pure: from the machine, the sample, what the planner made of it, and the plan.

use std::collections::BTreeMap;

use crate::balance::{DomainSample, Flow, Imbalance, Params, Plan, Sample};
use crate::domain::{Domains, Proximity};
use crate::stats::tasks;
use crate::units::DomainId;

/// A sentence a flow, then one for each domain that is over its share and gives nothing. `before` are the imbalances that the
/// plan was made on. Empty where sample or imbalances are not of these domains.
#[must_use]
pub fn explain(domains: &Domains, sample: &Sample, before: &[Imbalance], plan: &Plan, params: &Params) -> Vec<String> {
    if sample.domains.len() != domains.len() || before.len() != domains.len() {
        return Vec::new();
    }
    let mut planned = Planned::default();
    let mut sentences: Vec<String> = Vec::new();
    for flow in &plan.flows {
        sentences.push(why(domains, sample, before, flow, &planned, params));
        planned.add(flow);
    }
    for (id, sample) in (0..).map(DomainId).zip(&sample.domains) {
        let own = &before[id.index()];
        if too_much(own) >= params.min_amount && !planned.given.contains_key(&id) {
            sentences.push(format!(
                "{}, and it gives nothing: {}.",
                standing(domains, sample, own, id),
                why_not(sample, own, params)
            ));
        }
    }
    sentences
}

/// What the flows explained so far take from their sources and bring to their destinations.
#[derive(Default)]
struct Planned {
    given: BTreeMap<DomainId, u64>,
    taken: BTreeMap<DomainId, u64>,
}

impl Planned {
    fn add(&mut self, flow: &Flow) {
        *self.given.entry(flow.src).or_default() += flow.amount;
        *self.taken.entry(flow.dst).or_default() += flow.amount;
    }

    fn of(sums: &BTreeMap<DomainId, u64>, id: DomainId) -> u64 {
        sums.get(&id).copied().unwrap_or(0)
    }
}

fn why(
    domains: &Domains,
    sample: &Sample,
    before: &[Imbalance],
    flow: &Flow,
    planned: &Planned,
    params: &Params,
) -> String {
    let (src, dst) = (&before[flow.src.index()], &before[flow.dst.index()]);
    format!(
        "{} -> {}: {:.2}. {}{}. {}{}, {}. {}",
        flow.src,
        flow.dst,
        tasks(flow.amount),
        standing(domains, &sample.domains[flow.src.index()], src, flow.src),
        giving(src, Planned::of(&planned.given, flow.src)),
        under(domains, dst, flow.dst),
        taking(Planned::of(&planned.taken, flow.dst)),
        nearness(domains, before, flow, params),
        fitting(domains, &sample.domains[flow.src.index()], flow),
    )
}

/// What it should give, all in all.
fn too_much(own: &Imbalance) -> u64 {
    u64::try_from(own.over.saturating_add(own.owed)).unwrap_or(0)
}

/// "Domain 0 (node 0) has 6.00 of load, its share by capacity is 4.50: 1.50 over".
fn standing(domains: &Domains, sample: &DomainSample, own: &Imbalance, id: DomainId) -> String {
    let (load, share) = (tasks(sample.load), tasks(own.share));
    let (side, owed) = (side(own), made_up(own));
    format!("{} has {load:.2} of load, its share by capacity is {share:.2}: {side}{owed}", name(domains, id))
}

fn under(domains: &Domains, own: &Imbalance, id: DomainId) -> String {
    format!("{} is {} its share{}", name(domains, id), side(own), made_up(own))
}

fn side(own: &Imbalance) -> String {
    format!("{:.2} {}", tasks(own.over.unsigned_abs()), if own.over < 0 { "under" } else { "over" })
}

/// What is to be made up for on top of that.
fn made_up(own: &Imbalance) -> String {
    let owed = own.owed.unsigned_abs();
    if owed <= 5 {
        return String::new(); // it would read 0.00
    }
    let what = if own.owed > 0 { "go for what its tasks have lost" } else { "come for what its tasks have gained" };
    format!(", and {:.2} has to {what} before", tasks(owed))
}

fn name(domains: &Domains, id: DomainId) -> String {
    domains.get(id).map_or(format!("Domain {id}"), |domain| format!("Domain {id} (node {})", domain.node))
}

/// What of the excess is to be had.
fn giving(own: &Imbalance, given: u64) -> String {
    let part = if own.can_give < too_much(own) {
        format!(", of which {:.2} may leave", tasks(own.can_give))
    } else {
        String::new()
    };
    let before = if given > 0 { format!(", {:.2} of it in the flows above", tasks(given)) } else { String::new() };
    part + &before
}

fn taking(taken: u64) -> String {
    if taken > 0 { format!(", {:.2} of it filled by the flows above", tasks(taken)) } else { String::new() }
}

/// Where the destination lies, and whether the source passed over nearer ones.
fn nearness(domains: &Domains, before: &[Imbalance], flow: &Flow, params: &Params) -> String {
    let row = &domains.neighbours[flow.src.index()];
    let place = row.iter().position(|near| near.domain == flow.dst).unwrap_or(row.len());
    let where_it_is = row.get(place).map_or("unknown", |near| match near.proximity {
        Proximity::SameLlc => "under the same cache",
        Proximity::SameNode => "on the same node",
        Proximity::Remote { .. } => "on another node",
    });
    let distance = match row.get(place).map(|near| near.proximity) {
        Some(Proximity::Remote { distance }) => format!(" (distance {distance})"),
        _ => String::new(),
    };
    let takes = |id: DomainId| before[id.index()].can_take >= params.min_amount;
    let rank = match row[..place].iter().filter(|near| takes(near.domain)).count() {
        0 => "the nearest that is".to_owned(),
        1 => "the next after a nearer one, which has no more room".to_owned(),
        nearer => format!("the next after {nearer} nearer ones, which have no more room"),
    };
    format!("{rank}, {where_it_is}{distance}")
}

/// Who may go (`bpf/flow.bpf.h`), and what is left to do where the usual task of the source does not fit.
fn fitting(domains: &Domains, src: &DomainSample, flow: &Flow) -> String {
    let range = format!("Tasks of {:.2} to {:.2} fit", tasks(flow.min_load), tasks(flow.max_load));
    let far = domains.get(flow.src).map(|domain| domain.node) != domains.get(flow.dst).map(|domain| domain.node);
    let memory = match (far, flow.off_memory) {
        (false, _) => "",
        (true, false) => ", if their memory is not here",
        (true, true) => ", wherever their memory is: so much over, leaving it is no loss",
    };
    let mean = src.load.saturating_mul(1000).checked_div(src.runnable_milli).unwrap_or(0);
    let swap = if mean > flow.max_load {
        format!(" The mean task here has {:.2}: it takes a swap, or a smaller one.", tasks(mean))
    } else {
        String::new()
    };
    format!("{range}{memory}.{swap}")
}

fn why_not(sample: &DomainSample, own: &Imbalance, params: &Params) -> String {
    let movable = sample.load.saturating_sub(sample.pinned);
    if sample.runnable_milli <= u64::from(sample.online) * 1000 {
        let (runnable, online) = (sample.runnable_milli as f64 / 1000.0, sample.online);
        format!("with {runnable:.1} runnable tasks for {online} CPUs each has one already")
    } else if movable < params.min_amount {
        format!("{:.2} of its load is pinned", tasks(sample.pinned))
    } else if own.can_give < params.min_amount {
        format!(
            "only {:.2} may leave, as CPUs keep a task each and what is little has to show for a while",
            tasks(own.can_give)
        )
    } else {
        format!(
            "no other has room left for a flow that is worth it, {:.2} at least and more by distance, or nothing came of \
             the last ones, and they rest",
            tasks(params.min_amount)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::balance::Balancer;
    use crate::domain::Domains;
    use crate::topology::{Source, read};

    fn explained(machine: &str, loads: &[(u64, u64)]) -> Vec<String> {
        let topology = Source::parse(machine).and_then(|source| read(&source)).expect("a machine");
        let domains = Domains::build(&topology).expect("a machine");
        let sample = |&(hogs, pinned): &(u64, u64)| DomainSample {
            load: hogs * 1024,
            pinned: pinned * 1024,
            runnable_milli: hogs * 1000,
            online: 2,
            ..Default::default()
        };
        // In a round of no time nothing is owed yet.
        let sample = Sample { span_ns: 0, domains: loads.iter().map(sample).collect() };
        let mut balancer = Balancer::new(Params::default());
        let plan = balancer.plan(&domains, &sample);
        explain(&domains, &sample, balancer.imbalances(), &plan, &Params::default())
    }

    #[test]
    fn a_flow_is_explained_by_both_its_ends() {
        assert_eq!(
            explained("synthetic:node:2 l3:1 core:2 pu:1", &[(6, 0), (3, 0)]),
            ["0 -> 1: 1.50. Domain 0 (node 0) has 6.00 of load, its share by capacity is 4.50: 1.50 over. \
              Domain 1 (node 1) is 1.50 under its share, the nearest that is, on another node (distance 20). \
              Tasks of 0.09 to 2.00 fit, wherever their memory is: so much over, leaving it is no loss."]
        );
    }

    #[test]
    fn what_is_owed_and_what_fits_no_task_is_told() {
        let [src, dst] = [(300, 200), (-300, -200)].map(|(over, owed)| Imbalance { over, owed, ..Default::default() });
        assert_eq!(
            format!("{}{}", side(&src), made_up(&src)),
            "0.29 over, and 0.20 has to go for what its tasks have lost before"
        );
        assert_eq!(
            format!("{}{}", side(&dst), made_up(&dst)),
            "0.29 under, and 0.20 has to come for what its tasks have gained before"
        );
        let topology =
            Source::parse("synthetic:node:2 l3:1 core:2 pu:1").and_then(|source| read(&source)).expect("a machine");
        let domains = Domains::build(&topology).expect("a machine");
        let hogs = DomainSample { load: 3072, runnable_milli: 3000, ..Default::default() };
        let flow =
            Flow { src: DomainId(0), dst: DomainId(1), amount: 512, min_load: 32, max_load: 682, off_memory: false };
        assert_eq!(
            fitting(&domains, &hogs, &flow),
            "Tasks of 0.03 to 0.67 fit, if their memory is not here. The mean task here has 1.00: it takes a swap, or a smaller one."
        );
    }

    #[test]
    fn later_flows_say_what_the_others_left() {
        assert_eq!(
            explained("synthetic:node:2 l3:2 core:2 pu:1", &[(12, 0), (1, 0), (8, 0), (3, 0)]),
            [
                "0 -> 1: 5.00. Domain 0 (node 0) has 12.00 of load, its share by capacity is 6.00: 6.00 over. \
              Domain 1 (node 0) is 5.00 under its share, the nearest that is, on the same node. \
              Tasks of 0.25 to 6.67 fit.",
                "0 -> 3: 1.00. Domain 0 (node 0) has 12.00 of load, its share by capacity is 6.00: 6.00 over, 5.00 of it in \
              the flows above. Domain 3 (node 1) is 3.00 under its share, the next after a nearer one, which has no more \
              room, on another node (distance 20). Tasks of 0.06 to 1.33 fit, wherever their memory is: so much over, \
              leaving it is no loss.",
                "2 -> 3: 2.00. Domain 2 (node 1) has 8.00 of load, its share by capacity is 6.00: 2.00 over. \
              Domain 3 (node 1) is 3.00 under its share, 1.00 of it filled by the flows above, the nearest that is, \
              on the same node. Tasks of 0.12 to 2.67 fit."
            ]
        );
    }

    #[test]
    fn who_gives_nothing_says_why() {
        let two = "synthetic:node:2 l3:1 core:2 pu:1";
        let one = explained(two, &[(2, 0), (0, 0)]);
        assert!(
            one.len() == 1
                && one[0]
                    .ends_with("over, and it gives nothing: with 2.0 runnable tasks for 2 CPUs each has one already.")
        );
        let one = explained(two, &[(4, 4), (0, 0)]);
        assert!(
            one.len() == 1 && one[0].ends_with("over, and it gives nothing: 4.00 of its load is pinned."),
            "{one:?}"
        );
        let one = explained(two, &[(4, 3), (0, 0)]);
        assert!(one.len() == 1 && one[0].contains("2.00 over, of which 1.00 may leave."), "{one:?}");
        assert_eq!(explained(two, &[(4, 0), (4, 0)]), Vec::<String>::new());
    }

    #[test]
    fn another_machines_sample_explains_nothing() {
        assert_eq!(explained("synthetic:node:2 l3:1 core:2 pu:1", &[(4, 0)]), Vec::<String>::new());
    }
}
