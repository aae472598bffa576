//! How two readings, one after the other, make a report of the time between them. Pure.

use super::delays::Delays;
use super::model::{Area, AreaStats, Cpu, CpuStats, DaemonStats, FlowStats, Pair, Report, VERSION};
use super::reading::{CpuTime, Places, Reading};
use super::text::tasks;
use crate::balance::FlowTotals;
use crate::cpuset::CpuSet;
use crate::domain::Domain;
use crate::units::{CpuId, DomainId, NodeId};
use std::collections::BTreeSet;

impl Report {
    /// The report of `now`, its window being the time from `earlier` to then.
    #[must_use]
    pub fn new(places: &Places, earlier: &Reading, now: &Reading) -> Self {
        let window = Window { places, earlier, now };
        let all: Vec<&Domain> = places.domains.domains.iter().collect();
        let some = |keep: &dyn Fn(&Domain) -> bool| -> Vec<&Domain> {
            all.iter().copied().filter(|domain| keep(domain)).collect()
        };
        let nodes: BTreeSet<NodeId> = all.iter().map(|domain| domain.node).collect();
        let nodes = nodes.into_iter().map(|node| window.area(node.to_string(), &some(&|d| d.node == node)));
        let classes = places.class_names.iter().zip(0u32..);
        let classes = classes.map(|(name, class)| window.area(name.clone(), &some(&|d| d.class.0 == class)));
        Self {
            version: VERSION,
            scheduler: places.scheduler.clone(),
            measured: now.sample.is_some() && !now.imbalances.is_empty(),
            machine: window.area(String::new(), &all),
            nodes: nodes.collect(),
            classes: classes.collect(),
            domains: all.iter().map(|domain| window.domain(domain)).collect(),
            cpus: (0..now.cpus.len()).map(|index| window.cpu(index)).collect(),
            flows: now.flows.pairs().map(|((src, dst), totals)| pair(src, dst, totals)).collect(),
            events: now.events.clone(),
            daemon: DaemonStats { window: window.seconds(), ..now.daemon },
        }
    }
}

/// Two readings, one after the other.
struct Window<'a> {
    places: &'a Places,
    earlier: &'a Reading,
    now: &'a Reading,
}

