//! A day of rounds and reports takes no more memory, and no more descriptors, than an hour of them.

use scx_domains::balance::{Balancer, DomainSample, FlowBook, FlowTotals, Params, Sample};
use scx_domains::domain::Domains;
use scx_domains::stats::{
    Counters, CpuReading, CpuTime, DaemonStats, Delays, Lateness, Places, Reading, Report, process,
};
use scx_domains::topology::{Source, read};
use scx_domains::units::{CpuId, DomainId};
use std::time::Duration;

const ROUNDS_AN_HOUR: u64 = 36_000;

/// All that the daemon remembers from round to round, on made-up loads that wander.
struct Day {
    places: Places,
    balancer: Balancer,
    flows: FlowBook,
    lateness: Lateness,
    last: Reading,
}

impl Day {
    fn round(&mut self, round: u64) {
        let load = |domain: u64| 1024 * (1 + (round / 7 * (domain + 3)) % 13);
        let sample =
            |domain| DomainSample { load: load(domain), runnable_milli: load(domain), online: 2, ..Default::default() };
        let sample = Sample { span_ns: 100_000_000, domains: (0..4).map(sample).collect() };
        for flow in self.balancer.plan(&self.places.domains, &sample).flows {
            self.flows.add(flow.src, flow.dst, FlowTotals { planned: flow.amount, ..Default::default() });
        }
        self.lateness.add(Duration::from_micros(round % 1000));
        if round.is_multiple_of(100) {
            self.report(round, sample);
        }
    }

    fn report(&mut self, round: u64, sample: Sample) {
        let cpu = |id: u32| CpuReading {
            id: CpuId(id),
            domain: DomainId(id / 2),
            online: true,
            running: true,
            taken_ns: 0,
            misfit: false,
            parked: false,
            frequency_target: Some(512),
            counters: Counters { kept: round, ..Default::default() },
            delays: Delays([round; 32]),
        };
        let now = Reading {
            sample: Some(sample),
            imbalances: self.balancer.imbalances().to_vec(),
            flows: self.flows.clone(),
            cpus: (0..8).map(cpu).collect(),
            times: (0..8).map(|id| (CpuId(id), CpuTime { busy: round, idle: round })).collect(),
            daemon: DaemonStats { uptime: round as f64 / 10.0, ..Default::default() },
            ..Default::default()
        };
        let report = Report::new(&self.places, &self.last, &now);
        assert!(report.daemon.uptime >= 0.0 && !report.parts().is_empty());
        self.last = now;
    }
}

#[test]
fn a_day_takes_no_more_memory_than_an_hour() {
    let topology =
        Source::parse("synthetic:node:2 l3:2 core:2 pu:1").and_then(|source| read(&source)).expect("a machine");
    let domains = Domains::build(&topology).expect("domains");
    let places = Places { domains, class_names: vec!["cpu".to_owned()], scheduler: String::new() };
    let mut day = Day {
        places,
        balancer: Balancer::new(Params::default()),
        flows: FlowBook::default(),
        lateness: Lateness::default(),
        last: Reading::default(),
    };
    (0..ROUNDS_AN_HOUR).for_each(|round| day.round(round));
    let hour = process().expect("/proc");
    (ROUNDS_AN_HOUR..24 * ROUNDS_AN_HOUR).for_each(|round| day.round(round));
    let all = process().expect("/proc");
    println!("an hour: {hour:?}; a day: {all:?}");
    assert!(day.flows.total().planned > 0);
    assert!(all.memory < hour.memory + (256 << 10) && all.descriptors == hour.descriptors, "{hour:?}, then {all:?}");
}
