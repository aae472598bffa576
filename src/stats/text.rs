//! A report as lines for a terminal.

use super::model::{Area, Report};
use std::fmt::Write;

/// Load as people count it: 1.00 is one task at nice 0 that always wants to run.
#[must_use]
pub fn tasks(load: u64) -> f64 {
    load as f64 / 1024.0
}

fn ms(seconds: f64) -> f64 {
    seconds * 1000.0
}

/// The report: a line of flows and counters, then a line a domain.
#[must_use]
pub fn report_text(report: &Report) -> String {
    let (flows, counters, daemon) = (report.all_flows(), &report.machine.counters, &report.daemon);
    let mut text = format!(
        "[{:.1}s] since start | flows: planned {:.2} applied {:.2} expired {:.2} ({} tasks moved, {} refused) | \
         stolen: llc {} node {} remote {} | rescued {} | rounds late: p50 {:.1} p99 {:.1} max {:.1} ms\n",
        daemon.uptime,
        flows.planned,
        flows.applied,
        flows.expired,
        flows.moved,
        flows.refused,
        counters.stolen_llc,
        counters.stolen_node,
        counters.stolen_remote,
        counters.rescued,
        ms(daemon.late_p50),
        ms(daemon.late_p99),
        ms(daemon.late_max),
    );
    for domain in &report.domains {
        let (node, llc) = (domain.node.map_or(0, |id| id.0), domain.llc.map_or(0, |id| id.0));
        let _ = write!(text, "  domain {} (node {node}, LLC {llc}, CPUs {}):", domain.id, domain.cpus);
        text.push_str(&if report.measured { domain_text(domain) } else { " no round yet".to_owned() });
        text.push('\n');
    }
    text
}

fn domain_text(domain: &Area) -> String {
    let stats = &domain.stats;
    let mut text = format!(
        " load {:>6.2} share {:>6.2} over {:>+6.2} pinned {:>5.2} runnable {:>5.1} | util {:>3.0}% waiting {:>3} \
         delay p50 {:>6.2} p99 {:>6.2} ms",
        stats.load,
        stats.share,
        stats.over,
        stats.pinned,
        stats.runnable,
        stats.util * 100.0,
        stats.waiting,
        ms(stats.delay_p50),
        ms(stats.delay_p99),
    );
    for (count, what) in [(stats.misfits, "misfits"), (stats.parked, "parked")] {
        if count > 0 {
            let _ = write!(text, " {what} {count}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{AreaStats, DaemonStats, FlowStats, Pair};
    use crate::units::{DomainId, LlcId, NodeId};

    #[test]
    fn a_report_is_a_line_and_one_a_domain() {
        let pair = |planned, applied, refused| Pair {
            src: DomainId(0),
            dst: DomainId(1),
            stats: FlowStats { planned, applied, expired: applied / 2.0, moved: 1, refused, ..Default::default() },
        };
        let domain = Area {
            id: "0".to_owned(),
            node: Some(NodeId(0)),
            llc: Some(LlcId(0)),
            cpus: "0-1".parse().expect("a cpulist"),
            stats: AreaStats {
                load: 3.0,
                share: 2.0,
                over: 1.0,
                runnable: 3.0,
                util: 0.995,
                waiting: 1,
                delay_p50: 0.0012,
                delay_p99: 0.004,
                parked: 2,
                ..Default::default()
            },
            ..Default::default()
        };
        let mut report = Report {
            domains: vec![domain],
            flows: vec![pair(1.5, 0.0, 0), pair(0.0, 1.0, 3)],
            daemon: DaemonStats { uptime: 2.5, late_p50: 1e-4, late_max: 2.5e-3, ..Default::default() },
            ..Default::default()
        };
        assert!(report_text(&report).contains("no round yet"));
        report.measured = true;
        assert_eq!(
            report_text(&report),
            "[2.5s] since start | flows: planned 1.50 applied 1.00 expired 0.50 (2 tasks moved, 3 refused) | \
             stolen: llc 0 node 0 remote 0 | rescued 0 | rounds late: p50 0.1 p99 0.0 max 2.5 ms\n  \
             domain 0 (node 0, LLC 0, CPUs 0-1): load   3.00 share   2.00 over  +1.00 pinned  0.00 runnable   3.0 | \
             util 100% waiting   1 delay p50   1.20 p99   4.00 ms parked 2\n"
        );
    }
}
