//! A report as lines for a terminal.

use super::model::{Counter, Report};
use crate::domain::Domains;
use crate::units::DomainId;
use std::fmt::Write;
use std::time::Duration;

/// Load as people count it: 1.00 is one task at nice 0 that always wants to run.
#[must_use]
pub fn tasks(load: u64) -> f64 {
    load as f64 / 1024.0
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The report: a line of flows and counters, then a line a domain.
#[must_use]
pub fn report_text(domains: &Domains, report: &Report) -> String {
    let count = |counter| report.counters.get(counter);
    let flows = report.flows.total();
    let mut text = format!(
        "[{:.1}s] since start | flows: planned {:.2} applied {:.2} expired {:.2} ({} tasks moved, {} refused) | stolen: llc {} node {} remote {} | \
         rescued {} | rounds late: p50 {:.1} p99 {:.1} max {:.1} ms\n",
        report.elapsed.as_secs_f64(),
        tasks(flows.planned),
        tasks(flows.applied),
        tasks(flows.expired),
        flows.moved,
        flows.refused,
        count(Counter::StolenLlc),
        count(Counter::StolenNode),
        count(Counter::StolenRemote),
        count(Counter::Rescued),
        ms(report.lateness.p50),
        ms(report.lateness.p99),
        ms(report.lateness.max),
    );
    for (id, domain) in domains.domains.iter().enumerate() {
        let _ = write!(text, "  domain {id} (node {}, LLC {}, CPUs {}):", domain.node, domain.llc, domain.cpus);
        text.push_str(&domain_text(report, DomainId(id as u32)));
        text.push('\n');
    }
    text
}

fn domain_text(report: &Report, id: DomainId) -> String {
    let sample = report.sample.as_ref().and_then(|sample| sample.domains.get(id.index()));
    let (Some(sample), Some(imbalance)) = (sample, report.imbalances.get(id.index())) else {
        return " no round yet".to_owned();
    };
    format!(
        " load {:>6.2} share {:>6.2} over {:>+6.2} pinned {:>5.2} runnable {:>5.1}",
        tasks(sample.load),
        tasks(imbalance.share),
        imbalance.over as f64 / 1024.0,
        tasks(sample.pinned),
        sample.runnable_milli as f64 / 1000.0,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::balance::{FlowBook, FlowTotals, Imbalance, Sample};
    use crate::stats::LatenessSummary;
    use crate::topology::{Source, read};

    #[test]
    fn a_report_counts_load_in_tasks_at_nice_0() {
        let topology = Source::parse("synthetic:node:1 l3:1 core:2 pu:1").and_then(|s| read(&s)).expect("a machine");
        let domains = Domains::build(&topology).expect("a machine");
        let sample = crate::balance::DomainSample { load: 3072, runnable_milli: 3000, online: 2, ..Default::default() };
        let mut flows = FlowBook::default();
        flows.add(DomainId(0), DomainId(1), FlowTotals { planned: 1536, moved: 1, ..Default::default() });
        flows.add(
            DomainId(1),
            DomainId(0),
            FlowTotals { applied: 1024, expired: 512, refused: 3, ..Default::default() },
        );
        let mut report = Report {
            elapsed: Duration::from_millis(2500),
            lateness: LatenessSummary {
                p50: Duration::from_micros(100),
                max: Duration::from_micros(2500),
                ..Default::default()
            },
            flows,
            ..Default::default()
        };
        assert!(report_text(&domains, &report).contains("no round yet"));
        report.sample = Some(Sample { domains: vec![sample], ..Default::default() });
        report.imbalances = vec![Imbalance { share: 2048, over: 1024, can_give: 1024, ..Default::default() }];
        assert_eq!(
            report_text(&domains, &report),
            "[2.5s] since start | flows: planned 1.50 applied 1.00 expired 0.50 (1 tasks moved, 3 refused) | \
             stolen: llc 0 node 0 remote 0 | rescued 0 | rounds late: p50 0.1 p99 0.0 max 2.5 ms\n  \
             domain 0 (node 0, LLC 0, CPUs 0-1): load   3.00 share   2.00 over  +1.00 pinned  0.00 runnable   3.0\n"
        );
    }
}
