//! A machine of indivisible tasks, scheduled as `bpf/` does it as far as plans go: who waits may be moved, what fits is
//! moved, what fits no task may fit a pair, an idle CPU takes what waits elsewhere. Time goes in rounds; everybody
//! always wants to run.

use super::tests::machine;
use super::{Balancer, DomainSample, Flow, Plan, Sample};
use crate::domain::Domains;
use proptest::prelude::*;

const CPUS: u32 = 4;
const ROUND_NS: u64 = 100_000_000;
/// Loads as nice values give them, from nice -5 to nice 10.
const LOADS: [u64; 6] = [3121, 1586, 1024, 820, 335, 110];

#[derive(Clone, Debug)]
struct Task {
    load: u64,
    domain: usize,
    /// By domain: may it run there?
    may_run: Vec<bool>,
}

struct Machine {
    domains: Domains,
    balancer: Balancer,
    online: Vec<u32>,
    tasks: Vec<Task>,
    /// Where the walk through a queue begins: each round elsewhere, as other tasks wait.
    turn: usize,
    /// Tasks that flows moved in the last round, both of a swap.
    moved: usize,
}

/// What may happen between two rounds.
#[derive(Clone, Debug)]
enum Event {
    Arrive { load: usize, domain: usize },
    Leave(usize),
    Restrict { task: usize, to: usize },
    Release(usize),
    Online { domain: usize, cpus: u32 },
}

impl Machine {
    fn new(domains: usize) -> Self {
        let domains = machine(&vec![1024; domains], CPUS);
        let online = vec![CPUS; domains.len()];
        Self { domains, balancer: Balancer::default(), online, tasks: Vec::new(), turn: 0, moved: 0 }
    }

    fn with_hogs(domains: usize, hogs: &[usize]) -> Self {
        let mut machine = Self::new(domains);
        for (domain, hogs) in hogs.iter().enumerate() {
            (0..*hogs).for_each(|_| machine.arrive(1024, domain));
        }
        machine
    }

    fn arrive(&mut self, load: u64, domain: usize) {
        self.tasks.push(Task { load, domain, may_run: vec![true; self.online.len()] });
    }

    fn happen(&mut self, event: &Event) {
        let (domains, tasks) = (self.online.len(), self.tasks.len());
        match event {
            Event::Arrive { load, domain } => self.arrive(LOADS[load % LOADS.len()], domain % domains),
            Event::Online { domain, cpus } => self.online[domain % domains] = *cpus,
            _ if tasks == 0 => {}
            Event::Leave(task) => {
                self.tasks.swap_remove(task % tasks);
            }
            Event::Restrict { task, to } => {
                let task = &mut self.tasks[task % tasks];
                task.may_run = (0..domains).map(|domain| domain == to % domains).collect();
                task.domain = to % domains;
            }
            Event::Release(task) => self.tasks[task % tasks].may_run = vec![true; domains],
        }
        if self.online.iter().all(|online| *online == 0) {
            self.online[0] = 1;
        }
        let refuge = self.online.iter().position(|online| *online > 0).unwrap_or(0);
        for task in &mut self.tasks {
            if self.online[task.domain] == 0 {
                task.domain = refuge;
            }
        }
    }

    fn sample(&self) -> Sample {
        let mut domains: Vec<DomainSample> =
            self.online.iter().map(|online| DomainSample { online: *online, ..Default::default() }).collect();
        let cap = super::load_cap(&Sample {
            domains: vec![DomainSample {
                load: self.tasks.iter().map(|task| task.load).sum(),
                online: self.online.iter().sum(),
                ..Default::default()
            }],
            ..Default::default()
        });
        for task in &self.tasks {
            let domain = &mut domains[task.domain];
            let load = task.load.min(cap);
            domain.load += load;
            domain.runnable_milli += 1000;
            if task.may_run.iter().filter(|may| **may).count() == 1 {
                domain.pinned += load;
            }
        }
        Sample { span_ns: ROUND_NS, domains }
    }

    /// Sample, plan, and spend.
    fn round(&mut self) -> Plan {
        self.turn += 1;
        self.moved = 0;
        let sample = self.sample();
        let plan = self.balancer.plan(&self.domains, &sample);
        assert_eq!(plan.verify_invariants(self.balancer.imbalances()), Ok(()));
        plan.flows.iter().for_each(|flow| self.spend(flow));
        (0..self.online.len()).for_each(|domain| self.steal(domain));
        plan
    }

    /// Who waits in a domain: all but as many as it has CPUs, others each round.
    fn waiting(&self, domain: usize) -> Vec<usize> {
        let members: Vec<usize> = (0..self.tasks.len()).filter(|task| self.tasks[*task].domain == domain).collect();
        let running = (self.online[domain] as usize).min(members.len());
        let first = if members.is_empty() { 0 } else { self.turn % members.len() };
        members.iter().cycle().skip(first).take(members.len()).skip(running).copied().collect()
    }

    fn spend(&mut self, flow: &Flow) {
        let (src, dst) = (flow.src.index(), flow.dst.index());
        let mut left = flow.amount as i64;
        for task in self.waiting(src) {
            let load = self.tasks[task].load;
            let fits = left > 0 && load >= flow.min_load && load <= flow.max_load && load * 3 < left as u64 * 4;
            if fits && self.tasks[task].may_run[dst] {
                self.tasks[task].domain = dst;
                self.moved += 1;
                left -= load as i64;
            }
        }
        if left >= 64 {
            self.swap(src, dst, left);
        }
    }

