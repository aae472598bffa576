//! Tells a report to the `metrics` facade, and so to any recorder that speaks it.

use crate::stats::{Kind, Report, Unit, Value, entries};
use metrics::{Label, counter, describe_counter, describe_gauge, gauge};

/// Tell what there is, and all values, to the recorder in force.
///
/// The facade's counters are whole numbers. A counter of load or seconds goes through it as a gauge; its name ends in `_total`,
/// by which readers know it for a counter.
pub fn publish(report: &Report) {
    for entry in entries() {
        let (name, unit) = (entry.metric(), unit(entry.unit));
        if is_whole_counter(entry.kind, entry.unit) {
            describe_counter!(name, unit, entry.sentence());
        } else {
            describe_gauge!(name, unit, entry.sentence());
        }
    }
    for Value { entry, labels, value } in report.values() {
        let labels: Vec<Label> =
            entry.scope.labels.iter().zip(labels).map(|(name, value)| Label::new(*name, value)).collect();
        if is_whole_counter(entry.kind, entry.unit) {
            counter!(entry.metric(), labels).absolute(value as u64);
        } else {
            gauge!(entry.metric(), labels).set(value);
        }
    }
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
