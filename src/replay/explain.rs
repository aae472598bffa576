//! Why a plan is as it is, in words. Pure: from the machine, the sample, what the planner made of it, and the plan.

use std::collections::BTreeMap;

use crate::balance::{DomainSample, Flow, Imbalance, Params, Plan, Sample};
use crate::domain::{Domains, Proximity};
use crate::stats::tasks;
use crate::units::DomainId;

/// Loads that differ by less read alike with two digits.
const SMALL: u64 = 5;

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
            let (standing, why_not) = (standing(domains, sample, own, id), why_not(sample, own, params));
            sentences.push(format!("{standing}. It gives nothing: {why_not}."));
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
    let seen = &sample.domains[flow.src.index()];
    format!(
        "{} -> {}: {:.2}. {}{}. {}{}. {} {}",
        flow.src,
        flow.dst,
        tasks(flow.amount),
        standing(domains, seen, src, flow.src),
        giving(src, Planned::of(&planned.given, flow.src)),
        under(domains, dst, flow.dst),
        taking(Planned::of(&planned.taken, flow.dst)),
        nearness(domains, before, flow, planned, params),
        fitting(domains, seen, flow),
    )
}

/// What it should give, all in all.
fn too_much(own: &Imbalance) -> u64 {
    u64::try_from(own.over.saturating_add(own.owed)).unwrap_or(0)
}

/// "Domain 0 (node 0) has 6.00 of load, 1.50 over its share of 4.50".
fn standing(domains: &Domains, sample: &DomainSample, own: &Imbalance, id: DomainId) -> String {
    let (load, share, name) = (tasks(sample.load), tasks(own.share), name(domains, id));
    let sum = made_up(own).map_or(String::new(), |owed| format!("{owed}: {:.2} too much", tasks(too_much(own))));
    format!("{name} has {load:.2} of load, {} its share of {share:.2}{sum}", side(own))
}

/// "Domain 1 (node 1) is 1.50 under its share".
fn under(domains: &Domains, own: &Imbalance, id: DomainId) -> String {
    let sum = made_up(own).map_or(String::new(), |owed| format!("{owed}: room for {:.2}", tasks(own.can_take)));
    format!("{} is {} its share{sum}", name(domains, id), side(own))
}

fn side(own: &Imbalance) -> String {
    format!("{:.2} {}", tasks(own.over.unsigned_abs()), if own.over < 0 { "under" } else { "over" })
}

/// What is to be made up for: on top of that, or against it.
fn made_up(own: &Imbalance) -> Option<String> {
    let owed = own.owed.unsigned_abs();
    let sign = if (own.over < 0) == (own.owed < 0) { "plus" } else { "less" };
    let what = if own.owed > 0 { "lost" } else { "gained" };
    (owed > SMALL).then(|| format!(", {sign} {:.2} for what its tasks have {what} before", tasks(owed)))
}

fn name(domains: &Domains, id: DomainId) -> String {
    domains.get(id).map_or(format!("Domain {id}"), |domain| format!("Domain {id} (node {})", domain.node))
}

/// What of the excess is to be had.
fn giving(own: &Imbalance, given: u64) -> String {
    let (may, given) = (format!("{:.2} of it may leave", tasks(own.can_give)), tasks(given));
    let only_a_part = own.can_give + SMALL < too_much(own);
    match (only_a_part, given > 0.0) {
        (false, false) => String::new(),
        (true, false) => format!("; {may}"),
        (false, true) => format!("; {given:.2} of it leaves by the flows above"),
        (true, true) => format!("; {may}, {given:.2} by the flows above"),
    }
}

fn taking(taken: u64) -> String {
    if taken > 0 { format!("; {:.2} of that is filled by the flows above", tasks(taken)) } else { String::new() }
}

/// Where the destination lies, and whether the source passed over nearer ones.
fn nearness(domains: &Domains, before: &[Imbalance], flow: &Flow, planned: &Planned, params: &Params) -> String {
    let row = &domains.neighbours[flow.src.index()];
    let place = row.iter().position(|near| near.domain == flow.dst).unwrap_or(row.len());
    let where_it_is = row.get(place).map_or("somewhere".to_owned(), |near| match near.proximity {
        Proximity::SameLlc => "under the same cache".to_owned(),
        Proximity::SameNode => "on the same node".to_owned(),
        Proximity::Remote { distance } => format!("on another node (distance {distance})"),
    });
    let room = |id: DomainId| before[id.index()].can_take;
    let left = |id: DomainId| room(id).saturating_sub(Planned::of(&planned.taken, id));
    let nearer = || row[..place].iter().map(|near| near.domain).filter(|id| room(*id) >= params.min_amount);
    let ones = match nearer().count() {
        0 => return format!("It is the nearest with room, {where_it_is}."),
        1 => "a nearer one".to_owned(),
        count => format!("{count} nearer ones"),
    };
    let passed_over = if nearer().all(|id| left(id) < params.min_amount) {
        "had room, which the flows above fill"
    } else {
        "had room too, but not for a flow that is worth it now, or nothing came of the last ones, and they rest"
    };
    format!("It is {where_it_is}: {ones} {passed_over}.")
}