    fn swap(&mut self, src: usize, dst: usize, left: i64) {
        let may = |task: &usize, to: usize| self.tasks[*task].may_run[to];
        let comes: Vec<usize> = self.waiting(dst).into_iter().filter(|task| may(task, src)).collect();
        let goes: Vec<usize> = self.waiting(src).into_iter().filter(|task| may(task, dst)).collect();
        let pairs = goes.iter().flat_map(|goes| comes.iter().map(move |comes| (*goes, *comes)));
        let given = |(goes, comes): (usize, usize)| self.tasks[goes].load as i64 - self.tasks[comes].load as i64;
        let best = pairs.min_by_key(|pair| (given(*pair) - left).abs());
        if let Some(pair) = best.filter(|pair| given(*pair) > 0 && (given(*pair) - left).abs() <= left / 2) {
            (self.tasks[pair.0].domain, self.tasks[pair.1].domain) = (dst, src);
            self.moved += 2;
        }
    }

    /// An idle CPU takes the first that may run there.
    fn steal(&mut self, domain: usize) {
        while self.tasks.iter().filter(|task| task.domain == domain).count() < self.online[domain] as usize {
            let victims = (0..self.online.len()).filter(|other| *other != domain);
            let found = victims.flat_map(|other| self.waiting(other)).find(|task| self.tasks[*task].may_run[domain]);
            let Some(task) = found else { return };
            self.tasks[task].domain = domain;
        }
    }

    fn overs(&self) -> Vec<i64> {
        self.balancer.imbalances().iter().map(|imbalance| imbalance.over).collect()
    }
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (0..LOADS.len(), 0..8usize).prop_map(|(load, domain)| Event::Arrive { load, domain }),
        4 => (0..64usize).prop_map(Event::Leave),
        1 => (0..64usize, 0..8usize).prop_map(|(task, to)| Event::Restrict { task, to }),
        1 => (0..64usize).prop_map(Event::Release),
        1 => (0..8usize, 0..=CPUS).prop_map(|(domain, cpus)| Event::Online { domain, cpus }),
    ]
}

/// How many tasks flows move in so many rounds.
fn moves(machine: &mut Machine, rounds: usize) -> usize {
    (0..rounds)
        .map(|_| {
            let _ = machine.round();
            machine.moved
        })
        .sum()
}

#[test]
fn a_crowd_in_one_place_is_spread_in_two_rounds() {
    let mut machine = Machine::with_hogs(4, &[48]);
    moves(&mut machine, 2);
    let _ = machine.round();
    assert_eq!(machine.overs(), [0; 4]);
    assert_eq!(moves(&mut machine, 300), 0);
}

#[test]
fn what_no_task_fits_changes_sides_slowly_and_is_fair_in_the_end() {
    let mut machine = Machine::with_hogs(2, &[7, 6]);
    let (mut sum, mut moved) = (0, 0);
    for _ in 0..200 {
        let _ = machine.round();
        sum += machine.overs()[0];
        moved += machine.moved;
    }
    assert!((10..=60).contains(&moved), "{moved} moves in 20 s");
    assert!(sum.abs() / 200 < 100, "{sum}");
}

#[test]
fn what_is_planned_is_mostly_done() {
    let mut machine = Machine::with_hogs(2, &[7, 6]);
    let (mut flows, mut moved) = (0, 0);
    for _ in 0..200 {
        flows += machine.round().flows.len();
        moved += machine.moved;
    }
    println!("{flows} flows, {moved} moves");
    assert!(flows <= 3 * moved, "{flows} flows for {moved} moves");
}

#[test]
fn pairs_are_swapped_where_no_task_fits() {
    let mut machine = Machine::new(2);
    for (load, domain) in [(1024, 0), (335, 1)] {
        (0..12).for_each(|_| machine.arrive(load, domain));
    }
    moves(&mut machine, 50);
    assert!(machine.overs()[0].abs() < 200, "{:?}", machine.overs());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn equal_hogs_that_can_be_even_come_to_rest(domains in 2..6usize, each in 1..10usize, turns in 0..50usize) {
        let mut machine = Machine::new(domains);
        (0..domains * each).for_each(|task| machine.arrive(1024, (task * turns) % domains));
        moves(&mut machine, 60);
        prop_assert_eq!(moves(&mut machine, 200), 0);
        // With a CPU for each, it does not matter where they are.
        let even = machine.overs().iter().all(|over| *over == 0);
        prop_assert!(even || each < CPUS as usize, "{:?}", machine.overs());
    }

    #[test]
    fn no_history_makes_it_swing(
        domains in 2..6usize,
        history in prop::collection::vec(prop::collection::vec(event(), 0..6), 100..200),
    ) {
        let mut machine = Machine::new(domains);
        for events in &history {
            events.iter().for_each(|event| machine.happen(event));
            let tasks = machine.tasks.len();
            let _ = machine.round();
            prop_assert_eq!(machine.tasks.len(), tasks);
            prop_assert!(machine.tasks.iter().all(|task| machine.online[task.domain] > 0));
        }
        // Nothing comes or goes any more. Residues change sides, at most so often: a pair of moves a domain and second.
        moves(&mut machine, 100);
        let moved = moves(&mut machine, 100);
        prop_assert!(moved <= 10 * 2 * domains, "{} moves in 10 s by {} domains: {:?}", moved, domains, machine.overs());
    }
}
