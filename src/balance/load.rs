//! From two snapshots to the means between them.

use super::{DomainSample, DomainSnapshot, Sample, Snapshot};

impl Sample {
    /// The means between two snapshots of the same domains. `None` where the domains differ in number or no time has
    /// passed for one of them, so that there is nothing to plan on.
    #[must_use]
    pub fn between(before: &Snapshot, after: &Snapshot) -> Option<Self> {
        if before.domains.len() != after.domains.len() {
            return None;
        }
        let pairs = before.domains.iter().zip(&after.domains);
        let domains = pairs.map(|(before, after)| domain_sample(before, after)).collect::<Option<_>>()?;
        let spans = before.domains.iter().zip(&after.domains).map(|(before, after)| after.at - before.at);
        Some(Self { span_ns: spans.max().unwrap_or(0), domains })
    }
}

/// Integrals wrap (a million of weight fills 64 bits in five hours), so only their differences mean anything. One below
/// 0 is that of a domain which a flow has taken more from than it had at the beginning of the round (`count_as_there`
/// in `bpf/flow.bpf.h`): nothing is left.
fn domain_sample(before: &DomainSnapshot, after: &DomainSnapshot) -> Option<DomainSample> {
    let span_ns = after.at.checked_sub(before.at).filter(|span| *span > 0)?;
    let difference = |from: u64, to: u64| u64::try_from(to.wrapping_sub(from).cast_signed()).unwrap_or(0);
    let milli = |ns: u64| u128::from(ns) * 1000 / u128::from(span_ns);
    Some(DomainSample {
        load: difference(before.load_integral, after.load_integral) / span_ns,
        pinned: difference(before.pinned_integral, after.pinned_integral) / span_ns,
        runnable_milli: u64::try_from(milli(difference(before.runnable_integral, after.runnable_integral)))
            .unwrap_or(u64::MAX),
        taken_milli: u32::try_from(milli(difference(before.taken_ns, after.taken_ns))).unwrap_or(u32::MAX),
        online: after.online,
        heat_milli: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(at_ms: u64, load_integral: u64) -> Snapshot {
        let domain = DomainSnapshot { at: at_ms * 1_000_000, load_integral, online: 2, ..Default::default() };
        Snapshot { domains: vec![domain] }
    }

    #[test]
    fn two_hogs_for_half_of_the_round_are_the_load_of_one() {
        let sample = Sample::between(&snapshot(0, 5), &snapshot(100, 5 + 2048 * 50_000_000)).expect("time passed");
        assert_eq!(sample.domains[0].load, 1024);
    }

    #[test]
    fn integrals_may_wrap() {
        let start = u64::MAX - 10;
        let sample = Sample::between(&snapshot(0, start), &snapshot(1, start.wrapping_add(3_000_000))).expect("passed");
        assert_eq!(sample.domains[0].load, 3);
    }

    #[test]
    fn no_time_or_other_domains_give_no_sample() {
        assert_eq!(Sample::between(&snapshot(7, 0), &snapshot(7, 1)), None);
        assert_eq!(Sample::between(&snapshot(7, 0), &snapshot(6, 1)), None);
        assert_eq!(Sample::between(&snapshot(7, 0), &Snapshot::default()), None);
    }
}
