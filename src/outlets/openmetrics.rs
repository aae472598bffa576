//! A recorder of the `metrics` facade that writes down what it is told in the text forms of Prometheus and OpenMetrics. Pure.
//!
//! Sources: the Prometheus text exposition format 0.0.4, and OpenMetrics 1.0.0. They differ in how a counter's family is
//! called (with or without `_total`), in units, and in a last line.

use super::Publisher;
use crate::stats::Report;
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A text form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Prometheus,
    OpenMetrics,
}

impl Format {
    /// For HTTP.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// The last report as metrics.
#[derive(Default)]
pub struct Metrics {
    registry: Registry,
    publisher: Publisher,
}

impl Metrics {
    /// The metrics of this report.
    pub fn text(&mut self, report: &Report, format: Format) -> String {
        metrics::with_local_recorder(&self.registry, || self.publisher.publish(report));
        self.registry.text(format)
    }
}

/// What has been recorded. Histograms are left out: there are none here.
#[derive(Debug, Default)]
pub struct Registry {
    families: Mutex<BTreeMap<String, Family>>,
}

/// All series of a name.
#[derive(Debug, Default)]
struct Family {
    help: String,
    /// By labels, as they are written. A counter's bits are its value, a gauge's those of a float.
    series: BTreeMap<String, (Bits, Arc<AtomicU64>)>,
}

#[derive(Clone, Copy, Debug)]
enum Bits {
    Whole,
    Float,
}

impl Registry {
    /// All of it.
    #[must_use]
    pub fn text(&self, format: Format) -> String {
        let mut text = String::new();
        for (name, family) in self.families().iter().filter(|(_, family)| !family.series.is_empty()) {
            write_family(&mut text, name, family, format);
        }
        if format == Format::OpenMetrics {
            text.push_str("# EOF\n");
        }
        text
    }

    fn families(&self) -> MutexGuard<'_, BTreeMap<String, Family>> {
        self.families.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn describe(&self, name: &KeyName, help: &SharedString) {
        self.families().entry(name.as_str().to_owned()).or_default().help = help.to_string();
    }

    fn series(&self, key: &Key, bits: Bits) -> Arc<AtomicU64> {
        let mut families = self.families();
        let family = families.entry(key.name().to_owned()).or_default();
        Arc::clone(&family.series.entry(labels(key)).or_insert_with(|| (bits, Arc::default())).1)
    }
}

impl Recorder for Registry {
    fn describe_counter(&self, name: KeyName, _: Option<Unit>, help: SharedString) {
        self.describe(&name, &help);
    }

    fn describe_gauge(&self, name: KeyName, _: Option<Unit>, help: SharedString) {
        self.describe(&name, &help);
    }

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.series(key, Bits::Whole))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.series(key, Bits::Float))
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

fn write_family(text: &mut String, name: &str, family: &Family, format: Format) {
    let bare = name.strip_suffix("_total");
    let kind = if bare.is_some() { "counter" } else { "gauge" };
    let title = if format == Format::OpenMetrics { bare.unwrap_or(name) } else { name };
    let _ = write!(text, "# HELP {title} {}\n# TYPE {title} {kind}\n", escaped(&family.help));
    let unit = title.rsplit('_').next().unwrap_or_default();
    if format == Format::OpenMetrics && ["seconds", "bytes", "ratio", "cpus"].contains(&unit) {
        let _ = writeln!(text, "# UNIT {title} {unit}");
    }
    for (labels, (bits, value)) in &family.series {
        let value = value.load(Ordering::Relaxed);
        let _ = match bits {
            Bits::Whole => writeln!(text, "{name}{labels} {value}"),
            Bits::Float => writeln!(text, "{name}{labels} {}", f64::from_bits(value)),
        };
    }
}

/// `{domain="0",node="1"}`, or nothing.
fn labels(key: &Key) -> String {
    let labels: Vec<String> = key
        .labels()
        .map(|label| format!("{}=\"{}\"", label.key(), escaped(label.value()).replace('"', "\\\"")))
        .collect();
    if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use metrics::{counter, describe_counter, describe_gauge, gauge, with_local_recorder};

    fn recorded() -> Registry {
        let registry = Registry::default();
        with_local_recorder(&registry, || {
            describe_counter!("x_moves_total", "How often \\ what.");
            describe_gauge!("x_wait_seconds", "How long.");
            describe_gauge!("x_unused", "Nobody has told any.");
            counter!("x_moves_total", "to" => "a\"b").absolute(7);
            counter!("x_moves_total", "to" => "c").increment(2);
            gauge!("x_wait_seconds").set(0.25);
        });
        registry
    }

    #[test]
    fn prometheus_text() {
        assert_eq!(
            recorded().text(Format::Prometheus),
            "# HELP x_moves_total How often \\\\ what.\n# TYPE x_moves_total counter\n\
             x_moves_total{to=\"a\\\"b\"} 7\nx_moves_total{to=\"c\"} 2\n\
             # HELP x_wait_seconds How long.\n# TYPE x_wait_seconds gauge\nx_wait_seconds 0.25\n"
        );
    }

    #[test]
    fn openmetrics_text() {
        assert_eq!(
            recorded().text(Format::OpenMetrics),
            "# HELP x_moves How often \\\\ what.\n# TYPE x_moves counter\n\
             x_moves_total{to=\"a\\\"b\"} 7\nx_moves_total{to=\"c\"} 2\n\
             # HELP x_wait_seconds How long.\n# TYPE x_wait_seconds gauge\n# UNIT x_wait_seconds seconds\n\
             x_wait_seconds 0.25\n# EOF\n"
        );
    }
}
