//! Tells reports to the `metrics` facade, and so to any recorder that speaks it.

use crate::stats::{Kind, Part, Report, Scope, Unit, entries};
use metrics::{Counter, Gauge, Label, counter, describe_counter, describe_gauge, gauge};

/// What has been told, to tell it anew with other values for next to nothing: names and labels are made once.
#[derive(Default)]
pub struct Publisher {
    /// The parts that there were.
    told: Vec<(Scope, Vec<String>)>,
    /// For the values of all parts, in their order.
    handles: Vec<Handle>,
}

/// Where a value goes.
///
/// The facade's counters are whole numbers. A counter of load or seconds goes through it as a gauge; its name ends in `_total`,
/// by which readers know it for a counter.
enum Handle {
    Counter(Counter),
    Gauge(Gauge),
}

impl Publisher {
    /// Tell all values to the recorder in force, which has to be the same each time.
    pub fn publish(&mut self, report: &Report) {
        let parts = report.parts();
        if !self.told.iter().map(|(scope, labels)| (*scope, labels)).eq(parts.iter().map(|p| (p.scope, &p.labels))) {
            self.register(&parts);
        }
        for (handle, value) in self.handles.iter().zip(parts.iter().flat_map(|part| &part.values)) {
            match handle {
                Handle::Counter(counter) => counter.absolute(*value as u64),
                Handle::Gauge(gauge) => gauge.set(*value),
            }
        }
    }

    /// There are other parts than before: a pair of domains has had its first flow, say.
    fn register(&mut self, parts: &[Part]) {
        describe();
        self.told = parts.iter().map(|part| (part.scope, part.labels.clone())).collect();
        self.handles = parts.iter().flat_map(handles).collect();
    }
}

fn describe() {
    for entry in entries() {
        let (name, unit) = (entry.metric(), unit(entry.unit));
        if is_whole_counter(entry.kind, entry.unit) {
            describe_counter!(name, unit, entry.sentence());
        } else {
            describe_gauge!(name, unit, entry.sentence());
        }
    }
}

fn handles(part: &Part) -> Vec<Handle> {
    let names = part.scope.labels.iter().zip(&part.labels);
    let labels: Vec<Label> = names.map(|(name, value)| Label::new(*name, value.clone())).collect();
    let handle = |entry: crate::stats::Entry| {
        if is_whole_counter(entry.kind, entry.unit) {
            Handle::Counter(counter!(entry.metric(), labels.clone()))
        } else {
            Handle::Gauge(gauge!(entry.metric(), labels.clone()))
        }
    };
    part.scope.entries().into_iter().map(handle).collect()
}

fn is_whole_counter(kind: Kind, unit: Unit) -> bool {
    kind == Kind::Counter && unit == Unit::Number
}

fn unit(unit: Unit) -> metrics::Unit {
    match unit {
        Unit::Seconds => metrics::Unit::Seconds,
        Unit::Bytes => metrics::Unit::Bytes,
        Unit::Number | Unit::Load | Unit::Capacity | Unit::Cpus | Unit::Ratio => metrics::Unit::Count,
    }
}