impl Window<'_> {
    fn seconds(&self) -> f64 {
        (self.now.daemon.uptime - self.earlier.daemon.uptime).max(0.0)
    }

    fn domain(&self, domain: &Domain) -> Area {
        Area {
            node: Some(domain.node),
            llc: Some(domain.llc),
            class: self.places.class_names.get(domain.class.index()).cloned(),
            ..self.area(domain.id.to_string(), &[domain])
        }
    }

    /// Some domains taken together.
    fn area(&self, id: String, domains: &[&Domain]) -> Area {
        let mut area = Area { id, ..Area::default() };
        let mut cpus = CpuSet::new();
        for domain in domains {
            cpus.extend(domain.cpus.iter());
            area.stats.capacity += u64::from(domain.capacity.0);
            self.add_loads(domain.id, &mut area.stats);
        }
        if let [_, _, ..] = domains {
            area.stats.over = domains.iter().map(|domain| self.over(domain.id).max(0.0)).sum();
        }
        area.cpus = cpus;
        self.add_cpus(&|domain| domains.iter().any(|own| own.id == domain), &mut area);
        area
    }

    fn over(&self, id: DomainId) -> f64 {
        self.now.imbalances.get(id.index()).map_or(0.0, |imbalance| signed(imbalance.over))
    }

    fn add_loads(&self, id: DomainId, stats: &mut AreaStats) {
        if let Some(sample) = self.now.sample.as_ref().and_then(|sample| sample.domains.get(id.index())) {
            stats.load += tasks(sample.load);
            stats.pinned += tasks(sample.pinned);
            stats.runnable += sample.runnable_milli as f64 / 1000.0;
            stats.taken += f64::from(sample.taken_milli) / 1000.0;
        }
        if let Some(imbalance) = self.now.imbalances.get(id.index()) {
            stats.share += tasks(imbalance.share);
            stats.over += signed(imbalance.over);
            stats.owed += signed(imbalance.owed);
        }
        if let Some(now) = self.now.domains.get(id.index()) {
            stats.running += u64::from(now.running);
            stats.waiting += u64::from(now.runnable.saturating_sub(now.running));
        }
    }

    /// Add what the CPUs of some domains have counted.
    fn add_cpus(&self, is_of: &dyn Fn(DomainId) -> bool, area: &mut Area) {
        let (mut all, mut recent, mut time) = (Delays::default(), Delays::default(), CpuTime::default());
        let mut targets = Vec::new();
        for (index, cpu) in self.now.cpus.iter().enumerate().filter(|(_, cpu)| is_of(cpu.domain)) {
            area.stats.online += u64::from(cpu.online);
            area.stats.misfits += u64::from(cpu.misfit);
            area.stats.parked += u64::from(cpu.parked);
            targets.extend(cpu.frequency_target.filter(|_| cpu.online).map(part));
            area.counters.add(&cpu.counters);
            all.add(&cpu.delays);
            recent.add(&self.recent_delays(index));
            let spent = self.time(cpu.id);
            time = CpuTime { busy: time.busy + spent.busy, idle: time.idle + spent.idle };
        }
        area.stats.turns = all.turns();
        area.stats.queued_turns = all.queued();
        area.stats.delay_p50 = recent.quantile(0.5);
        area.stats.delay_p99 = recent.quantile(0.99);
        area.stats.util = util(time);
        area.stats.frequency_target = targets.iter().sum::<f64>() / targets.len().max(1) as f64;
    }

    fn cpu(&self, index: usize) -> Cpu {
        let now = &self.now.cpus[index];
        let recent = self.recent_delays(index);
        let taken_before = self.earlier.cpus.get(index).map_or(0, |before| before.taken_ns);
        let taken = now.taken_ns.saturating_sub(taken_before) as f64 / 1e9;
        Cpu {
            id: now.id,
            domain: now.domain,
            stats: CpuStats {
                online: u64::from(now.online),
                util: util(self.time(now.id)),
                running: u64::from(now.running),
                taken: if self.seconds() > 0.0 { (taken / self.seconds()).min(1.0) } else { 0.0 },
                misfit: u64::from(now.misfit),
                parked: u64::from(now.parked),
                frequency_target: now.frequency_target.map_or(0.0, part),
                turns: now.delays.turns(),
                stolen: now.counters.stolen_llc + now.counters.stolen_node + now.counters.stolen_remote,
                delay_p50: recent.quantile(0.5),
                delay_p99: recent.quantile(0.99),
            },
        }
    }

    /// The delays of turns that began in the window.
    fn recent_delays(&self, index: usize) -> Delays {
        let before = self.earlier.cpus.get(index).map(|before| before.delays).unwrap_or_default();
        self.now.cpus[index].delays.since(&before)
    }

    /// What a CPU's time went to in the window.
    fn time(&self, cpu: CpuId) -> CpuTime {
        let (Some(now), Some(before)) = (self.now.times.get(&cpu), self.earlier.times.get(&cpu)) else {
            return CpuTime::default();
        };
        CpuTime { busy: now.busy.saturating_sub(before.busy), idle: now.idle.saturating_sub(before.idle) }
    }
}

fn util(time: CpuTime) -> f64 {
    let all = time.busy + time.idle;
    if all == 0 { 0.0 } else { time.busy as f64 / all as f64 }
}

/// Of a whole, which is 1024.
fn part(of_1024: u32) -> f64 {
    f64::from(of_1024) / 1024.0
}

fn signed(load: i64) -> f64 {
    load as f64 / 1024.0
}