/// Who may go (`bpf/flow.bpf.h`), and what is left to do where the usual task of the source does not fit.
fn fitting(domains: &Domains, src: &DomainSample, flow: &Flow) -> String {
    let range = format!("Tasks of {:.2} to {:.2} may go", tasks(flow.min_load), tasks(flow.max_load));
    let node = |id: DomainId| domains.get(id).map(|domain| domain.node);
    let memory = match (node(flow.src) == node(flow.dst), flow.off_memory) {
        (true, _) => "",
        (false, false) => ", unless their memory is where they are",
        (false, true) => ", away from their memory too: so far over a share, that is no loss",
    };
    let mean = src.load.saturating_mul(1000).checked_div(src.runnable_milli).unwrap_or(0);
    let swap = if mean > flow.max_load {
        format!(" Domain {}'s mean task has {:.2}: a smaller one goes, or two are swapped.", flow.src, tasks(mean))
    } else {
        String::new()
    };
    format!("{range}{memory}.{swap}")
}

fn why_not(sample: &DomainSample, own: &Imbalance, params: &Params) -> String {
    let movable = sample.load.saturating_sub(sample.pinned);
    if sample.runnable_milli <= u64::from(sample.online) * 1000 {
        let (runnable, online) = (sample.runnable_milli as f64 / 1000.0, sample.online);
        format!("with {runnable:.1} runnable tasks for {online} CPUs, each has a CPU already")
    } else if movable < params.min_amount {
        format!("{:.2} of its load can run on one CPU only", tasks(sample.pinned))
    } else if own.can_give < params.min_amount {
        format!(
            "only {:.2} may leave, as each CPU keeps a task, and as so little has to last for a while first",
            tasks(own.can_give)
        )
    } else {
        format!(
            "nobody has room for a flow that is worth it ({:.2} at least, more by distance), or nothing came of the last ones, \
             and they rest",
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
            [
                "0 -> 1: 1.50. Domain 0 (node 0) has 6.00 of load, 1.50 over its share of 4.50. Domain 1 (node 1) is 1.50 under \
              its share. It is the nearest with room, on another node (distance 20). Tasks of 0.09 to 2.00 may go, away from \
              their memory too: so far over a share, that is no loss."
            ]
        );
    }

    #[test]
    fn what_is_owed_and_what_fits_no_task_is_told() {
        let told = |over, owed| {
            let own = Imbalance { over, owed, ..Default::default() };
            side(&own) + &made_up(&own).unwrap_or_default()
        };
        assert_eq!(told(300, 200), "0.29 over, plus 0.20 for what its tasks have lost before");
        assert_eq!(told(300, -200), "0.29 over, less 0.20 for what its tasks have gained before");
        assert_eq!(told(-300, -200), "0.29 under, plus 0.20 for what its tasks have gained before");
        assert_eq!(told(-300, 200), "0.29 under, less 0.20 for what its tasks have lost before");
        assert_eq!(told(-300, 5), "0.29 under");
        let topology =
            Source::parse("synthetic:node:2 l3:1 core:2 pu:1").and_then(|source| read(&source)).expect("a machine");
        let domains = Domains::build(&topology).expect("a machine");
        let hogs = DomainSample { load: 3072, runnable_milli: 3000, ..Default::default() };
        let flow =
            Flow { src: DomainId(0), dst: DomainId(1), amount: 512, min_load: 32, max_load: 682, off_memory: false };
        assert_eq!(
            fitting(&domains, &hogs, &flow),
            "Tasks of 0.03 to 0.67 may go, unless their memory is where they are. Domain 0's mean task has 1.00: a smaller one goes, or two are \
             swapped."
        );
    }

    #[test]
    fn later_flows_say_what_the_others_left() {
        assert_eq!(
            explained("synthetic:node:2 l3:2 core:2 pu:1", &[(12, 0), (1, 0), (8, 0), (3, 0)]),
            [
                "0 -> 1: 5.00. Domain 0 (node 0) has 12.00 of load, 6.00 over its share of 6.00. Domain 1 (node 0) is 5.00 \
                 under its share. It is the nearest with room, on the same node. Tasks of 0.25 to 6.67 may go.",
                "0 -> 3: 1.00. Domain 0 (node 0) has 12.00 of load, 6.00 over its share of 6.00; 5.00 of it leaves by the flows \
                 above. Domain 3 (node 1) is 3.00 under its share. It is on another node (distance 20): a nearer one had \
                 room, which the flows above fill. Tasks of 0.06 to 1.33 may go, away from their memory too: so far over a \
                 share, that is no loss.",
                "2 -> 3: 2.00. Domain 2 (node 1) has 8.00 of load, 2.00 over its share of 6.00. Domain 3 (node 1) is 3.00 under \
                 its share; 1.00 of that is filled by the flows above. It is the nearest with room, on the same node. Tasks \
                 of 0.12 to 2.67 may go."
            ]
        );
    }

    #[test]
    fn who_gives_nothing_says_why() {
        let two = "synthetic:node:2 l3:1 core:2 pu:1";
        for (loads, told) in [
            ([(2, 0), (0, 0)], "It gives nothing: with 2.0 runnable tasks for 2 CPUs, each has a CPU already."),
            ([(4, 4), (0, 0)], "It gives nothing: 4.00 of its load can run on one CPU only."),
            ([(4, 3), (0, 0)], "2.00 over its share of 2.00; 1.00 of it may leave."),
        ] {
            let sentences = explained(two, &loads);
            assert!(sentences.len() == 1 && sentences[0].contains(told), "{told}: {sentences:?}");
        }
        assert_eq!(explained(two, &[(4, 0), (4, 0)]), Vec::<String>::new());
    }

    #[test]
    fn another_machines_sample_explains_nothing() {
        assert_eq!(explained("synthetic:node:2 l3:1 core:2 pu:1", &[(4, 0)]), Vec::<String>::new());
    }
}
