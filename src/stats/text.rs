//! A report as lines for a terminal.

use super::model::{Counter, Report};
use crate::domain::Domains;
use crate::units::DomainId;
use std::fmt::Write;

/// Load as people count it: 1.00 is one task at nice 0 that always wants to run.
fn tasks(load: u64) -> f64 {
    load as f64 / 1024.0
}

/// The report: a line of flows and counters, then a line a domain.
#[must_use]
pub fn report_text(domains: &Domains, report: &Report) -> String {
    let count = |counter| report.counters.get(counter);
    let flows = report.flows;
    let mut text = format!(
        "[{:.1}s] flows: planned {:.2} applied {:.2} expired {:.2} ({} tasks moved) | stolen: llc {} node {} remote {} | \
         rescued {}\n",
        report.elapsed.as_secs_f64(),
        tasks(flows.planned),
        tasks(flows.applied),
        tasks(flows.expired),
        flows.moved,
        count(Counter::StolenLlc),
        count(Counter::StolenNode),
        count(Counter::StolenRemote),
        count(Counter::Rescued),
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
        " load {:.2} share {:.2} over {:+.2} pinned {:.2} runnable {:.1}",
        tasks(sample.load),
        tasks(imbalance.share),
        imbalance.over as f64 / 1024.0,
        tasks(sample.pinned),
        sample.runnable_milli as f64 / 1000.0,
    )
}