fn pair(src: DomainId, dst: DomainId, totals: FlowTotals) -> Pair {
    Pair {
        src,
        dst,
        stats: FlowStats {
            planned: tasks(totals.planned),
            applied: tasks(totals.applied),
            expired: tasks(totals.expired),
            moved: totals.moved,
            refused: totals.refused,
            refused_memory: totals.refused_memory,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::balance::{DomainSample, FlowBook, Imbalance, Sample};
    use crate::domain::Domains;
    use crate::stats::delays::Delays;
    use crate::stats::model::Counters;
    use crate::stats::reading::{CpuReading, DomainReading};
    use crate::topology::{Source, read};
    use std::collections::BTreeMap;

    fn places(machine: &str) -> Places {
        let topology = Source::parse(machine).and_then(|source| read(&source)).expect("a machine");
        Places {
            domains: Domains::build(&topology).expect("domains"),
            class_names: topology.classes.iter().map(|class| class.name.clone()).collect(),
            scheduler: "domains_test".to_owned(),
        }
    }

    /// Two nodes of two CPUs, read `seconds` after the start; CPU n has been busy for n × 20 % of that.
    fn reading(seconds: u64) -> Reading {
        let cpu = |id: u32| {
            let mut delays = Delays::default();
            delays.0[0] = seconds;
            delays.0[11] = 10 * seconds;
            CpuReading {
                id: CpuId(id),
                domain: DomainId(id / 2),
                online: true,
                running: id == 0,
                taken_ns: seconds * 125_000_000,
                misfit: id == 1,
                parked: id == 3,
                frequency_target: (id < 2).then_some(512 * (id + 1)),
                counters: Counters { kept: seconds, ..Counters::default() },
                delays,
            }
        };
        let ticks = |id: u64| CpuTime { busy: seconds * 20 * id, idle: seconds * (100 - 20 * id) };
        let sample = |load| DomainSample { load, runnable_milli: 2500, online: 2, ..DomainSample::default() };
        let over = |over| Imbalance { share: 2048, over, ..Imbalance::default() };
        let mut flows = FlowBook::default();
        flows.add(DomainId(0), DomainId(1), FlowTotals { planned: 512 * seconds, moved: 1, ..FlowTotals::default() });
        Reading {
            sample: Some(Sample { span_ns: 100_000_000, domains: vec![sample(3072), sample(1024)] }),
            imbalances: vec![over(1024), over(-1024)],
            flows,
            domains: vec![DomainReading { runnable: 5, running: 2 }, DomainReading { runnable: 1, running: 2 }],
            cpus: (0..4).map(cpu).collect(),
            times: (0..4).map(|id| (CpuId(id as u32), ticks(id))).collect(),
            events: BTreeMap::from([("SCX_EV_X".to_owned(), seconds)]),
            daemon: DaemonStats { uptime: seconds as f64, rounds: 10 * seconds, ..DaemonStats::default() },
        }
    }

    #[test]
    fn a_report_sums_up_parts_and_looks_back_on_its_window() {
        let places = places("synthetic:node:2 l3:1 core:2 pu:1");
        let report = Report::new(&places, &reading(2), &reading(5));
        assert!(report.measured);
        assert_eq!((report.nodes.len(), report.classes.len(), report.domains.len(), report.cpus.len()), (2, 1, 2, 4));
        let (machine, first) = (&report.machine, &report.domains[0]);
        assert_eq!((first.stats.load, first.stats.over, first.stats.waiting), (3.0, 1.0, 3));
        assert_eq!(report.domains[1].stats.waiting, 0, "CPUs may run tasks that are about to change home");
        assert_eq!((machine.stats.load, machine.stats.over, machine.stats.online), (4.0, 1.0, 4));
        assert_eq!(report.nodes[0].stats, first.stats);
        assert_eq!(report.classes[0].stats, machine.stats);
        assert_eq!(report.classes[0].id, places.class_names[0]);
        assert_eq!((machine.counters.kept, machine.stats.turns, machine.stats.queued_turns), (20, 220, 200));
        assert!((machine.stats.util - 0.3).abs() < 1e-9 && (report.cpus[3].stats.util - 0.6).abs() < 1e-9);
        assert!((report.cpus[3].stats.taken - 0.125).abs() < 1e-9);
        assert!((1e-3..2.1e-3).contains(&machine.stats.delay_p99));
        let (one, all) = (report.cpus[0].stats, machine.stats);
        assert_eq!((one.delay_p50, one.delay_p99), (all.delay_p50, all.delay_p99), "the CPUs are alike in that");
        assert_eq!((machine.stats.misfits, machine.stats.parked), (1, 1));
        assert_eq!((report.cpus[1].stats.misfit, report.cpus[3].stats.parked), (1, 1));
        let targets = [machine, first, &report.domains[1]].map(|area| area.stats.frequency_target);
        assert_eq!(targets, [0.75, 0.75, 0.0], "who is not asked does not count");
        assert_eq!((report.cpus[0].stats.frequency_target, report.cpus[2].stats.frequency_target), (0.5, 0.0));
        assert_eq!((report.daemon.window, report.daemon.rounds), (3.0, 50));
        assert_eq!((report.all_flows().planned, report.events["SCX_EV_X"]), (2.5, 5));
    }

    #[test]
    fn nothing_is_made_up_before_the_first_round() {
        let places = places("synthetic:node:2 l3:1 core:2 pu:1");
        let report = Report::new(&places, &Reading::default(), &Reading::default());
        assert!(!report.measured && report.cpus.is_empty());
        assert_eq!(report.machine.stats.util, 0.0);
    }

    #[test]
    fn reports_go_through_json_and_back() {
        let report = Report::new(&places("synthetic:node:2 l3:1 core:2 pu:1"), &reading(2), &reading(5));
        let json = serde_json::to_string(&report).expect("JSON");
        assert_eq!(serde_json::from_str::<Report>(&json).expect("a report"), report);
        // One of a version that knew less, and more.
        let json = json.replace("\"owed\":0.0,", "").replace("\"share\":", "\"extra\":1,\"share\":");
        assert_eq!(serde_json::from_str::<Report>(&json).expect("a report"), report);
    }
}
